import {
  gs1Day,
  type ItemId,
  itemId,
  type LocationId,
  lineId,
  orderId,
  quantity,
  readGs1Elements,
} from "@crossdock/canonical";
import { type StandingPromise, standingPromises } from "../availability/index.ts";
import type { NamesPort, ScannedLot, ScannedText, ToPick, WarehousePort } from "../gateway/index.ts";
import { type Governance, selectLotExpiries } from "../governance/index.ts";
import type { Ledger, PositionRow } from "../ledger/index.ts";
import type { Clock, Database } from "../platform/index.ts";
import { namesPort } from "./names.ts";
import { toPositionView } from "./positions.ts";

/** Promises that are looked at for one scan: a place with more of one item is no matter for a scanner. */
const PROMISES_MAX = 500;

type Parts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Governance;
  readonly ledger: Pick<Ledger, "positionsOf">;
};

/** What a scanner asks: the item of a barcode at a place, lot by lot, and what has to be picked of it. */
export function warehousePort(parts: Parts): WarehousePort {
  const { governance, database } = parts;
  const names = namesPort(governance, database);
  return {
    async scan({ location, code }) {
      const place = await names.locationNamed(location);
      if (place === undefined)
        return { is: "unknown-location", message: `No location has the name ${location}.` };
      const read = readCode(code, parts.clock.now());
      if ("problem" in read) return { is: "unreadable", message: read.problem };
      const found = await itemOf(names, code, read);
      if (found === undefined)
        return { is: "unknown-item", message: `No item has the name ${read.gtin ?? code}.` };
      const item = (await names.items([found])).get(found);
      if (item === undefined) throw new Error(`the item ${found} has a name and is not there`);
      return {
        is: "found",
        scanned: {
          locationId: place,
          item: { itemId: found, ...item },
          read,
          ...(await lotsAt(parts, { place, found, lot: read.lot })),
        },
      };
    },
  };
}

/** An item by its SKU, a GTIN as it stands or within a longer barcode, or our id. A GTIN may be that of another package: it is the same item. */
async function itemOf(names: NamesPort, code: string, { gtin }: ScannedText): Promise<ItemId | undefined> {
  return names.itemNamed(gtin ?? code.trim());
}

/** Begins as a barcode with several elements does, and no SKU: with a symbology, a parenthesis, or a GTIN as the first of them. */
const LOOKS_LIKE_ELEMENTS = /^(\]|\(\d{2,4}\)|01\d{14})/;

function readCode(code: string, now: Date): ScannedText | { readonly problem: string } {
  const text = code.trim();
  if (!LOOKS_LIKE_ELEMENTS.test(text) && !text.includes("\u001d")) return {};
  const reading = readGs1Elements(text);
  if (!reading.ok) return { problem: reading.problem };
  const of = (ai: string) => reading.elements.find((element) => element.ai === ai)?.data;
  const [gtin, lot, serial, day] = [of("01") ?? of("02"), of("10"), of("21"), of("17") ?? of("15")];
  if (gtin === undefined) return { problem: "It names no item: there is no GTIN, (01) or (02), in it." };
  const expiresOn = day === undefined ? undefined : gs1Day(day, now.getUTCFullYear());
  return {
    gtin,
    ...(lot === undefined ? {} : { lot }),
    ...(serial === undefined ? {} : { serial }),
    ...(expiresOn === undefined ? {} : { expiresOn }),
  };
}

type At = { readonly place: LocationId; readonly found: ItemId; readonly lot: string | undefined };

/** Positions and promises of one moment. */
async function lotsAt({ database, ledger }: Parts, { place, found, lot }: At) {
  return database.transaction(
    async (tx) => {
      const all = await ledger.positionsOf(tx, [found], [place]);
      const rows = lot === undefined ? all : all.filter((row) => row.lot === lot);
      const positionIds = rows.map((row) => row.position_id);
      const dated = rows.some((row) => row.lot !== "");
      const [expiries, promises] = await Promise.all([
        dated ? selectLotExpiries(tx, [found]) : undefined,
        standingPromises(tx, { positionIds, itemIds: [found], limit: PROMISES_MAX }),
      ]);
      const lotOf = new Map(rows.map((row) => [row.position_id, row.lot]));
      const dayOf = (row: PositionRow) => expiries?.get(itemId(row.item_id))?.get(row.lot);
      return {
        lots: rows.map((row) => toLot(row, dayOf(row))).toSorted(firstExpiryFirst),
        toPick: promises
          .filter(({ state }) => state === "allocated")
          .toReversed()
          .map((promise) => toPick(promise, lotOf.get(promise.position_id) ?? "")),
      };
    },
    { isolation: "repeatable read", readOnly: true },
  );
}

function toLot(row: PositionRow, expiresOn: string | undefined): ScannedLot {
  const { positionId, lot, onHand, statuses } = toPositionView(row);
  return {
    ...{ positionId, lot, onHand },
    ...(expiresOn === undefined ? {} : { expiresOn }),
    available: statuses.available ?? row.available,
    held: quantity(row.held),
    allocated: quantity(row.allocated),
    picked: statuses.picked ?? row.picked,
    setAside: quantity(row.channel_reserved),
    quarantined: statuses.quarantined ?? row.quarantined,
    damaged: statuses.damaged ?? row.damaged,
  };
}

const FAR = "9999-12-31";
const firstExpiryFirst = (a: ScannedLot, b: ScannedLot): number => {
  const [one, other] = [a.expiresOn ?? FAR, b.expiresOn ?? FAR];
  if (one !== other) return one < other ? -1 : 1;
  return a.lot < b.lot ? -1 : 1;
};

function toPick(promise: StandingPromise, lot: string): ToPick {
  return {
    ...(promise.order_id === null ? {} : { orderId: orderId(promise.order_id) }),
    lineId: lineId(promise.line_id),
    lot,
    units: quantity(promise.kept),
    promisedAt: promise.created_at.toISOString(),
  };
}
