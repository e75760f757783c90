import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  inOrderOfYielding,
  type PromiseAtStake,
  type ShortfallPolicy,
  YIELDS,
} from "../../../src/orchestration/shortfall/policy.ts";
import { shortfallOf } from "../../../src/orchestration/shortfall/shortfall.ts";

const channels = ["web", "retail", "desk"];

const promise = fc.record({
  channelId: fc.constantFrom(...channels),
  state: fc.constantFrom<"held" | "allocated">("held", "allocated"),
  kept: fc.integer({ min: 1, max: 9 }),
  minute: fc.nat({ max: 3 }),
  order: fc.option(
    fc.record({
      orderNumber: fc.constant("n"),
      shipBy: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
      isWhole: fc.boolean(),
      unitsOrdered: fc.nat({ max: 4 }),
    }),
    { nil: undefined },
  ),
});

const promises = fc.array(promise, { maxLength: 12 }).map((drawn) =>
  drawn.map(
    ({ minute, order, ...rest }, index): PromiseAtStake => ({
      ...rest,
      reservationId: `r-${String(index).padStart(2, "0")}`,
      orderId: order === undefined ? undefined : `o-${index}`,
      lineId: "1",
      promisedAt: new Date(minute * 60_000),
      order:
        order === undefined
          ? undefined
          : { ...order, shipBy: order.shipBy === undefined ? undefined : new Date(order.shipBy) },
    }),
  ),
);

const policies = fc
  .dictionary(
    fc.constantFrom(...channels),
    fc.record({ rank: fc.integer({ min: 99, max: 101 }), yields: fc.subarray([...YIELDS]) }),
  )
  .map(
    (said) =>
      new Map(
        Object.entries(said).map(([channelId, policy]): [string, ShortfallPolicy] => [
          channelId,
          { channelId, ...policy },
        ]),
      ),
  );

const at = (uncovered: number) => ({ positionId: 1, uncovered });

test("what is hit is what is missing, and no promise is hit by more than it keeps", () => {
  fc.assert(
    fc.property(
      promises,
      policies,
      fc.nat({ max: 60 }),
      fc.nat({ max: 5 }),
      (all, said, uncovered, runOut) => {
        const found = shortfallOf(at(uncovered), { promises: all, runOut, policies: said });
        const kept = all.reduce((sum, each) => sum + each.kept, 0);
        const hit = found.hits.reduce((sum, { units }) => sum + units, 0);
        const open = Math.max(0, uncovered - runOut);
        assert.deepEqual(
          [hit, found.missing, found.beyondPromises],
          [Math.min(open, kept), Math.min(open, kept), Math.max(0, open - kept)],
        );
        for (const { promise: each, units } of found.hits) assert.ok(units > 0 && units <= each.kept);
      },
    ),
  );
});

test("whom a shortfall hits does not depend on the order in which promises are read", () => {
  fc.assert(
    fc.property(
      promises.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
      ),
      policies,
      fc.nat({ max: 60 }),
      ([all, shuffled], said, uncovered) => {
        const look = (some: readonly PromiseAtStake[]) =>
          shortfallOf(at(uncovered), { promises: some, runOut: 0, policies: said });
        assert.deepEqual(look(all), look(shuffled));
      },
    ),
  );
});

test("a worse shortfall hits everybody that a lesser one does, and only the last in part", () => {
  fc.assert(
    fc.property(promises, policies, fc.nat({ max: 60 }), fc.nat({ max: 9 }), (all, said, uncovered, more) => {
      const look = (units: number) =>
        shortfallOf(at(units), { promises: all, runOut: 0, policies: said }).hits;
      const [less, worse] = [look(uncovered), look(uncovered + more)];
      less.forEach(({ promise: each, units }, index) => {
        const again = worse[index];
        assert.equal(again?.promise, each);
        assert.ok((again?.units ?? 0) >= units);
      });
      for (const { promise: each, units } of worse.slice(0, -1)) assert.equal(units, each.kept);
    }),
  );
});

const plain = (id: string, more: Partial<PromiseAtStake> = {}): PromiseAtStake => ({
  reservationId: id,
  channelId: "web",
  orderId: `o-${id}`,
  lineId: "1",
  state: "allocated",
  kept: 1,
  promisedAt: new Date(0),
  order: { orderNumber: id, shipBy: undefined, isWhole: false, unitsOrdered: 1 },
  ...more,
});
const order = (more: Partial<NonNullable<PromiseAtStake["order"]>>) => ({
  order: { orderNumber: "n", shipBy: undefined, isWhole: false, unitsOrdered: 1, ...more },
});
const said = (...rows: readonly ShortfallPolicy[]) => new Map(rows.map((row) => [row.channelId, row]));
const web = (...yields: ShortfallPolicy["yields"]) => said({ channelId: "web", rank: 100, yields });

const table: readonly [
  string,
  ReadonlyMap<string, ShortfallPolicy>,
  readonly PromiseAtStake[],
  readonly string[],
][] = [
  ["the latest promise", new Map(), [plain("a"), plain("b", { promisedAt: new Date(9) })], ["b", "a"]],
  [
    "the channel of the lower rank",
    said({ channelId: "desk", rank: 50, yields: [] }),
    [plain("a", { promisedAt: new Date(9) }), plain("b", { channelId: "desk" })],
    ["b", "a"],
  ],
  [
    "a hold",
    web("held-first"),
    [plain("a", { promisedAt: new Date(9) }), plain("b", { state: "held" })],
    ["b", "a"],
  ],
  [
    "what is shipped last, and what has no date before it",
    web("latest-ship-date"),
    [
      plain("a", order({ shipBy: new Date(1) })),
      plain("b", order({ shipBy: new Date(2) })),
      plain("c", order({})),
    ],
    ["c", "b", "a"],
  ],
  [
    "the smallest order",
    web("smallest-order"),
    [plain("a", order({ unitsOrdered: 9 })), plain("b", order({ unitsOrdered: 2 }))],
    ["b", "a"],
  ],
  [
    "what may be shipped in part",
    web("whole-orders-last"),
    [plain("a", { ...order({ isWhole: true }), promisedAt: new Date(9) }), plain("b")],
    ["b", "a"],
  ],
];

for (const [name, policy, all, expected] of table) {
  test(`${name} yields first`, () => {
    const order = inOrderOfYielding(all, policy).map((each) => each.reservationId);
    assert.deepEqual(order, expected);
  });
}
