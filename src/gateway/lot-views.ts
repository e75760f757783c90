import { Instant, ItemId, Lot } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { Because } from "./count-case-views.ts";

const closed = { additionalProperties: false } as const;
const day = (description: string) => Type.String({ description });

export const LotDisagreementState = Type.Union([Type.Literal("open"), Type.Literal("concluded")], {
  description: "`open`: nobody has decided, and the lot has the day that it had.",
});
export type LotDisagreementState = Static<typeof LotDisagreementState>;

/** A day that a receipt says of a lot and that master data has not. */
export const LotDisagreement = Type.Object(
  {
    disagreementNumber: Type.String(),
    itemId: ItemId,
    sku: Type.String(),
    lot: Lot,
    measure: Type.Literal("expires-on", { description: "What is said otherwise." }),
    kept: Type.Object(
      {
        expiresOn: Type.Optional(
          day("The day that the lot has. Absent: none, for it would have expired before it was made."),
        ),
        source: Type.Optional(
          Type.String({ description: "Whose receipt it is from. Absent: master data states it." }),
        ),
        factNumber: Type.Optional(Type.String({ description: "The fact that said so." })),
      },
      closed,
    ),
    stated: Type.Object(
      {
        expiresOn: day("The day that the receipt says."),
        source: Type.String({ description: "Who says so." }),
        factId: Type.String({ description: "The earliest fact of the source that says so." }),
        factNumber: Type.String(),
        effectiveAt: Instant,
        recordedAt: Instant,
      },
      closed,
    ),
    since: Type.Optional({ ...Instant, description: "Since when the two differ. Absent: they do not." }),
    state: LotDisagreementState,
    concluded: Type.Optional(
      Type.Object(
        {
          take: Type.Union([Type.Literal("ours"), Type.Literal("theirs")]),
          at: Instant,
          by: Type.String(),
          because: Type.String(),
        },
        closed,
      ),
    ),
  },
  { title: "LotDisagreement", ...closed },
);
export type LotDisagreement = Static<typeof LotDisagreement>;

export const LotDisagreementPage = Type.Object(
  {
    disagreements: Type.Array(LotDisagreement),
    next: Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." })),
  },
  { title: "LotDisagreementPage", ...closed },
);

/** What somebody decides about a disagreement. */
export const LotConclusion = Type.Object(
  {
    take: Type.Union([Type.Literal("ours"), Type.Literal("theirs")], {
      description: "`ours`: the lot keeps its day. `theirs`: it takes the day that the receipt says.",
    }),
    because: Because,
  },
  { title: "LotConclusion", ...closed },
);
export type LotConclusion = Static<typeof LotConclusion>;

/** What a conclusion came to. */
export const LotConcluded = Type.Object(
  {
    outcome: Type.Union([Type.Literal("settled"), Type.Literal("already-settled"), Type.Literal("refused")], {
      description:
        "`already-settled`: it was decided before, and stays so. `refused`: the lot cannot have that day.",
    }),
    detail: Type.Optional(Type.String({ description: "Why it was refused, and what to do." })),
    disagreement: LotDisagreement,
  },
  { title: "LotConcluded", ...closed },
);
export type LotConcluded = Static<typeof LotConcluded>;
