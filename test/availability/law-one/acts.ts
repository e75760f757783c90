import fc from "fast-check";
import {
  CHANNELS,
  type Channel,
  GOODS,
  type Good,
  ITEMS,
  type Item,
  PLACES,
  type Place,
  type Rule,
} from "./model.ts";

export type Policy = "all-or-nothing" | "partial";
export type AskedLine = { readonly item: Item; readonly units: number; readonly place?: Place | undefined };

/** Somebody asks for a hold. `twice`: their client sends the request again at once, under the same key. */
type Reserve = {
  readonly do: "reserve";
  readonly channel: Channel;
  readonly policy: Policy;
  readonly lines: readonly AskedLine[];
  readonly seconds: number;
  readonly twice: boolean;
};
/** An order is promised for good, each of its lines from one place. */
type Order = {
  readonly do: "order";
  readonly channel: Channel;
  readonly policy: Policy;
  readonly lines: readonly AskedLine[];
};
/** `which` counts from the last promise backwards, round and round. */
type Step = { readonly do: "allocate" | "release"; readonly which: number };
type Handling = { readonly do: "pick" | "ship"; readonly which: number; readonly units: number };
/** A fact of the warehouse: goods come, are counted, or turn out to be missing. */
type Stock = {
  readonly do: "receive" | "count" | "lose";
  readonly good: Good;
  readonly place: Place;
  readonly units: number;
};
type Fence = {
  readonly do: "fence" | "give-back";
  readonly channel: Channel;
  readonly good: Good;
  readonly place: Place;
  readonly units: number;
};
type Ask = { readonly do: "ask"; readonly channel: Channel };
type Quiet = { readonly do: "sweep" } | { readonly do: "wait"; readonly seconds: number };

/** One thing that happens to the shop. */
export type Act = Reserve | Order | Step | Handling | Stock | Fence | Ask | Quiet;

const channel = fc.constantFrom(...CHANNELS);
const good = fc.constantFrom(...GOODS);
const place = fc.constantFrom(...PLACES);
const policy = fc.constantFrom<Policy>("all-or-nothing", "partial");
const few = fc.integer({ min: 1, max: 4 });
const which = fc.integer({ min: 0, max: 5 });
const item = fc.constantFrom(...ITEMS);

const reserve: fc.Arbitrary<Reserve> = fc.record({
  do: fc.constant("reserve"),
  channel,
  policy,
  lines: fc.array(fc.record({ item, units: few, place: fc.option(place, { nil: undefined, freq: 3 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  seconds: fc.constantFrom(30, 90, 600),
  twice: fc.boolean(),
});
const order: fc.Arbitrary<Order> = fc.record({
  do: fc.constant("order"),
  channel,
  policy,
  lines: fc.array(fc.record({ item, units: few, place }), { minLength: 1, maxLength: 2 }),
});
const step: fc.Arbitrary<Step> = fc.record({ do: fc.constantFrom("allocate", "release"), which });
const handling: fc.Arbitrary<Handling> = fc.record({
  do: fc.constantFrom("pick", "ship"),
  which,
  units: few,
});
const stock: fc.Arbitrary<Stock> = fc.record({
  do: fc.constantFrom("receive", "count", "lose"),
  good,
  place,
  units: few,
});
const fence: fc.Arbitrary<Fence> = fc.record({
  do: fc.constantFrom("fence", "give-back"),
  channel,
  good,
  place,
  units: few,
});
const ask: fc.Arbitrary<Ask> = fc.record({ do: fc.constant("ask"), channel });
const sweep: fc.Arbitrary<Act> = fc.constant({ do: "sweep" });
const wait: fc.Arbitrary<Act> = fc.record({
  do: fc.constant("wait" as const),
  seconds: fc.constantFrom(29, 30, 61),
});

/** What may happen at the same moment. The clock is not among it: it stands still for everybody. */
export const momentary: fc.Arbitrary<Act> = fc.oneof(
  { weight: 9, arbitrary: reserve },
  { weight: 2, arbitrary: order },
  { weight: 3, arbitrary: step },
  { weight: 3, arbitrary: handling },
  { weight: 2, arbitrary: stock },
  { weight: 2, arbitrary: fence },
  { weight: 1, arbitrary: ask },
  { weight: 1, arbitrary: sweep },
);
export const anything: fc.Arbitrary<Act> = fc.oneof(
  { weight: 9, arbitrary: momentary },
  { weight: 1, arbitrary: wait },
);
export const waiting = wait;

const rule: fc.Arbitrary<Rule> = fc.record({
  buffer: fc.constantFrom(0, 0, 1),
  protects: fc.constantFrom(0, 0, 2),
  cap: fc.constantFrom(null, null, 3),
});
const ruled = fc.record({ nut: rule, bolt: rule });

/** How a shop begins: its rules, what lies where, and what of it is set aside. */
export const beginning = fc.record({
  rules: fc.record({ web: ruled, shop: ruled }),
  stock: fc.tuple(...GOODS.flatMap(() => PLACES.map(() => fc.integer({ min: 0, max: 6 })))),
  fences: fc.array(fence, { maxLength: 2 }),
});
export type Beginning = typeof beginning extends fc.Arbitrary<infer Value> ? Value : never;

/** An act as a reader of a failed run wants it. */
export function actText(act: Act): string {
  const { do: verb, ...rest } = act;
  const words = Object.entries(rest).map(([name, value]) => {
    if (name !== "lines" || !Array.isArray(value)) return `${name} ${value}`;
    return value.map(lineText).join(" + ");
  });
  return [verb, ...words].join(" ");
}

const lineText = ({ item, units, place: at }: AskedLine) =>
  `${units} ${item}${at === undefined ? "" : ` at ${at}`}`;
