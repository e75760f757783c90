import { Instant, ItemClass, ItemId, LocationId, Lot, Quantity, QuantityDelta } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { DECISIONS_MAX } from "./limits.ts";

const closed = { additionalProperties: false } as const;
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));

/** Why somebody decided so: people ask for it a year later. */
export const Because = Type.String({ minLength: 1, maxLength: 500 });

export const CaseState = Type.Union(
  [Type.Literal("open"), Type.Literal("accepted"), Type.Literal("rejected"), Type.Literal("superseded")],
  {
    description:
      "`open`: the count waits, and changes nothing. `accepted`: it was taken as of its own time. `rejected`: it was wrong, and counts " +
      "nothing. `superseded`: a later count of the position was taken, so nothing is left to decide.",
  },
);
export type CaseState = Static<typeof CaseState>;

/** A count of one position that differs from the books by more than its tolerance. */
export const CountCase = Type.Object(
  {
    caseNumber: Type.String(),
    source: Type.String(),
    locationId: LocationId,
    itemId: ItemId,
    lot: Lot,
    positionId: Type.String(),
    countedAt: Instant,
    counted: Quantity,
    quarantined: Type.Optional(Quantity),
    damaged: Type.Optional(Quantity),
    expected: {
      ...QuantityDelta,
      description: "What the books have as of the count, when they were last looked at.",
    },
    difference: { ...QuantityDelta, description: "Counted less expected." },
    money: Type.Optional(
      Type.Object(
        { currency: Type.String(), amount: Type.String({ description: "Exact decimal." }) },
        { ...closed, description: "The difference at what the item cost. Absent: no cost is known." },
      ),
    ),
    factNumber: Type.String({ description: "The fact that said so." }),
    snapshotNumber: Type.Optional(
      Type.String({ description: "The snapshot that it is a part of; its causes can be asked for there." }),
    ),
    snapshotId: Type.Optional(Type.String()),
    openedAt: Instant,
    acceptAt: Type.Optional({
      ...Instant,
      description: "When it will be accepted if nobody decides. Absent: it waits.",
    }),
    state: CaseState,
    closed: Type.Optional(Type.Object({ at: Instant, by: Type.String(), because: Type.String() }, closed)),
  },
  { title: "CountCase", ...closed },
);
export type CountCase = Static<typeof CountCase>;

export const CountCasePage = Type.Object(
  { cases: Type.Array(CountCase), next },
  { title: "CountCasePage", ...closed },
);

const outcomes = [
  Type.Literal("settled"),
  Type.Literal("already-accepted"),
  Type.Literal("already-rejected"),
  Type.Literal("already-superseded"),
] as const;

/** What a decision about a case came to. */
export const CountCaseDecided = Type.Object(
  {
    outcome: Type.Union([...outcomes], {
      description: "`already-…`: it was closed before, and stays so.",
    }),
    case: CountCase,
  },
  { title: "CountCaseDecided", ...closed },
);
export type CountCaseDecided = Static<typeof CountCaseDecided>;

const number = Type.String({ pattern: "^[0-9]{1,15}$" });

/** Many decisions at once, each on its own: one that comes to nothing does not undo the others. */
export const CountCaseDecisions = Type.Object(
  {
    decisions: Type.Array(
      Type.Object(
        {
          caseNumber: number,
          decision: Type.Union([Type.Literal("accepted"), Type.Literal("rejected")]),
          because: Because,
        },
        closed,
      ),
      { minItems: 1, maxItems: DECISIONS_MAX },
    ),
  },
  { title: "CountCaseDecisions", ...closed },
);
export type CountCaseDecisions = Static<typeof CountCaseDecisions>;

export const CountCaseResults = Type.Object(
  {
    results: Type.Array(
      Type.Object(
        { caseNumber: Type.String(), outcome: Type.Union([...outcomes, Type.Literal("not-found")]) },
        closed,
      ),
    ),
  },
  { title: "CountCaseResults", ...closed },
);
export type CountCaseResults = Static<typeof CountCaseResults>;

/** Many decisions about held snapshots at once. */
export const SnapshotDecisions = Type.Object(
  {
    decisions: Type.Array(
      Type.Object(
        {
          snapshotNumber: number,
          decision: Type.Union([Type.Literal("accepted"), Type.Literal("dismissed")]),
          because: Because,
        },
        closed,
      ),
      { minItems: 1, maxItems: DECISIONS_MAX },
    ),
  },
  { title: "SnapshotDecisions", ...closed },
);
export type SnapshotDecisions = Static<typeof SnapshotDecisions>;

export const SnapshotResults = Type.Object(
  {
    results: Type.Array(
      Type.Object(
        {
          snapshotNumber: Type.String(),
          outcome: Type.Union([
            Type.Literal("settled"),
            Type.Literal("already-accepted"),
            Type.Literal("already-dismissed"),
            Type.Literal("not-held"),
            Type.Literal("past-archived"),
            Type.Literal("too-many-units"),
            Type.Literal("not-found"),
          ]),
        },
        closed,
      ),
    ),
  },
  { title: "SnapshotResults", ...closed },
);
export type SnapshotResults = Static<typeof SnapshotResults>;

const limit = (type: ReturnType<typeof Type.Integer>) => Type.Optional(type);

/** How far a count of a position may be from the books before somebody has to decide. */
export const CountTolerance = Type.Object(
  {
    unitsMax: limit(Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: "So many units." })),
    percentMax: limit(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description: "Such a share of what the books have; with `unitsMax`, whichever allows more.",
      }),
    ),
    valueMax: Type.Optional(
      Type.Object(
        {
          currency: Type.String({ pattern: "^[A-Z]{3}$" }),
          amount: Type.String({
            pattern: "^[0-9]{1,12}([.][0-9]{1,8})?$",
            description: "An exact decimal.",
          }),
        },
        {
          ...closed,
          description:
            "And never more than so much money. What has no cost in the currency is judged by its units alone.",
        },
      ),
    ),
    acceptAfterHours: limit(
      Type.Integer({
        minimum: 1,
        maximum: 8_760,
        description: "A case that nobody has decided for so long is accepted. Absent: it waits.",
      }),
    ),
  },
  { title: "CountTolerance", ...closed },
);
export type CountTolerance = Static<typeof CountTolerance>;

const scopeOfTolerance = {
  source: Type.Optional(
    Type.String({ minLength: 1, maxLength: 120, description: "Absent: of every source." }),
  ),
  locationId: Type.Optional(LocationId),
  itemId: Type.Optional(ItemId),
  itemClass: Type.Optional({
    ...ItemClass,
    description: "Of every item that is of this class when it is counted. Not beside `itemId`.",
  }),
};

/** A tolerance to set for the counts of a source, of a location, of an item or a class of items, of any of these together, or of all. */
export const CountToleranceToSet = Type.Object(
  {
    ...scopeOfTolerance,
    tolerance: Type.Union([CountTolerance, Type.Null()], {
      description: "Null takes the tolerance away, so that the next wider one holds.",
    }),
  },
  { title: "CountToleranceToSet", ...closed },
);
export type CountToleranceToSet = Static<typeof CountToleranceToSet>;

/** A change of a tolerance as it was made. */
export const CountToleranceChange = Type.Object(
  {
    changeNumber: Type.String(),
    ...scopeOfTolerance,
    before: Type.Union([CountTolerance, Type.Null()]),
    after: Type.Union([CountTolerance, Type.Null()]),
    changedAt: Instant,
    changedBy: Type.String(),
  },
  { title: "CountToleranceChange", ...closed },
);
export type CountToleranceChange = Static<typeof CountToleranceChange>;

export const CountToleranceChangePage = Type.Object(
  { changes: Type.Array(CountToleranceChange), next },
  { title: "CountToleranceChangePage", ...closed },
);
