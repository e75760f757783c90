import { LocationId } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
const money = Type.String({ description: "An exact decimal." });

/** A line that cannot be taken. */
export const LineFaultView = Type.Object(
  {
    line: Type.Integer({ minimum: 1 }),
    column: Type.Optional(Type.String()),
    message: Type.String(),
  },
  { title: "LineFault", ...closed },
);
export type LineFaultView = Static<typeof LineFaultView>;

const taken = Type.Object(
  {
    pages: count,
    duplicates: Type.Integer({
      minimum: 0,
      description: "Pages that had come before: the file was sent again.",
    }),
    parked: Type.Integer({ minimum: 0, description: "Pages that wait for a person; `why` says for what." }),
    why: Type.Optional(Type.String()),
    linesParked: Type.Integer({
      minimum: 0,
      description:
        "Lines that name something unknown. Each waits by itself, and is counted when that appears.",
    }),
  },
  closed,
);

const wouldDo = Type.Object(
  {
    locationId: Type.Optional(LocationId),
    positions: Type.Object({ compared: count, differing: count }, closed),
    units: Type.Object({ expected: count, found: count, missing: count }, closed),
    value: Type.Array(Type.Object({ currency: Type.String(), found: money, missing: money }, closed), {
      description: "What the differing units cost, where a cost is known.",
    }),
    linesUnknown: Type.Integer({ minimum: 0, description: "Lines that name something unknown." }),
    unknown: Type.Array(Type.String(), { description: "The first of these names." }),
    wouldBeHeld: Type.Array(Type.String(), {
      description: "Why it would be held until a person has accepted it. Empty: it would be taken.",
    }),
    isClaim: Type.Boolean({ description: "Another system owns the stock there: it would move nothing." }),
  },
  closed,
);

/** What a file of stock did, or would do, location by location. */
export const SnapshotFileAnswer = Type.Object(
  {
    is: Type.Union([Type.Literal("taken"), Type.Literal("rehearsed")]),
    lines: count,
    columns: Type.Record(Type.String(), Type.String(), {
      description: "Which heading was read as which field.",
    }),
    ignored: Type.Array(Type.String(), { description: "Headings of columns that were not read." }),
    snapshots: Type.Array(
      Type.Object(
        {
          location: Type.String({ description: "As the file, or the request, names it." }),
          snapshotId: Type.String(),
          lines: count,
          taken: Type.Optional(taken),
          would: Type.Optional(wouldDo),
        },
        closed,
      ),
    ),
  },
  { title: "SnapshotFileAnswer", ...closed },
);
export type SnapshotFileAnswer = Static<typeof SnapshotFileAnswer>;
