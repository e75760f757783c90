import { Instant, ItemClass, ItemId, LocationId, Tracking, UnitCode } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { Fault } from "./problem.ts";

const closed = { additionalProperties: false };
const next = Type.Optional(
  Type.String({ description: "Give it as `after` for the next page; absent on the last." }),
);
const fields = Type.Record(Type.String(), Type.String());
const since = Type.Optional(Type.String({ format: "date-time", description: "Absent: always." }));
const until = Type.Optional(Type.String({ format: "date-time", description: "Absent: for ever." }));

/** What became of one statement of master data. */
export const MasterResult = Type.Object(
  {
    index: Type.Integer({ minimum: 0, description: "Its place in the request, or its line in the file." }),
    subject: Type.Optional(Type.String({ description: "What it is about, for people." })),
    id: Type.Optional(Type.String({ description: "The id of the item or location." })),
    outcome: Type.Union(
      [
        Type.Literal("created"),
        Type.Literal("changed"),
        Type.Literal("unchanged"),
        Type.Literal("refused"),
        Type.Literal("invalid"),
      ],
      { description: "`refused` breaks a rule, `invalid` the schema; neither changes anything." },
    ),
    before: Type.Optional(fields),
    after: Type.Optional(fields),
    reason: Type.Optional(Type.String({ description: "Why it was refused; stable." })),
    detail: Type.Optional(Type.String({ description: "What is wrong and what to do." })),
    field: Type.Optional(Type.String({ description: "The field, or the column, that it is about." })),
    errors: Type.Optional(Type.Array(Fault)),
  },
  { title: "MasterResult", ...closed },
);
export type MasterResult = Static<typeof MasterResult>;

const count = Type.Integer({ minimum: 0 });

export const MasterAnswer = Type.Object(
  {
    ...{ created: count, changed: count, unchanged: count, refused: count, invalid: count },
    results: Type.Array(MasterResult),
  },
  { title: "MasterAnswer", ...closed },
);
export type MasterAnswer = Static<typeof MasterAnswer>;

/** What a file does, or would do. */
export const ImportAnswer = Type.Object(
  {
    is: Type.Union(
      [Type.Literal("rehearsed"), Type.Literal("applied"), Type.Literal("differs"), Type.Literal("refused")],
      {
        description:
          "`rehearsed` and `refused` (rows are wrong) changed nothing; nor did `differs`: the file would not do what was shown any more.",
      },
    ),
    ...{ created: count, changed: count, unchanged: count, refused: count },
    token: Type.String({ description: "Stands for exactly what is shown here. Give it to have that done." }),
    results: Type.Array(MasterResult, {
      description: "Rows that are not unchanged: refused ones first, then those that change something.",
    }),
    more: Type.Integer({ minimum: 0, description: "Rows like these that are not listed." }),
  },
  { title: "ImportAnswer", ...closed },
);
export type ImportAnswer = Static<typeof ImportAnswer>;

const ItemName = Type.Object(
  {
    scheme: Type.String(),
    value: Type.String(),
    scope: Type.Optional(Type.String()),
    validFrom: since,
    validTo: until,
  },
  { title: "ItemName", ...closed },
);

/** An item with all that is known of it. */
export const ItemView = Type.Object(
  {
    itemId: ItemId,
    sku: Type.String(),
    description: Type.String(),
    baseUnit: UnitCode,
    tracking: Tracking,
    itemClass: Type.Optional(ItemClass),
    mergedInto: Type.Optional(ItemId),
    names: Type.Array(ItemName, { description: "Every name that leads or led to it, and when." }),
    units: Type.Array(
      Type.Object({ unit: UnitCode, factor: Type.String(), validFrom: since, validTo: until }, closed),
      { description: "Base units in one unit, as a whole number or a fraction." },
    ),
    components: Type.Array(Type.Object({ itemId: ItemId, quantity: Type.Integer() }, closed)),
    costs: Type.Array(Type.Object({ currency: Type.String(), perUnit: Type.String() }, closed), {
      description: "What one base unit costs now.",
    }),
  },
  { title: "ItemView", ...closed },
);
export type ItemView = Static<typeof ItemView>;

export const ItemPage = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          itemId: ItemId,
          sku: Type.String(),
          description: Type.String(),
          itemClass: Type.Optional(ItemClass),
        },
        closed,
      ),
    ),
    next,
  },
  { title: "ItemPage", ...closed },
);

export const LocationPage = Type.Object(
  {
    locations: Type.Array(
      Type.Object(
        {
          locationId: LocationId,
          ...{ code: Type.String(), name: Type.String(), type: Type.String(), timeZone: Type.String() },
        },
        closed,
      ),
    ),
    next,
  },
  { title: "LocationPage", ...closed },
);

/** All that is said of a location's calendar. */
export const CalendarView = Type.Object(
  {
    locationId: LocationId,
    timeZone: Type.String(),
    said: Type.Array(
      Type.Object(
        {
          about: Type.String({
            description: "working-hours, cut-offs, dock-to-stock, or a day: day 2026-12-25.",
          }),
          said: Type.String(),
          validFrom: since,
          validTo: until,
        },
        closed,
      ),
    ),
  },
  { title: "LocationCalendar", ...closed },
);
export type CalendarView = Static<typeof CalendarView>;

export const LotPage = Type.Object(
  {
    lots: Type.Array(
      Type.Object(
        {
          lot: Type.String(),
          expiresOn: Type.Optional(Type.String()),
          expiryFrom: Type.Optional(
            Type.Union([Type.Literal("master-data"), Type.Literal("receipts")], {
              description:
                "Who says when it expires: master data, which has the last word, or only the receipts that brought it.",
            }),
          ),
          madeOn: Type.Optional(Type.String()),
          attributes: fields,
        },
        closed,
      ),
    ),
    next,
  },
  { title: "LotPage", ...closed },
);

const row = Type.Record(Type.String(), Type.Unknown());

/** Changes of master data as they were kept, the newest first. */
export const ChangePage = Type.Object(
  {
    changes: Type.Array(
      Type.Object(
        {
          changeId: Type.String(),
          at: Instant,
          by: Type.String({ description: "Who changed it: the holder of a key, an account, or `system`." }),
          correlationId: Type.Optional(Type.String()),
          what: Type.String({ description: "The kind of thing that was changed." }),
          itemId: Type.Optional(ItemId),
          locationId: Type.Optional(LocationId),
          before: Type.Optional(row),
          after: Type.Optional(row),
        },
        closed,
      ),
    ),
    next,
  },
  { title: "ChangePage", ...closed },
);
export type ChangePage = Static<typeof ChangePage>;
