import { itemId, locationId, quantity, quantityDelta } from "@crossdock/canonical";
import type { DisagreementsPort, DisagreementView } from "../gateway/index.ts";
import type { DisagreementPlace, DisagreementRow, Ledger } from "../ledger/index.ts";
import type { Clock } from "../platform/index.ts";

function toView(row: DisagreementRow, now: Date): DisagreementView {
  const { currency, amount } = row;
  return {
    source: row.source,
    locationId: locationId(row.location_id),
    itemId: itemId(row.item_id),
    lot: row.lot,
    said: quantity(row.said),
    saidAt: row.said_at.toISOString(),
    ageSeconds: Math.floor((now.getTime() - row.said_at.getTime()) / 1_000),
    factNumber: row.event_number,
    oursThen: quantityDelta(row.ours_then),
    oursNow: quantityDelta(row.ours_now),
    difference: quantityDelta(row.difference),
    ...(currency === null || amount === null ? {} : { money: { currency, amount } }),
  };
}

/** A place in the list as a cursor. A lot may have any letters, so all of it is encoded. */
function cursorOf(row: DisagreementRow & { readonly size: string }): string {
  const place = [row.size, row.location_id, row.item_id, row.lot, row.source];
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Where the list goes on; undefined when the text is none of ours. */
function parsePlace(text: string): DisagreementPlace | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
  if (!Array.isArray(read) || read.length !== 5) return undefined;
  const [size, place, item, lot, source] = read.map((part) => (typeof part === "string" ? part : undefined));
  if (size === undefined || !/^-?\d{1,40}(\.\d{1,20})?$/.test(size)) return undefined;
  if (place === undefined || item === undefined || lot === undefined || source === undefined)
    return undefined;
  return { size, locationId: place, itemId: item, lot, source };
}

/** The report of disagreements, as the gateway asks for it. */
export function disagreementsPort(ledger: Ledger, clock: Clock): DisagreementsPort {
  return {
    async page({ after: cursor, ...list }) {
      const after = cursor === undefined ? undefined : parsePlace(cursor);
      if (cursor !== undefined && after === undefined) return "bad-cursor";
      const rows = await ledger.disagreements({ ...list, after });
      const last = rows.length < list.limit ? undefined : rows.at(-1);
      const now = clock.now();
      return {
        rows: rows.map((row) => toView(row, now)),
        next: last === undefined ? undefined : cursorOf(last),
      };
    },
  };
}
