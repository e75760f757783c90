import {
  type FactData,
  channelId as toChannelId,
  itemId as toItemId,
  lineId as toLineId,
  locationId as toLocationId,
  orderId as toOrderId,
  quantity as toQuantity,
} from "@crossdock/canonical";
import type { PastTransfer } from "../../ledger/index.ts";
import type { AdmissionLine, AdmissionRequest } from "../admission-request.ts";
import type { AskedLine } from "../asked.ts";
import type { AskedRow } from "../asked-store.ts";
import type { Ask } from "./happening.ts";

/** Promises of one request, as they come in. */
export type Gathered = {
  readonly name: string;
  readonly row: AskedRow | undefined;
  readonly parts: Made[];
};
export type Made = {
  readonly transfer: PastTransfer;
  readonly reserved: FactData<"StockReserved">;
  readonly correlationId: string;
};

/** What promises of one request have in common. */
export const nameOf = (
  { data, correlationId }: { readonly data: FactData<"StockReserved">; readonly correlationId: string },
  { effective_at: at }: PastTransfer,
): string => `${correlationId} ${data.channelId} ${data.orderId ?? ""} ${at.getTime()} ${data.state}`;

/** Whether a promise belongs to another request after all: its line was there before, with others after it. */
export function startsAgain({ row, parts }: Gathered, { reserved }: Made): boolean {
  if (row !== undefined) return false;
  const last = parts.at(-1)?.reserved.lineId;
  return last !== reserved.lineId && parts.some((part) => part.reserved.lineId === reserved.lineId);
}

/** One of each promise: one that comes partly out of a ring-fence is two transfers. */
export function distinct(parts: readonly Made[]): readonly Made[] {
  return [...new Map(parts.map((part) => [part.reserved.reservationId, part])).values()];
}

type Said = Pick<Ask, "holdMs" | "isLimited" | "bookVersion">;

/** What a request that was kept says beside its lines. */
export const saidOf = (row: AskedRow): Said => ({
  holdMs: row.hold_ms ?? undefined,
  isLimited: row.limited,
  bookVersion: row.book_version,
});

/** The line as admission decided it. */
export function toLine(line: AskedLine): AdmissionLine {
  const { orderedUnit = 1, locationId, lot, locationsMax } = line;
  const components = line.components ?? [{ itemId: line.itemId, quantity: 1 }];
  return {
    lineId: toLineId(line.lineId),
    itemId: toItemId(line.itemId),
    quantity: toQuantity(line.quantity),
    orderedUnit: toQuantity(orderedUnit),
    components: components.map((part) => ({ itemId: toItemId(part.itemId), quantity: part.quantity })),
    locationId: locationId === undefined ? undefined : toLocationId(locationId),
    lot,
    ...(locationsMax === undefined ? {} : { locationsMax }),
  };
}

/** A request that was kept, as admission decided it. */
export function toRequest(row: AskedRow): AdmissionRequest {
  return {
    channelId: toChannelId(row.channel_id),
    policy: row.policy,
    lines: row.lines.map(toLine),
    refused: [],
    ...(row.order_id === null ? {} : { orderId: toOrderId(row.order_id) }),
    ...(row.locations_max === null ? {} : { locationsMax: row.locations_max }),
    ...(row.destination === null ? {} : { destination: row.destination }),
  };
}

/** A request of which nothing was kept, because its promises tell it: so many of some items, all of it or nothing. */
export function requestOf(parts: readonly Made[]): Said & Pick<Ask, "request"> {
  const lines = Map.groupBy(distinct(parts), ({ reserved }) => reserved.lineId);
  const [first] = parts;
  if (first === undefined) throw new Error("a request of no promises was to be told");
  const { channelId, orderId, expiresAt } = first.reserved;
  const at = first.transfer.effective_at.getTime();
  return {
    holdMs: expiresAt === undefined ? undefined : Date.parse(expiresAt) - at,
    isLimited: false,
    bookVersion: undefined,
    request: {
      channelId,
      policy: "all-or-nothing",
      refused: [],
      ...(orderId === undefined ? {} : { orderId }),
      lines: [...lines].flatMap(([lineId, own]) => {
        const itemId = own[0]?.reserved.itemId;
        const quantity = own.reduce((sum, { reserved }) => sum + reserved.quantity, 0);
        return itemId === undefined ? [] : [toLine({ lineId, itemId, quantity })];
      }),
    },
  };
}
