import type { DocumentOf } from "@crossdock/canonical";
import type { OutgoingSegment } from "../write.ts";
import { type Decimal, isEqual, isPositive, readDecimal, sum } from "./decimal.ts";
import { descriptionSegments, itemPairs, lineNumber } from "./item-segments.ts";
import { orderNumbers, referenceSegments, shipToSegments } from "./order-segments.ts";
import type { SetBody, SetContext } from "./set-body.ts";
import type { Wording } from "./wording.ts";

type Acknowledgement = DocumentOf<"order-acknowledgement">;
type Line = Acknowledgement["lines"][number];

/** BAK02: with detail and no change, with detail and change, rejected with detail. */
const VERDICTS = { accepted: "AD", "accepted-with-changes": "AC", rejected: "RD" } as const;

/** Occurrences that the set has room for. */
const REFERENCES_MAX = 100;
const PRICE_DIGITS_MAX = 17;
const OUR_NUMBER_LENGTH_MAX = 30;

/**
 * 855: our answer to an order, line by line. The quantities of a line's ACKs add up to what was ordered: what is promised,
 * as IA or IQ, and what is not, as IR or IB.
 */
export function orderAcknowledgementSet(document: Acknowledgement, context: SetContext): SetBody | undefined {
  const { wording, localTime } = context;
  const { order, verdict, lines } = document;
  if (lines.length === 0) wording.refuse("an acknowledgement without lines answers nothing");
  const { number, release, date } = orderNumbers(order, wording);
  const at = localTime(document.acknowledgedAt, "acknowledgedAt");
  const placed = date === "" ? localTime(order.placedAt, "placedAt")?.date : date;
  if (at === undefined || placed === undefined) return undefined;
  const ours = wording.identityOrNothing(order.orderId, { max: OUR_NUMBER_LENGTH_MAX });
  const bak: OutgoingSegment = [
    "BAK",
    "00",
    VERDICTS[verdict],
    number,
    placed,
    release,
    "",
    "",
    ours,
    at.date,
  ];
  return {
    id: "855",
    functionalId: "PR",
    sets: [
      [
        bak,
        ...referenceSegments(order, wording, REFERENCES_MAX),
        ...shipToSegments(order, wording),
        ...lines.flatMap((line) => lineSegments(line, document, context)),
        ["CTT", String(lines.length)],
      ],
    ],
  };
}

function lineSegments(
  line: Line,
  document: Acknowledgement,
  context: SetContext,
): readonly OutgoingSegment[] {
  const { wording, accountId } = context;
  const what = `line ${line.lineId}`;
  const unit = wording.unit(line.ordered.unit, what);
  const ordered = wording.quantity(line.ordered, what);
  const price = document.order.lines.find(({ lineId }) => lineId === line.lineId)?.price?.amount;
  const unitPrice = price === undefined ? "" : priceText(price);
  const pairs = itemPairs(line, accountId, wording);
  return [
    ["PO1", lineNumber(line.lineId, wording), ordered, unit, unitPrice, "", ...pairs],
    ...descriptionSegments(line, wording),
    ...statuses(line, document.verdict, wording).map(
      ({ status, quantity }): OutgoingSegment => ["ACK", status, wording.decimal(quantity, what), unit],
    ),
  ];
}

/** A price that does not fit is left out: the paper is about quantities. */
function priceText(amount: string): string {
  const decimal = readDecimal(amount);
  const digits = amount.replaceAll(/\D/g, "").length;
  return decimal === undefined || digits > PRICE_DIGITS_MAX ? "" : amount;
}

type LineStatus = { readonly status: "IA" | "IQ" | "IB" | "IR"; readonly quantity: Decimal };

/** ACK01 of a line: accepted, quantity changed, backordered, rejected. */
function statuses(
  { lineId, ordered, promised, short }: Line,
  verdict: Acknowledgement["verdict"],
  wording: Wording,
): readonly LineStatus[] {
  const [whole, part, rest] = [ordered, promised, short].map(({ value }) => readDecimal(String(value)));
  const isOneUnit = promised.unit === ordered.unit && short.unit === ordered.unit;
  if (whole === undefined || part === undefined || rest === undefined) return [];
  if (!isOneUnit || part.digits < 0n || rest.digits < 0n || !isEqual(sum([part, rest]), whole)) {
    wording.refuse(`line ${lineId}: promised and short do not add up to what was ordered`);
    return [];
  }
  const isRefused = verdict === "rejected";
  if (isRefused && isPositive(part)) {
    wording.refuse(`line ${lineId}: the order is rejected, and yet some of it is promised`);
  }
  const missing = !isRefused && wording.profile.shortLines === "backordered" ? "IB" : "IR";
  if (!isPositive(rest) && !isRefused) return [{ status: "IA", quantity: whole }];
  const kept: LineStatus[] = isPositive(part) ? [{ status: "IQ", quantity: part }] : [];
  return [...kept, { status: missing, quantity: rest }];
}
