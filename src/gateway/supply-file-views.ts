import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });

/** What a file of supply did, or would do. */
export const SupplyFileAnswer = Type.Object(
  {
    is: Type.Union([Type.Literal("rehearsed"), Type.Literal("taken")]),
    lines: count,
    ...{ created: count, changed: count, unchanged: count },
    outdated: Type.Integer({
      minimum: 0,
      description:
        "Lines of which something newer is known: a higher revision, or what was said later. They change nothing.",
    }),
    waiting: Type.Integer({
      minimum: 0,
      description: "Lines that name something unknown. Each waits by itself, and counts when that appears.",
    }),
    results: Type.Array(
      Type.Object(
        {
          line: Type.Integer({ minimum: 1 }),
          subject: Type.String(),
          outcome: Type.Union([
            Type.Literal("created"),
            Type.Literal("changed"),
            Type.Literal("outdated"),
            Type.Literal("waiting"),
          ]),
          before: Type.Optional(Type.String()),
          after: Type.Optional(Type.String()),
          why: Type.Optional(Type.String({ description: "What it waits for." })),
        },
        closed,
      ),
      { description: "Lines that are not unchanged, in their order." },
    ),
    more: Type.Integer({ minimum: 0, description: "Lines like these that are not listed." }),
  },
  { title: "SupplyFileAnswer", ...closed },
);
export type SupplyFileAnswer = Static<typeof SupplyFileAnswer>;
