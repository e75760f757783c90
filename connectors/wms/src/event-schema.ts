import {
  CARTON_LINES_MAX,
  CARTONS_MAX,
  ConditionStatus,
  Instant,
  MasterRecord,
  SNAPSHOT_PAGES_MAX,
  SNAPSHOT_ROWS_MAX,
  UnitCode,
} from "@crossdock/canonical";
import { Type } from "typebox";

/** Events of one batch. A warehouse with more to say sends another batch: an answer must not take minutes. */
export const EVENTS_PER_MESSAGE_MAX = 5_000;

/** Longest name of a warehouse: it is also the name of its numbered stream. */
export const WAREHOUSE_LENGTH_MAX = 80;
const TEXT_LENGTH_MAX = 200;
const ID_LENGTH_MAX = 64;
const LOT_LENGTH_MAX = 80;
const SNAPSHOT_ID_LENGTH_MAX = 100;
const DECIMAL_LENGTH_MAX = 30;

// Closed: a misspelt `status` would otherwise put quarantined stock on sale without a word.
const closed = { additionalProperties: false } as const;

function text(maxLength: number, description: string) {
  // No control characters and no half of a surrogate pair: neither can be stored as text.
  return Type.String({ minLength: 1, maxLength, pattern: "^[^\\p{Cc}\\p{Cs}]+$", description });
}

const optionalText = (description: string) => Type.Optional(text(TEXT_LENGTH_MAX, description));
const wholeMax = Number.MAX_SAFE_INTEGER;
const decimal = (pattern: string) => Type.String({ pattern, maxLength: DECIMAL_LENGTH_MAX });

const amountAboveZero = Type.Union(
  [Type.Integer({ minimum: 1, maximum: wholeMax }), decimal("^(?!0+(\\.0+)?$)\\d+(\\.\\d+)?$")],
  { description: "A whole number of at least 1, or a decimal above zero as text such as '2.5'." },
);
const amountFromZero = Type.Union(
  [Type.Integer({ minimum: 0, maximum: wholeMax }), decimal("^\\d+(\\.\\d+)?$")],
  { description: "A whole number of at least 0, or such a decimal as text." },
);
const difference = Type.Union(
  [
    Type.Integer({ minimum: 1, maximum: wholeMax }),
    Type.Integer({ minimum: -wholeMax, maximum: -1 }),
    decimal("^-?(?!0+(\\.0+)?$)\\d+(\\.\\d+)?$"),
  ],
  {
    description: "A whole number that is not 0, or such a decimal as text: what is there now less what was.",
  },
);

const unit = {
  unit: Type.Optional(
    Type.Unsafe<string>({ ...UnitCode, description: "A UN/ECE Recommendation 20 code. Default: EA, each." }),
  ),
};
const sku = Type.Optional(text(TEXT_LENGTH_MAX, "The item by its SKU: give this or `gtin`."));
const gtin = Type.Optional(
  Type.String({
    pattern: "^(\\d{8}|\\d{12,14})$",
    description: "The item by its GTIN, 8 or 12 to 14 digits: give this or `sku`.",
  }),
);
const lot = Type.Optional(text(LOT_LENGTH_MAX, "The lot or serial number, where the item has one."));
const item = { sku, gtin, lot };
const orderId = Type.Optional(text(ID_LENGTH_MAX, "The `orderId` of the release."));
const lineId = Type.Optional(text(ID_LENGTH_MAX, "The `lineId` of the release's line; goes with `orderId`."));
const orderLine = { orderId, lineId };
const sscc = Type.Optional(
  Type.String({ pattern: "^\\d{18}$", description: "The carton's SSCC, 18 digits with its check digit." }),
);
const status = Type.Optional(
  Type.Unsafe<ConditionStatus>({
    ...ConditionStatus,
    description: "One of available, quarantined, damaged. Default: available.",
  }),
);
const condition = Type.Unsafe<ConditionStatus>({
  ...ConditionStatus,
  description: "One of available, quarantined, damaged.",
});
const moment = (description: string) => Type.Unsafe<Instant>({ ...Instant, description });
const warehouseCode = (description: string) => text(WAREHOUSE_LENGTH_MAX, description);
const transferNumber = optionalText("What both warehouses know the transfer by.");
const transferLine = optionalText(
  "The line of the transfer: two equal amounts of one transfer are told apart by it.",
);

/** What every event has, whatever its type. */
const common = {
  eventId: text(
    TEXT_LENGTH_MAX,
    "Unique for ever among all events of the account: a repeated one counts once.",
  ),
  sequence: Type.Integer({
    minimum: 0,
    maximum: wholeMax,
    description: "The warehouse's own count of its events, without gaps.",
  }),
  occurredAt: moment("When it happened in the warehouse: an RFC 3339 date and time with its offset."),
  attributes: Type.Optional(
    Type.Object({}, { description: "Anything else (a bin, a scanner). Kept with the message and not read." }),
  ),
};

function event<Name extends string, Fields extends Parameters<typeof Type.Object>[0]>(
  name: Name,
  description: string,
  fields: Fields,
) {
  const type = Type.Literal(name, { description: `The text ${name}.` });
  return Type.Object({ type, ...common, ...fields }, { title: `wms ${name} event`, description, ...closed });
}

const reason = optionalText("Why, in the warehouse's words or codes.");
const quantity = { quantity: amountAboveZero, ...unit };

const shipmentLine = Type.Object({ ...item, ...quantity, ...orderLine }, closed);
const shipmentCarton = Type.Object(
  {
    sscc,
    lines: Type.Array(shipmentLine, {
      minItems: 1,
      maxItems: CARTON_LINES_MAX,
      description: `From 1 to ${CARTON_LINES_MAX} lines.`,
    }),
  },
  closed,
);

/**
 * The schema of every event by its type. This is the interface: what a warehouse may send, and the documentation of it.
 */
export const wmsEventSchemas = {
  receipt: event("receipt", "Goods came in from a supplier.", {
    ...item,
    ...quantity,
    status,
    purchaseOrder: optionalText("The number of the purchase order."),
    receiptNumber: optionalText("The warehouse's number of the goods receipt."),
    receiptLine: optionalText(
      "The line of the goods receipt: with both, the same line under another eventId is held as a suspect duplicate.",
    ),
    expected: Type.Optional({
      ...amountFromZero,
      description:
        "How many were expected of this line, in the same unit; what came is received, and the difference listed.",
    }),
    expiresAt: Type.Optional(moment("When the lot expires.")),
  }),
  pick: event("pick", "Goods were taken from the shelf for an order.", {
    ...item,
    ...quantity,
    ...orderLine,
  }),
  "short-pick": event(
    "short-pick",
    "Goods that were to be picked for an order were not where they should be.",
    {
      ...item,
      ...quantity,
      orderId: text(ID_LENGTH_MAX, "The `orderId` of the release."),
      lineId: text(ID_LENGTH_MAX, "The `lineId` of the release's line."),
      reason,
    },
  ),
  "put-back": event(
    "put-back",
    "Picked goods went back to a shelf, because their order was cancelled, say.",
    {
      ...item,
      ...quantity,
      ...orderLine,
      status,
      reason,
    },
  ),
  pack: event("pack", "Picked goods were put into a carton.", { ...item, ...quantity, ...orderLine, sscc }),
  ship: event("ship", "Cartons left the building.", {
    shipmentNumber: text(TEXT_LENGTH_MAX, "The warehouse's number of the shipment."),
    orderId,
    carrier: optionalText("Who carries it: a SCAC or a name."),
    trackingNumber: optionalText("The carrier's number of it."),
    cartons: Type.Array(shipmentCarton, {
      minItems: 1,
      maxItems: CARTONS_MAX,
      description: `From 1 to ${CARTONS_MAX} cartons.`,
    }),
  }),
  count: event("count", "Somebody counted: this many are there, whatever their status.", {
    ...item,
    counted: amountFromZero,
    quarantined: Type.Optional({
      ...amountFromZero,
      description:
        "How many of these are set aside, in the same unit. With this or `damaged` the count says the condition of all that it counted.",
    }),
    damaged: Type.Optional({
      ...amountFromZero,
      description: "How many of these are damaged, in the same unit.",
    }),
    ...unit,
  }),
  adjustment: event("adjustment", "Stock was found or lost outside of a count.", {
    ...item,
    delta: difference,
    ...unit,
    status,
    reason: text(TEXT_LENGTH_MAX, "Why, in the warehouse's words or codes."),
  }),
  "transfer-out": event("transfer-out", "Goods left for another warehouse.", {
    ...item,
    ...quantity,
    to: warehouseCode("The code of the warehouse that they go to."),
    transferNumber,
    transferLine,
    expectedAt: Type.Optional(moment("When they should arrive there.")),
  }),
  "transfer-in": event("transfer-in", "Goods arrived from another warehouse.", {
    ...item,
    ...quantity,
    from: warehouseCode("The code of the warehouse that they came from."),
    transferNumber,
    transferLine,
  }),
  "transfer-lost": event(
    "transfer-lost",
    "Goods that were on their way here from another warehouse will not arrive.",
    {
      ...item,
      ...quantity,
      from: warehouseCode("The code of the warehouse that they were sent from."),
      transferNumber,
      transferLine,
      reason,
    },
  ),
  return: event("return", "A customer sent goods back.", { ...item, ...quantity, ...orderLine, status }),
  "status-change": event("status-change", "Goods stayed where they are and became something else.", {
    ...item,
    ...quantity,
    from: condition,
    to: condition,
    reason,
  }),
  "lot-change": event("lot-change", "Goods stayed where they are and belong to another lot.", {
    sku,
    gtin,
    ...quantity,
    fromLot: text(LOT_LENGTH_MAX, "The lot or serial number that they belonged to."),
    toLot: text(LOT_LENGTH_MAX, "The lot or serial number that they belong to now."),
    status,
    reason,
  }),
  master: event(
    "master",
    "Something is known of an item, a name of it, a unit, a cost, a lot or a place. It counts where the account owns that.",
    {
      record: Type.Unsafe<MasterRecord>({
        ...MasterRecord,
        description: "A record of master data, as `POST /system/v1/master-data` takes it.",
      }),
      version: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: wholeMax,
          description:
            "The warehouse's own version of what the record is about: an older one changes nothing.",
        }),
      ),
    },
  ),
  convert: event("convert", "Units of one item became units of another: a case was broken, a kit built.", {
    from: Type.Object(
      { ...item, ...quantity },
      { ...closed, description: "What was taken: an item and how much of it." },
    ),
    to: Type.Object(
      { ...item, ...quantity },
      { ...closed, description: "What it became: an item and how much of it." },
    ),
    status,
    reason: text(TEXT_LENGTH_MAX, "Why, in the warehouse's words or codes."),
  }),
} as const;

/**
 * A page of a snapshot: what is in a warehouse at a moment, of everything or of some items. Its pages may come in any order and twice,
 * and nothing of it counts before all have come. What is said of the whole is the same on each of them.
 */
export const wmsSnapshotSchema = Type.Object(
  {
    warehouse: warehouseCode("The warehouse's own code."),
    snapshot: Type.Object(
      {
        snapshotId: text(SNAPSHOT_ID_LENGTH_MAX, "Unique for ever among all snapshots of the account."),
        takenAt: moment("When it was taken."),
        scope: Type.Union([Type.Literal("full"), Type.Literal("partial")], {
          description: "`full`: what no row names is not there. `partial`: only what rows name was counted.",
        }),
        conditions: Type.Optional(
          Type.Boolean({ description: "Rows say the condition of what they count. Default: they do not." }),
        ),
        sequence: Type.Optional(
          Type.Integer({
            minimum: 0,
            maximum: wholeMax,
            description: "The number of the last event that the rows contain; later events are not in them.",
          }),
        ),
        page: Type.Integer({ minimum: 1, maximum: SNAPSHOT_PAGES_MAX, description: "Which page this is." }),
        pages: Type.Integer({ minimum: 1, maximum: SNAPSHOT_PAGES_MAX, description: "How many there are." }),
      },
      closed,
    ),
    rows: Type.Array(Type.Object({ ...item, counted: amountFromZero, ...unit, status }, closed), {
      maxItems: SNAPSHOT_ROWS_MAX,
      description: "What is there. Rows of one item, by bin say, are summed over all pages.",
    }),
  },
  { title: "wms snapshot", ...closed },
);
export type WmsSnapshot = Type.Static<typeof wmsSnapshotSchema>;

/** The types of event that a warehouse may send. */
export type WmsEventType = keyof typeof wmsEventSchemas;

/** An event that fits the schema of its type. */
export type WmsEvent = { [Name in WmsEventType]: Type.Static<(typeof wmsEventSchemas)[Name]> }[WmsEventType];

/** The events of one type. */
export type WmsEventOf<Name extends WmsEventType> = Type.Static<(typeof wmsEventSchemas)[Name]>;

/** What a batch is around its events, which are checked one by one so that a bad one does not spoil the others. */
export const wmsBatchSchema = Type.Object(
  {
    warehouse: warehouseCode("The code of the warehouse that all events of the batch are from."),
    events: Type.Array(Type.Unknown(), { description: "The events, in any order." }),
  },
  { title: "wms batch", ...closed },
);
