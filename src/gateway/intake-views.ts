import { AccountId, Instant } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });

/** What is done with what looks like a duplicate, and for how long what has counted is remembered. */
export const DuplicateRule = Type.Object(
  {
    policy: Type.Union([Type.Literal("hold"), Type.Literal("accept"), Type.Literal("drop")], {
      description:
        "`hold`: a person decides, by retrying (it counts) or dropping (it is a duplicate). `accept`: it counts, and is counted as in " +
        "doubt. `drop`: it is a duplicate.",
    }),
    windowDays: Type.Integer({
      minimum: 0,
      maximum: 400,
      description: "Days for which what has counted is remembered; 0 switches the comparison off.",
    }),
  },
  { title: "DuplicateRule", ...closed },
);
export type DuplicateRule = Static<typeof DuplicateRule>;

/** What became of everything that an account sent. `received` is the sum of the others. */
export const IntakeEquation = Type.Object(
  {
    received: count,
    applied: Type.Integer(),
    duplicate: count,
    waiting: count,
    parked: count,
    deadLettered: count,
    ignored: Type.Integer(),
    dismissed: count,
  },
  {
    title: "IntakeEquation",
    description:
      "Records where their message was mapped, the message itself where it was not, and every repeated delivery: each is in exactly one " +
      "of the seven.",
    ...closed,
  },
);

/** How the intake of an account stands. */
export const IntakeView = Type.Object(
  {
    accountId: AccountId,
    connector: Type.String(),
    ordering: Type.Union([Type.Literal("sequence"), Type.Literal("version"), Type.Literal("none")], {
      description: "What the source gives by which its messages are put in order.",
    }),
    equation: IntakeEquation,
    isBalanced: Type.Boolean({ description: "False would mean that something has disappeared." }),
    duplicates: Type.Object(
      {
        delivery: count,
        id: count,
        fingerprint: Type.Object(
          { held: count, released: count, duplicate: count, accepted: count },
          { description: "What said the same as another under an id of its own.", ...closed },
        ),
      },
      { description: "Duplicates by the layer that recognised them.", ...closed },
    ),
    gaps: Type.Array(
      Type.Object(
        {
          stream: Type.String(),
          first: count,
          last: count,
          state: Type.Union([Type.Literal("waiting"), Type.Literal("missing")], {
            description:
              "`waiting`: they may still be on their way. `missing`: the source is asked, where it can be.",
          }),
          seenAt: Instant,
          asks: count,
          nextAskAt: Type.Optional(Instant),
          answer: Type.Optional(
            Type.String({ description: "What the source answered last, or why it cannot be asked." }),
          ),
        },
        { title: "MissingNumbers", ...closed },
      ),
      {
        description:
          "Numbers that are missing from the account's streams, the longest missing first, at most 100.",
      },
    ),
    rules: Type.Array(
      Type.Object(
        {
          kind: Type.String(),
          rule: Type.Optional(DuplicateRule),
          isDefault: Type.Boolean(),
          why: Type.Optional(Type.String({ description: "Why the kind has no business key." })),
          remembered: count,
          rememberedSince: Type.Optional(Instant),
        },
        { title: "KindRule", ...closed },
      ),
    ),
  },
  { title: "Intake", ...closed },
);
export type IntakeView = Static<typeof IntakeView>;
