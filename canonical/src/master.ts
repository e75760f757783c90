import { type Static, type TSchema, Type } from "typebox";
import { Instant, ItemId, LocationId } from "./ids.ts";
import { UnitCode } from "./quantity.ts";
import { Reference } from "./reference.ts";

const text = (description: string, maxLength = 200) => Type.String({ minLength: 1, maxLength, description });

/** When something begins: an instant, or `always`. */
export const Beginning = Type.Union([Type.Literal("always"), Instant], {
  title: "Beginning",
  description: 'An instant, or "always", for example 2026-03-01T00:00:00Z.',
});
export type Beginning = Static<typeof Beginning>;

const Day = Type.String({
  pattern: "^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$",
  description: "A day, for example 2026-03-01.",
});

/** How goods are told apart: not at all, by lot, or piece by piece. */
export const Tracking = Type.Union([Type.Literal("none"), Type.Literal("lot"), Type.Literal("serial")], {
  title: "Tracking",
});
export type Tracking = Static<typeof Tracking>;

/** Longest class, in characters: a code for people to type, not a sentence. */
export const ITEM_CLASS_LENGTH_MAX = 40;

/** What kind of goods an item is to whoever makes rules for many of them at once. Which classes there are, the company says. */
export const ItemClass = Type.String({
  minLength: 1,
  maxLength: ITEM_CLASS_LENGTH_MAX,
  title: "ItemClass",
  description: "The class of an item, for example A or bulk.",
});

/** What a location is. */
export const LocationType = Type.Union(
  [Type.Literal("warehouse"), Type.Literal("store"), Type.Literal("3pl"), Type.Literal("vendor")],
  { title: "LocationType" },
);
export type LocationType = Static<typeof LocationType>;

const validity = { validFrom: Type.Optional(Beginning), validTo: Type.Optional(Instant) };

function record<const Kind extends string, const Shape extends Readonly<Record<string, TSchema>>>(
  kind: Kind,
  description: string,
  shape: Shape,
) {
  return Type.Object({ kind: Type.Literal(kind), ...shape }, { description, additionalProperties: false });
}

const itemRecord = record(
  "item",
  "An item, by its id or, without one, by its SKU. With an id, another SKU renames it.",
  {
    itemId: Type.Optional(ItemId),
    sku: Type.Optional(text("What the item goes by.")),
    description: Type.Optional(Type.String({ maxLength: 500 })),
    baseUnit: Type.Optional(UnitCode),
    tracking: Type.Optional(Tracking),
    itemClass: Type.Optional(
      Type.String({
        maxLength: ITEM_CLASS_LENGTH_MAX,
        description: `A code of up to ${ITEM_CLASS_LENGTH_MAX} characters, for example A or bulk. Empty: of no class any more.`,
      }),
    ),
  },
);

const nameRecord = record(
  "item-name",
  "A name that leads to an item: an old SKU, a GTIN, or a vendor's, buyer's or channel's part number.",
  {
    item: Reference,
    scheme: Reference.properties.scheme,
    value: text("The name."),
    scope: Type.Optional(Type.String({ maxLength: 64, description: "Whose name it is." })),
    ...validity,
  },
);

const unitRecord = record(
  "item-unit",
  "How many base units one unit of an item is, as a whole number or a fraction.",
  {
    item: Reference,
    unit: UnitCode,
    factor: Type.String({
      pattern: "^[1-9]\\d{0,14}(/[1-9]\\d{0,14})?$",
      description: "Base units in one unit: a whole number or a fraction, for example 12 or 1/1000.",
    }),
    ...validity,
  },
);

const componentRecord = record("kit-component", "How many of an item one kit holds; 0 takes it out.", {
  kit: Reference,
  item: Reference,
  quantity: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
});

const costRecord = record("item-cost", "What one base unit of an item costs.", {
  item: Reference,
  currency: Type.String({ pattern: "^[A-Z]{3}$", description: "ISO 4217, for example EUR." }),
  perUnit: Type.String({
    pattern: "^\\d{1,12}(\\.\\d{1,8})?$",
    description: "An exact decimal with up to 8 places, for example 0.0125.",
  }),
  ...validity,
});

const lotRecord = record("lot", "A lot or serial number of an item, with what is known of it.", {
  item: Reference,
  lot: text("The lot or serial number.", 80),
  expiresOn: Type.Optional(Day),
  madeOn: Type.Optional(Day),
  attributes: Type.Optional(Type.Record(Type.String({ maxLength: 60 }), Type.String({ maxLength: 200 }))),
});

const locationRecord = record("location", "A place with stock, by its id or, without one, by its code.", {
  locationId: Type.Optional(LocationId),
  code: Type.Optional(text("What the location goes by.")),
  name: Type.Optional(text("For people.")),
  type: Type.Optional(LocationType),
  timeZone: Type.Optional(text("IANA time zone, such as Europe/Berlin.", 64)),
});

const locationNameRecord = record(
  "location-name",
  "A name that leads to a location: a GLN, or a partner's code.",
  {
    location: Reference,
    scheme: Reference.properties.scheme,
    value: text("The name."),
    scope: Type.Optional(Type.String({ maxLength: 64, description: "Whose name it is." })),
    ...validity,
  },
);

/** Longest plan of a week, in characters: seven days with times of their own. */
const WEEK_LENGTH_MAX = 400;

const calendarRecord = record(
  "location-calendar",
  "When people work at a location, when its lorries leave, and how long goods need from the dock to the shelf, in its own time zone.",
  {
    location: Reference,
    workingHours: Type.Optional(
      text(
        "Days with their hours, for example Mon-Fri 07:00-19:00; Sat 08:00-12:00, or always.",
        WEEK_LENGTH_MAX,
      ),
    ),
    cutOffs: Type.Optional(
      text(
        "Days with the times until which goods still ship, for example Mon-Thu 11:00 16:00; Fri 14:00, or none.",
        WEEK_LENGTH_MAX,
      ),
    ),
    dockToStock: Type.Optional(
      Type.String({
        pattern: "^\\d{1,3}[hd]$",
        description:
          "Working hours or working days from arrival until goods can be sold, for example 4h or 1d; 0h: at once.",
      }),
    ),
    ...validity,
  },
);

const dayRecord = record("location-day", "A day on which a location works otherwise than in a usual week.", {
  location: Reference,
  day: Day,
  workingHours: Type.Optional(
    text(
      "closed, which it is unless said otherwise; hours, for example 07:00-12:00; or usual, which takes the exception away.",
      20,
    ),
  ),
  cutOffs: Type.Optional(
    text(
      "Times until which goods still ship that day, for example 10:00. Absent: those of the weekday, as far as somebody works.",
      100,
    ),
  ),
  name: Type.Optional(text("For people, for example Christmas Day.", 80)),
});

/** The kinds of master data that can be loaded, each with its schema. */
export const MASTER_RECORDS = Object.freeze({
  item: itemRecord,
  "item-name": nameRecord,
  "item-unit": unitRecord,
  "kit-component": componentRecord,
  "item-cost": costRecord,
  lot: lotRecord,
  location: locationRecord,
  "location-name": locationNameRecord,
  "location-calendar": calendarRecord,
  "location-day": dayRecord,
});

export type MasterKind = keyof typeof MASTER_RECORDS;

/** Every kind of master data there is, in the order in which they build on one another. */
export const MASTER_KINDS: readonly MasterKind[] = Object.freeze([
  "item",
  "location",
  "item-name",
  "location-name",
  "location-calendar",
  "location-day",
  "item-unit",
  "kit-component",
  "item-cost",
  "lot",
]);

/**
 * One statement of master data, in the references of whoever states it. What is left out stays as it is, and is the usual where the
 * thing is new. `validFrom` and `validTo` say from when and until when a name, a factor, a cost or a calendar holds.
 */
export const MasterRecord = Type.Union(
  [
    itemRecord,
    nameRecord,
    unitRecord,
    componentRecord,
    costRecord,
    lotRecord,
    locationRecord,
    locationNameRecord,
    calendarRecord,
    dayRecord,
  ],
  { title: "MasterRecord" },
);
export type MasterRecord = Static<typeof MasterRecord>;

/** A master record of one kind. */
export type MasterRecordOf<Kind extends MasterKind> = Extract<MasterRecord, { readonly kind: Kind }>;
