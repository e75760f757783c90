import { Instant, ItemId, LocationId, Lot, Quantity, QuantityDelta, Status } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { DriftCause } from "./drift-cause-views.ts";

const closed = { additionalProperties: false } as const;
const units = {
  ...QuantityDelta,
  description: "From their number to ours: above zero where ours is the greater by it.",
};
const leftOut = Type.Integer({ minimum: 0, description: "Facts that are in the units and not in the list." });

/** What a part of a difference is called. */
const DifferenceName = Type.Union(
  [
    Type.Literal("moved-since"),
    Type.Literal("status-not-in-theirs"),
    Type.Literal("status-not-in-ours"),
    Type.Literal("not-read"),
    Type.Literal("waiting"),
    Type.Literal("parked"),
    Type.Literal("suspect-duplicate"),
    Type.Literal("refused"),
    Type.Literal("dead-letter"),
    Type.Literal("only-ours"),
    Type.Literal("only-theirs"),
    Type.Literal("told-otherwise"),
    Type.Literal("count-not-accepted"),
    Type.Literal("unexplained"),
  ],
  {
    description:
      "`moved-since`: it took effect after the moment that their number speaks of. `status-not-in-theirs`, `status-not-in-ours`: one of the " +
      "two numbers does not count it. `not-read`, `waiting`, `parked`, `suspect-duplicate`, `refused`, `dead-letter`: it had happened, and is " +
      "not in our books. `only-ours`, `only-theirs`, `told-otherwise`: of a system that tells what moves. `count-not-accepted`: their number " +
      "is of a snapshot that is held or was dismissed. `unexplained`: the rest.",
  },
);
export type DifferenceName = Static<typeof DifferenceName>;

/** A fact, or a statement that is none yet, that a part stands for. */
const DifferenceFact = Type.Object(
  {
    factNumber: Type.Optional(Type.Integer()),
    messageId: Type.Optional(Type.String({ description: "The message that the statement is in." })),
    messageLink: Type.Optional(Type.String()),
    record: Type.Optional(Type.Integer({ description: "Its place in the message." })),
    source: Type.String(),
    type: Type.String(),
    effectiveAt: Instant,
    units,
    because: Type.Optional(Type.String()),
  },
  { title: "DifferenceFact", ...closed },
);
export type DifferenceFact = Static<typeof DifferenceFact>;

const DifferencePart = Type.Object(
  {
    name: DifferenceName,
    units,
    status: Type.Optional(Status),
    reason: Type.Optional(Type.String({ description: "Why the transfers were made." })),
    facts: Type.Array(DifferenceFact),
    factsLeftOut: leftOut,
  },
  { title: "DifferencePart", ...closed },
);

const DifferenceHint = Type.Union(
  [
    Type.Object({ is: Type.Literal("status"), status: Status }, closed),
    Type.Object({ is: Type.Literal("unit"), unit: Type.String() }, closed),
    Type.Object({ is: Type.Literal("statement"), state: DifferenceName, statement: DifferenceFact }, closed),
  ],
  { title: "DifferenceHint" },
);

const TheirNumber = Type.Object(
  {
    said: Quantity,
    saidAt: { ...Instant, description: "The moment that it speaks of." },
    ageSeconds: Type.Integer(),
    takenAs: Type.Union([Type.Literal("claim"), Type.Literal("count"), Type.Literal("unaccepted")]),
    factNumbers: Type.Array(Type.Integer(), { description: "The facts that said so." }),
    watermark: Type.Optional(Type.Object({ stream: Type.String(), number: Type.Integer() }, closed)),
    counts: Type.Array(Status, { description: "The statuses that it is taken to count." }),
  },
  { title: "TheirNumber", ...closed },
);

const UnmeasuredStatement = Type.Object(
  {
    source: Type.String(),
    messageId: Type.String(),
    messageLink: Type.String(),
    record: Type.Integer(),
    reason: Type.String(),
    detail: Type.String({ description: "What is wrong, and what to do." }),
  },
  { title: "UnmeasuredStatement", ...closed },
);

/** Why our number of an item at a location is not another system's: `parts` add up to `difference`, whatever is left unexplained. */
export const DifferenceView = Type.Object(
  {
    itemId: ItemId,
    locationId: LocationId,
    lot: Type.Optional(Lot),
    source: Type.String(),
    owner: Type.Optional(Type.String({ description: "Who owned the location's stock at that moment." })),
    measure: Type.Union([Type.Literal("on-hand"), Type.Literal("available")]),
    ours: QuantityDelta,
    oursThen: { ...QuantityDelta, description: "What we had at the moment that their number speaks of." },
    theirs: TheirNumber,
    difference: { ...QuantityDelta, description: "Ours less theirs." },
    parts: Type.Array(DifferencePart, { description: "The last is `unexplained`, zero or not." }),
    hints: Type.Array(DifferenceHint, { description: "What comes to exactly the unexplained rest." }),
    unmeasured: Type.Array(UnmeasuredStatement, {
      description:
        "Statements about the item there that cannot be read as they stand: what they would change is not known.",
    }),
    isWhole: Type.Boolean({ description: "False: more is open than was looked through, the oldest first." }),
    toldSince: Type.Optional({
      ...Instant,
      description:
        "Since when the system has told what moves there, as far as was looked. Absent: it tells no movements.",
    }),
    open: Type.Array(Type.Object({ source: Type.String(), causes: Type.Array(DriftCause) }, closed), {
      description:
        "What has not come or could not be taken of the system and of the owner, whatever it is about.",
    }),
  },
  { title: "NumberDifference", ...closed },
);
export type DifferenceView = Static<typeof DifferenceView>;
