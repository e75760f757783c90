import type { DocumentOf, Measure } from "@crossdock/canonical";
import { isSscc } from "../sscc.ts";
import type { OutgoingSegment } from "../write.ts";
import { isPositive, readDecimal } from "./decimal.ts";
import { descriptionSegments, itemPairs, lineNumber } from "./item-segments.ts";
import type { LocalTime } from "./local-time.ts";
import { orderNumbers, referenceSegments, shipToSegments } from "./order-segments.ts";
import type { SetBody, SetContext } from "./set-body.ts";
import type { Wording } from "./wording.ts";

type ShipNotice = DocumentOf<"ship-notice">;
type Carton = ShipNotice["cartons"][number];
type Line = Carton["lines"][number];

/** BSN05: shipment, order, pack, item; or without packs, where no carton has a number to scan. */
const WITH_PACKS = "0001";
const WITHOUT_PACKS = "0004";

/** Data element 382. */
const SHIPPED_DIGITS_MAX = 10;
const SHIPMENT_LENGTH = { min: 2, max: 30 };
const TRACKING_LENGTH_MAX = 30;
const REFERENCES_MAX = 20;
const ROUTING_LENGTH_MAX = 35;
/** Occurrences of HL that the set has room for. */
const LEVELS_MAX = 200_000;

/** 856: what left the dock. Shipment over order over cartons over items; each level names the one above it. */
export function shipNoticeSet(document: ShipNotice, context: SetContext): SetBody | undefined {
  const { wording, localTime, now } = context;
  const cartons = document.cartons
    .map((carton) => ({ ...carton, lines: carton.lines.filter((line) => isShipped(line.shipped)) }))
    .filter(({ lines }) => lines.length > 0);
  if (cartons.length === 0) wording.refuse("nothing was shipped");
  const shippedAt = localTime(document.shippedAt, "shippedAt");
  if (shippedAt === undefined) return undefined;
  const shipment = wording.identity(document.shipmentNumber, { what: "shipment number", ...SHIPMENT_LENGTH });
  const hasPacks = cartons.some(({ sscc }) => sscc !== undefined);
  const tree = new LevelTree();
  const segments: OutgoingSegment[] = [
    ["BSN", "00", shipment, now.date, now.time, hasPacks ? WITH_PACKS : WITHOUT_PACKS],
    ...shipmentLevel(document, { tree, cartons: cartons.length, shippedAt, shipment }, wording),
    ...orderLevel(document, tree, wording),
    ...cartons.flatMap((carton) => cartonLevel(carton, { document, tree, hasPacks }, context)),
  ];
  if (tree.count > LEVELS_MAX) wording.refuse(`a ship notice has at most ${LEVELS_MAX} levels`);
  return { id: "856", functionalId: "SH", sets: [[...segments, ["CTT", String(tree.count)]]] };
}

/** A line of nothing is left out; one of less than nothing is kept, so that it is refused. */
function isShipped({ value }: Measure): boolean {
  return readDecimal(String(value))?.digits !== 0n;
}

/** Numbers the levels and remembers which one the next belongs to. */
class LevelTree {
  count = 0;
  #order = 0;
  #pack: number | undefined;

  shipment(): OutgoingSegment {
    return this.#level("", "S", true);
  }

  order(): OutgoingSegment {
    const level = this.#level("1", "O", true);
    this.#order = this.count;
    return level;
  }

  pack(): OutgoingSegment {
    const level = this.#level(String(this.#order), "P", true);
    this.#pack = this.count;
    return level;
  }

  item(): OutgoingSegment {
    return this.#level(String(this.#pack ?? this.#order), "I", false);
  }

  #level(parent: string, kind: string, hasChildren: boolean): OutgoingSegment {
    this.count += 1;
    return ["HL", String(this.count), parent, kind, hasChildren ? "1" : "0"];
  }
}

type Shipment = {
  readonly tree: LevelTree;
  readonly cartons: number;
  readonly shippedAt: LocalTime;
  readonly shipment: string;
};

function shipmentLevel(
  document: ShipNotice,
  { tree, cartons, shippedAt, shipment }: Shipment,
  wording: Wording,
): readonly OutgoingSegment[] {
  const tracking = wording.identityOrNothing(document.trackingNumber, { max: TRACKING_LENGTH_MAX });
  return [
    tree.shipment(),
    ["TD1", "CTN", String(cartons)],
    ...carrierSegments(document, wording),
    ["REF", "BM", shipment],
    ...(tracking === "" ? [] : [["REF", "CN", tracking] satisfies OutgoingSegment]),
    ["DTM", "011", shippedAt.date, shippedAt.time],
    ...shipFromSegments(document, wording),
    ...shipToSegments(document.order, wording),
  ];
}

/** TD5 with the carrier's SCAC, the one that the order asked for where the notice has none, or with its name in words. */
function carrierSegments({ carrier, order }: ShipNotice, wording: Wording): readonly OutgoingSegment[] {
  const said = carrier ?? order.attributes?.TD503 ?? "";
  if (/^[A-Z]{2,4}$/.test(said)) return [["TD5", "B", "2", said]];
  const words = wording.free(said, ROUTING_LENGTH_MAX);
  return words === "" ? [] : [["TD5", "", "", "", "", words]];
}

/** 91: the code is the seller's own. */
function shipFromSegments({ fromLocationId }: ShipNotice, wording: Wording): readonly OutgoingSegment[] {
  const code = wording.identityOrNothing(fromLocationId, { min: 2, max: 80 });
  return code === "" ? [] : [["N1", "SF", "", "91", code]];
}

function orderLevel({ order }: ShipNotice, tree: LevelTree, wording: Wording): readonly OutgoingSegment[] {
  const { number, release, date } = orderNumbers(order, wording);
  return [
    tree.order(),
    ["PRF", number, release, "", date],
    ...referenceSegments(order, wording, REFERENCES_MAX),
  ];
}

type Packing = { readonly document: ShipNotice; readonly tree: LevelTree; readonly hasPacks: boolean };

function cartonLevel(
  { sscc, lines }: Carton,
  packing: Packing,
  context: SetContext,
): readonly OutgoingSegment[] {
  const { wording } = context;
  const { tree, hasPacks } = packing;
  if (sscc !== undefined && !isSscc(sscc)) {
    wording.refuse(
      `the SSCC ${sscc} of a carton has a wrong check digit; its label would not scan as it reads`,
    );
  }
  const marks: OutgoingSegment[] = sscc === undefined ? [] : [["MAN", "GM", sscc]];
  const pack = hasPacks ? [tree.pack(), ...marks] : [];
  return [...pack, ...lines.flatMap((line) => itemLevel(line, packing, context))];
}

function itemLevel(line: Line, { document, tree }: Packing, context: SetContext): readonly OutgoingSegment[] {
  const { wording, accountId } = context;
  const what = line.lineId === undefined ? `item ${line.itemId}` : `line ${line.lineId}`;
  const number = lineNumber(line.lineId, wording);
  const shipped = wording.quantity(line.shipped, what, SHIPPED_DIGITS_MAX);
  const unit = wording.unit(line.shipped.unit, what);
  const ordered = document.order.lines.find(({ lineId }) => lineId === line.lineId)?.ordered;
  const isComparable = ordered !== undefined && ordered.unit === line.shipped.unit && isOrdered(ordered);
  const wanted = isComparable ? ["", wording.quantity(ordered, what), unit] : [];
  return [
    tree.item(),
    ["LIN", number, ...itemPairs(line, accountId, wording)],
    ["SN1", number, shipped, unit, ...wanted],
    ...descriptionSegments(line, wording),
  ];
}

function isOrdered({ value }: Measure): boolean {
  const ordered = readDecimal(String(value));
  return ordered !== undefined && isPositive(ordered);
}
