import { ChannelId, Instant, OrderId } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));
const rules = Type.String({
  pattern: "^[A-Za-z0-9-]{1,64}$",
  description: "A version of the rules, the id of a draft, or `as-it-was`: those that held at each moment.",
});

export const WhatIfRequest = Type.Object(
  {
    from: Instant,
    to: Type.Optional({ ...Instant, description: "Absent: now." }),
    rules,
    beside: Type.Optional({ ...rules, default: "as-it-was" }),
  },
  { title: "WhatIfRequest", ...closed },
);

const figures = {
  asked: { ...count, description: "Orders and requests for reservations." },
  promisedWhole: count,
  promisedPartly: count,
  refused: count,
  lines: count,
  linesPromised: { ...count, description: "Whole: with `lines` the fill rate of lines." },
  units: count,
  unitsPromised: { ...count, description: "With `units` the fill rate of units." },
  splits: { ...count, description: "Locations beyond the first." },
  splitRequests: count,
  holds: count,
  heldSeconds: Type.Number({ minimum: 0, description: "Of all holds together." }),
  unitsKeptBack: { ...count, description: "Refused, though they lay there." },
  unitsStranded: { ...count, description: "Of those, the ones that still lay there at the end." },
  overshownUnitSeconds: Type.Number({
    minimum: 0,
    description: "Units that channels showed beyond what could be promised to them, times how long.",
  }),
  unitsOversold: {
    ...count,
    description: "Ordered of what the channel had been told was there, and not to be promised.",
  },
  ordersOversold: count,
};

const WhatIfFigures = Type.Object(figures, { title: "WhatIfFigures", ...closed });
export type WhatIfFigures = Static<typeof WhatIfFigures>;

const WhatIfSide = Type.Object(
  {
    rules: Type.String(),
    all: WhatIfFigures,
    channels: Type.Array(Type.Object({ channelId: ChannelId, ...figures }, closed)),
  },
  { title: "WhatIfSide", ...closed },
);

const NotReproduced = Type.Object(
  {
    ask: count,
    at: Instant,
    channelId: ChannelId,
    correlationId: Type.String(),
    why: Type.String({ description: "`other-places`, `other-version`, `had-left`, `unexplained`." }),
    decided: Type.String({ description: "Line, position and units, as it was decided then." }),
    replayed: Type.String(),
  },
  closed,
);

export const WhatIfResult = Type.Object(
  {
    from: Instant,
    to: Instant,
    asked: count,
    leftOut: { ...count, description: "Under limits of holds, which are no rules of the book." },
    transfers: count,
    tried: WhatIfSide,
    beside: WhatIfSide,
    differing: count,
    reproduced: Type.Optional(
      Type.Object(
        {
          exactly: count,
          not: count,
          whys: Type.Record(Type.String(), count),
          samples: Type.Array(NotReproduced),
        },
        { ...closed, description: "What came to what it came to then, under the rules of the time." },
      ),
    ),
    askedKeptSince: Type.Optional({ ...Instant, description: "What was refused before it is not known." }),
    unclearFences: count,
  },
  { title: "WhatIfResult", ...closed },
);
export type WhatIfResult = Static<typeof WhatIfResult>;

const run = {
  runId: Type.String(),
  from: Instant,
  to: Instant,
  rules: Type.String(),
  beside: Type.String(),
  state: Type.Union([
    Type.Literal("waiting"),
    Type.Literal("playing"),
    Type.Literal("done"),
    Type.Literal("failed"),
    Type.Literal("cancelled"),
  ]),
  transfers: { ...count, description: "Movements that have been played." },
  transfersTotal: Type.Optional(count),
  problem: Type.Optional(Type.String()),
  askedBy: Type.String(),
  askedAt: Instant,
  endedAt: Type.Optional(Instant),
};

export const WhatIfRun = Type.Object(run, { title: "WhatIfRun", ...closed });
export type WhatIfRun = Static<typeof WhatIfRun>;

export const WhatIfWhole = Type.Object(
  { run: WhatIfRun, result: Type.Optional(WhatIfResult) },
  { title: "WhatIf", ...closed },
);
export type WhatIfWhole = Static<typeof WhatIfWhole>;

export const WhatIfPage = Type.Object(
  { runs: Type.Array(WhatIfRun), next },
  { title: "WhatIfPage", ...closed },
);

const Difference = Type.Object(
  {
    ask: count,
    at: Instant,
    channelId: ChannelId,
    orderId: Type.Optional(OrderId),
    correlationId: Type.String(),
    lines: Type.Array(
      Type.Object(
        {
          lineId: Type.String(),
          itemId: Type.String(),
          asked: count,
          promised: count,
          beside: count,
        },
        closed,
      ),
    ),
  },
  { title: "WhatIfDifference", ...closed },
);
export type WhatIfDifference = Static<typeof Difference>;

export const WhatIfDifferencePage = Type.Object(
  { differences: Type.Array(Difference), next },
  { title: "WhatIfDifferencePage", ...closed },
);
