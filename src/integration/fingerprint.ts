import { hash } from "node:crypto";
import type { AccountId, Fact, FactData, StockFactType } from "@crossdock/canonical";
import { inOneOrder } from "./version.ts";

/** The kinds of fact that sources tell. */
export type ToldKind = StockFactType | "SupplyExpected" | "OrderReceived" | "DocumentAcknowledged";

/**
 * Which fields of a kind make "the same thing happened". It applies where every field of `needs` is there; the fields of `and` belong
 * to it whether they are there or not. `atItsMoment` adds when it happened: a document's number without a line does not tell two equal
 * lines of it apart, and two pallets of one purchase order are ordinary.
 */
type BusinessKey<Field extends string> = {
  readonly needs: readonly Field[];
  readonly and: readonly Field[];
  readonly atItsMoment: boolean;
};

/** What is known of a kind: its keys, the strongest first, with the days that they are remembered; or why it has none. */
type KindRule<Field extends string> =
  | { readonly keys: readonly BusinessKey<Field>[]; readonly windowDays: number }
  | { readonly none: string };

type FieldOf<Kind extends ToldKind> = keyof FactData<Kind> & string;

/** Papers are sent again after weeks; what a scanner says twice, it says within days. */
const PAPER_DAYS = 30;
const SCAN_DAYS = 7;

const goods = ["item", "location", "lot", "quantity"] as const;
const lane = ["item", "from", "to", "lot", "quantity"] as const;

/** The same for what leaves, arrives and is lost; which of them it is belongs to the fingerprint as its kind. */
const transferKeys = [
  { needs: ["transferNumber", "transferLine"], and: lane, atItsMoment: false },
  { needs: ["transferNumber"], and: lane, atItsMoment: true },
] as const;

/** The business key of every kind of fact that a source can tell. A new kind does not compile before it is decided here. */
export const BUSINESS_KEYS: { readonly [Kind in ToldKind]: KindRule<FieldOf<Kind>> } = {
  StockReceived: {
    keys: [
      {
        needs: ["receiptNumber", "receiptLine"],
        and: [...goods, "status", "purchaseOrder"],
        atItsMoment: false,
      },
      { needs: ["receiptNumber"], and: [...goods, "status", "purchaseOrder"], atItsMoment: true },
      { needs: ["purchaseOrder"], and: [...goods, "status"], atItsMoment: true },
    ],
    windowDays: PAPER_DAYS,
  },
  StockPicked: {
    keys: [{ needs: ["orderLine"], and: goods, atItsMoment: true }],
    windowDays: SCAN_DAYS,
  },
  StockPickedShort: {
    keys: [{ needs: ["orderLine"], and: goods, atItsMoment: true }],
    windowDays: SCAN_DAYS,
  },
  PickCancelled: {
    keys: [{ needs: ["orderLine"], and: [...goods, "status"], atItsMoment: true }],
    windowDays: SCAN_DAYS,
  },
  StockPacked: {
    keys: [{ needs: ["orderLine"], and: [...goods, "sscc"], atItsMoment: true }],
    windowDays: SCAN_DAYS,
  },
  ShipmentDispatched: {
    // A shipment is told once and whole, so its cartons are no part of what makes it the same.
    keys: [{ needs: ["shipmentNumber"], and: ["location", "orderId"], atItsMoment: false }],
    windowDays: PAPER_DAYS,
  },
  TransferDispatched: { keys: transferKeys, windowDays: PAPER_DAYS },
  TransferReceived: { keys: transferKeys, windowDays: PAPER_DAYS },
  TransferLost: { keys: transferKeys, windowDays: PAPER_DAYS },
  StockReturned: {
    keys: [{ needs: ["orderLine"], and: [...goods, "status"], atItsMoment: true }],
    windowDays: PAPER_DAYS,
  },
  StockCounted: { none: "A count is absolute: the same count a second time changes nothing." },
  StockAdjusted: {
    none: "An adjustment names no document; two equal ones of one minute are two findings as often as one.",
  },
  StockStatusChanged: { none: "A change of condition names no document that would make it the same one." },
  LotChanged: { none: "A change of lot names no document; its lots and its id are all there is." },
  StockConverted: { none: "A conversion names no document that would make it the same one." },
  SupplyExpected: { none: "It says how a line stands: saying it again changes nothing." },
  OrderReceived: {
    none: "An order's number is what makes it the same, and orchestration refuses a second order under it.",
  },
  DocumentAcknowledged: {
    none: "An acknowledgement says how a document stands: saying it again changes nothing.",
  },
};

/** A fact as it is compared: what it says, and when it happened. */
type Told = Fact & { readonly effectiveAt: string };

/** The kinds that have a business key, for whoever configures what is done about duplicates. */
export const KEYED_KINDS: readonly ToldKind[] = Object.entries(BUSINESS_KEYS).flatMap(([kind, rule]) =>
  "keys" in rule && isToldKind(kind) ? [kind] : [],
);

/** Whether sources tell facts of that kind; narrows its type. */
export function isToldKind(kind: string): kind is ToldKind {
  return Object.hasOwn(BUSINESS_KEYS, kind);
}

/** How long the business keys of a kind are remembered unless its account says otherwise; 0 where it has none. */
export function windowDaysOf(kind: ToldKind): number {
  const rule = BUSINESS_KEYS[kind];
  return "keys" in rule ? rule.windowDays : 0;
}

/** The digits of a fingerprint: of its 16 bytes in hexadecimal. */
const DIGITS = 32;

/**
 * 16 bytes, in hexadecimal, that are equal for two facts of one account exactly when both say that the same thing happened; undefined
 * where a fact does not say enough for that. Of 10^9 remembered ones, two different ones are equal with a probability of 10^-21.
 */
export function fingerprintOf(accountId: AccountId, fact: Told): string | undefined {
  if (!isToldKind(fact.type)) return undefined;
  const rule: KindRule<string> = BUSINESS_KEYS[fact.type];
  if ("none" in rule) return undefined;
  const values: Readonly<Record<string, unknown>> = fact.data;
  const saidOf = (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined);
  const key = rule.keys.find(({ needs }) => needs.every((name) => saidOf(name) !== undefined));
  if (key === undefined) return undefined;
  const said = [...key.needs, ...key.and].map((name) => [name, inOneOrder(saidOf(name) ?? null)]);
  const moment = key.atItsMoment ? Date.parse(fact.effectiveAt) : null;
  return hash("sha256", JSON.stringify([accountId, fact.type, moment, said]), "hex").slice(0, DIGITS);
}
