import type { SeededRandom } from "@crossdock/connector-kit/testing";
import type { PaperSegment } from "./paper.ts";
import { Recent } from "./recent.ts";

/** Orders that are remembered; papers about older ones are let pass. */
const ORDERS_KEPT = 2_000;
/** Stores in one SDQ. */
const STORES_PER_SDQ = 10;
const DAY_MS = 86_400_000;

/** A line as it is ordered: at least one name of the item, and how much of it. */
export type OrderedLine = {
  readonly vendorPart?: string;
  readonly gtin?: string;
  readonly buyerPart?: string;
  readonly quantity: number;
  /** Data element 355. Default: EA. */
  readonly unit?: string;
  readonly price?: string;
  readonly description?: string;
};

export type FakeOrderLine = {
  readonly number: string;
  readonly quantity: number;
  readonly unit: string;
  /** Qualifier and number, in turn, as they stood in PO1. */
  readonly names: readonly string[];
  readonly stores: readonly { readonly store: string; readonly quantity: number }[];
  /** From the 855; undefined until there is one. */
  promised: number | undefined;
  /** From all 856 together. */
  shipped: number;
};

/** A purchase order with what the supplier has said about it. */
export type FakeOrder = {
  readonly orderNumber: string;
  readonly placedAt: string;
  /** Control number of the interchange that it went out in. */
  readonly controlNumber: number;
  readonly lines: readonly FakeOrderLine[];
  /** BAK02 of the 855. */
  verdict: string | undefined;
  /** BSN02 of each 856. */
  readonly shipments: string[];
};

export type PlacingOptions = {
  readonly lines: readonly OrderedLine[];
  readonly at: Date;
  readonly controlNumber: number;
  /** Stores that the lines are spread over; one of them alone is where the goods go. */
  readonly stores: readonly string[];
  readonly spread: boolean;
  readonly random: SeededRandom;
};

/** The orders of the retailer, by number. */
export class OrderBook {
  readonly #orders = new Recent<string, FakeOrder>(ORDERS_KEPT);
  readonly #prefix: string;
  #next: number;

  constructor(prefix: string, firstNumber: number) {
    this.#prefix = prefix;
    this.#next = firstNumber;
  }

  all(): readonly FakeOrder[] {
    return this.#orders.values();
  }

  find(orderNumber: string): FakeOrder | undefined {
    return this.#orders.get(orderNumber);
  }

  /** Whether an order of that number was placed, perhaps in an earlier run, and is not remembered any more. */
  isForgotten(orderNumber: string): boolean {
    const number = Number(orderNumber.slice(this.#prefix.length));
    const isOurs = orderNumber.startsWith(this.#prefix) && number >= 1 && number < this.#next;
    return isOurs && !this.#orders.has(orderNumber);
  }

  /** Enters an order and writes its 850, from BEG to CTT. */
  place(options: PlacingOptions): { readonly order: FakeOrder; readonly segments: readonly PaperSegment[] } {
    const orderNumber = `${this.#prefix}${this.#next}`;
    this.#next += 1;
    const order: FakeOrder = {
      orderNumber,
      placedAt: options.at.toISOString(),
      controlNumber: options.controlNumber,
      lines: options.lines.map((line, index) => lineOf(line, index, options)),
      verdict: undefined,
      shipments: [],
    };
    this.#orders.set(orderNumber, order);
    return { order, segments: orderSegments(order, options) };
  }
}

function lineOf(line: OrderedLine, index: number, { stores, spread, random }: PlacingOptions): FakeOrderLine {
  const { vendorPart, gtin, buyerPart, quantity } = line;
  const names = [
    ...(buyerPart === undefined ? [] : ["BP", buyerPart]),
    ...(gtin === undefined ? [] : [gtin.length === 12 ? "UP" : gtin.length === 14 ? "UK" : "EN", gtin]),
    ...(vendorPart === undefined ? [] : ["VN", vendorPart]),
  ];
  return {
    number: String(index + 1),
    quantity,
    unit: line.unit ?? "EA",
    names,
    stores: spread && stores.length > 1 ? spreadOver(quantity, random.shuffle(stores)) : [],
    promised: undefined,
    shipped: 0,
  };
}

/** As even as whole pieces allow; stores that get nothing are left out. */
function spreadOver(quantity: number, stores: readonly string[]): FakeOrderLine["stores"] {
  const share = Math.floor(quantity / stores.length);
  const rest = quantity - share * stores.length;
  return stores
    .map((store, index) => ({ store, quantity: share + (index < rest ? 1 : 0) }))
    .filter((one) => one.quantity > 0);
}

function orderSegments(order: FakeOrder, options: PlacingOptions): readonly PaperSegment[] {
  const { at, stores, spread, lines } = options;
  const day = (days: number) =>
    new Date(at.getTime() + days * DAY_MS).toISOString().slice(0, 10).replaceAll("-", "");
  const [store = "0001"] = stores;
  return [
    ["BEG", "00", "SA", order.orderNumber, "", day(0)],
    ["REF", "DP", "042"],
    ["REF", "IA", "700123"],
    ["DTM", "002", day(7)],
    ["DTM", "010", day(3)],
    ["DTM", "001", day(14)],
    ["N1", "BY", "HEAD OFFICE", "92", "9999"],
    ...(spread ? [] : shipToSegments(store)),
    ...order.lines.flatMap((line, index) => lineSegments(line, lines[index])),
    ["CTT", String(order.lines.length)],
  ];
}

function shipToSegments(store: string): readonly PaperSegment[] {
  return [
    ["N1", "ST", `STORE ${store}`, "92", store],
    ["N3", "100 MAIN STREET"],
    ["N4", "DALLAS", "TX", "75201", "US"],
  ];
}

function lineSegments(line: FakeOrderLine, ordered: OrderedLine | undefined): readonly PaperSegment[] {
  const { number, quantity, unit, names, stores } = line;
  const chunks = Array.from({ length: Math.ceil(stores.length / STORES_PER_SDQ) }, (_, index) =>
    stores.slice(index * STORES_PER_SDQ, (index + 1) * STORES_PER_SDQ),
  );
  return [
    [
      "PO1",
      number,
      String(quantity),
      unit,
      ordered?.price ?? "",
      ordered?.price === undefined ? "" : "PE",
      ...names,
    ],
    ...(ordered?.description === undefined ? [] : [["PID", "F", "", "", "", ordered.description]]),
    ...chunks.map((chunk) => [
      "SDQ",
      unit,
      "92",
      ...chunk.flatMap((one) => [one.store, String(one.quantity)]),
    ]),
  ];
}
