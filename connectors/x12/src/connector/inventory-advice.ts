import type { DocumentOf } from "@crossdock/canonical";
import type { OutgoingSegment } from "../write.ts";
import { descriptionSegments, itemPairs } from "./item-segments.ts";
import type { SetBody, SetContext } from "./set-body.ts";

type InventoryAdvice = DocumentOf<"inventory-advice">;
type Row = InventoryAdvice["rows"][number];

/** LIN loops that one 846 has room for; a longer advice goes in several sets of one group. */
const ROWS_PER_SET_MAX = 10_000;
/** Sets that ST02 numbers with the four digits that we give it. */
const SETS_MAX = 9_999;

/** 846: what the partner may order now, item by item (QTY*33, available). */
export function inventoryAdviceSet(
  { asOf, rows }: InventoryAdvice,
  context: SetContext,
): SetBody | undefined {
  const { wording, now, localTime, controlNumber } = context;
  if (rows.length === 0) wording.refuse("an inventory advice without items says nothing");
  if (rows.length > ROWS_PER_SET_MAX * SETS_MAX)
    wording.refuse(`${rows.length} items are more than one file can hold`);
  const at = localTime(asOf, "asOf");
  if (at === undefined) return undefined;
  const sets = Math.ceil(rows.length / ROWS_PER_SET_MAX);
  return {
    id: "846",
    functionalId: "IB",
    sets: Array.from({ length: sets }, (_, index) => {
      const first = index * ROWS_PER_SET_MAX;
      const own = rows.slice(first, first + ROWS_PER_SET_MAX);
      return [
        ["BIA", "00", "SI", `${controlNumber}-${index + 1}`, now.date, now.time],
        ["DTM", "007", at.date, at.time],
        ...own.flatMap((row, rowIndex) => rowSegments(row, rowIndex + 1, context)),
        ["CTT", String(own.length)],
      ];
    }),
  };
}

function rowSegments(
  row: Row,
  number: number,
  { wording, accountId }: SetContext,
): readonly OutgoingSegment[] {
  const what = `item ${row.itemId}`;
  return [
    ["LIN", String(number), ...itemPairs(row, accountId, wording)],
    ...descriptionSegments(row, wording),
    ["QTY", "33", wording.quantity(row.available, what), wording.unit(row.available.unit, what)],
  ];
}
