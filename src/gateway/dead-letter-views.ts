import { Instant } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;

/** A fact that a reader of the log could not take. The reader went on without it. */
export const DeadLetterView = Type.Object(
  {
    reader: Type.String({ description: "Who could not take it: `ledger`, `orders`." }),
    number: Type.Integer({ minimum: 1, description: "The number of the fact." }),
    state: Type.Union([Type.Literal("open"), Type.Literal("dismissed"), Type.Literal("taken")], {
      description:
        "`open` waits for a person, who has decided about `dismissed`; `taken`: a retry succeeded.",
    }),
    reason: Type.String(),
    attempts: Type.Integer({ minimum: 1 }),
    firstFailedAt: Instant,
    fact: Type.Optional(
      Type.Object(
        { type: Type.String(), source: Type.String(), id: Type.String() },
        { description: "What the fact is. Absent where its stretch of the log has left.", ...closed },
      ),
    ),
    correlationId: Type.Optional(Type.String()),
    dismissed: Type.Optional(Type.Object({ at: Instant, because: Type.String() }, closed)),
  },
  { title: "DeadLetter", ...closed },
);
export type DeadLetterView = Static<typeof DeadLetterView>;

export const DeadLetterPage = Type.Object(
  {
    deadLetters: Type.Array(DeadLetterView),
    next: Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." })),
  },
  { title: "DeadLetterPage", ...closed },
);

/** A dead letter after a decision. `already`: it stood like this before. */
export const DeadLetterDecision = Type.Object(
  { deadLetter: DeadLetterView, already: Type.Boolean() },
  { title: "DeadLetterDecision", ...closed },
);
