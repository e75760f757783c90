import { Instant } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { DuplicateRule } from "./intake-views.ts";

const closed = { additionalProperties: false } as const;
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));
const number = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const range = {
  stream: Type.String({ minLength: 1, maxLength: 200 }),
  first: number,
  last: { ...number, description: "Included." },
};

/** Numbers of a stream that a person says were never used. */
export const NumbersToVoid = Type.Object(
  { ...range, because: Type.String({ minLength: 1, maxLength: 500 }) },
  { title: "NumbersToVoid", ...closed },
);
export type NumbersToVoid = Static<typeof NumbersToVoid>;

/** Numbers of a stream that were never used. */
export const VoidNumbers = Type.Object(
  {
    ...range,
    because: Type.String(),
    at: Instant,
    by: Type.Optional(Type.String({ description: "Who said so. Absent: their source." })),
    arrived: Type.Array(number, { description: "Those that came after all. They count as any other." }),
  },
  { title: "VoidNumbers", ...closed },
);
export type VoidNumbers = Static<typeof VoidNumbers>;

export const VoidNumbersPage = Type.Object(
  { voids: Type.Array(VoidNumbers), next },
  { title: "VoidNumbersPage", ...closed },
);

/** A change of what is done with what looks like a duplicate. Null: the default. */
export const DuplicateRuleChange = Type.Object(
  {
    changeNumber: Type.String(),
    kind: Type.String(),
    before: Type.Union([DuplicateRule, Type.Null()]),
    after: Type.Union([DuplicateRule, Type.Null()]),
    changedAt: Instant,
    changedBy: Type.String(),
  },
  { title: "DuplicateRuleChange", ...closed },
);
export type DuplicateRuleChange = Static<typeof DuplicateRuleChange>;

export const DuplicateRuleChangePage = Type.Object(
  { changes: Type.Array(DuplicateRuleChange), next },
  { title: "DuplicateRuleChangePage", ...closed },
);
