import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  channelGroupId,
  channelId,
  itemId,
  locationId,
  quantity,
  type Rule,
  ruleKey,
} from "@crossdock/canonical";
import fc from "fast-check";
import { bookOf, termsOf } from "../../../src/availability/rules/book.ts";
import { safetyRule } from "../../../src/availability/rules/safety.ts";

const items = ["nut", "bolt"].map(itemId);
const network = { name: "A channel", locations: [] };

/** Two shops under one group under another, a desk beside them, and a stall that stands alone. */
const company: readonly Rule[] = [
  { kind: "group", group: channelGroupId("all-shops"), name: "All shops" },
  {
    kind: "group",
    group: channelGroupId("shops"),
    name: "Shops",
    parent: channelGroupId("all-shops"),
  },
  { kind: "channel", channel: channelId("north"), ...network, parent: channelGroupId("shops") },
  { kind: "channel", channel: channelId("south"), ...network, parent: channelGroupId("shops") },
  { kind: "channel", channel: channelId("desk"), ...network, parent: channelGroupId("all-shops") },
  { kind: "channel", channel: channelId("stall"), ...network },
];
const above: Readonly<Record<string, readonly string[]>> = {
  north: ["shops", "all-shops"],
  south: ["shops", "all-shops"],
  desk: ["all-shops"],
  stall: [],
};

type Scope = {
  readonly channel?: string;
  readonly group?: string;
  readonly item?: string;
  readonly itemClass?: string;
};
/** Nuts are small; of bolts nobody says. */
const classes = new Map([["nut", "small"]]);

const holder: fc.Arbitrary<Scope> = fc.oneof(
  fc.constantFrom(...Object.keys(above)).map((channel) => ({ channel })),
  fc.constantFrom("shops", "all-shops").map((group) => ({ group })),
);
const about: fc.Arbitrary<Scope> = fc.constantFrom<Scope>(
  ...[{}, { item: "nut" }, { item: "bolt" }, { itemClass: "small" }, { itemClass: "large" }],
);
const units = fc.nat(9).map(quantity);

function ruleAt(
  kind: "buffer" | "cap" | "protection",
  scope: Scope,
  amount: typeof units extends fc.Arbitrary<infer U> ? U : never,
): Rule {
  return {
    kind,
    ...(scope.channel === undefined ? {} : { channel: channelId(scope.channel) }),
    ...(scope.group === undefined ? {} : { group: channelGroupId(scope.group) }),
    ...(scope.item === undefined ? {} : { item: itemId(scope.item) }),
    ...(scope.itemClass === undefined ? {} : { itemClass: scope.itemClass }),
    units: amount,
  };
}

/** How far goods are from an item: itself, its class, everything. */
function goodsDistance({ item: only, itemClass }: Scope, item: string): number | undefined {
  if (only !== undefined) return only === item ? 0 : undefined;
  if (itemClass !== undefined) return classes.get(item) === itemClass ? 100 : undefined;
  return 200;
}

/** How far a scope is from a channel and an item: the goods first, then the channel, its groups from below, everybody. */
function distance(scope: Scope, channel: string, item: string): number | undefined {
  const goods = goodsDistance(scope, item);
  if (goods === undefined) return undefined;
  if (scope.channel !== undefined) return scope.channel === channel ? goods : undefined;
  if (scope.group === undefined) return goods + 50;
  const steps = above[channel]?.indexOf(scope.group) ?? -1;
  return steps < 0 ? undefined : goods + 1 + steps;
}

describe("of several rules", () => {
  test("the one about the item goes first, then its class's; of these the channel's own, its group's, the group's above, everybody's", () => {
    const scope = fc.tuple(fc.oneof(holder, fc.constant<Scope>({})), about).map(([a, b]) => ({ ...a, ...b }));
    fc.assert(
      fc.property(fc.array(fc.tuple(scope, units), { maxLength: 12 }), (said) => {
        const latest = new Map(
          said.map(([where, amount]) => [JSON.stringify(where), [where, amount] as const]),
        );
        const buffers = [...latest.values()];
        const made = buffers.map(([where, amount]) => ruleAt("buffer", where, amount));
        const book = bookOf([...company, ...made], 1, classes);
        for (const [id, channel] of book.channels) {
          for (const item of items) {
            const ranked = buffers
              .map(([where, amount]) => ({ amount, far: distance(where, id, item) }))
              .filter(({ far }) => far !== undefined)
              .toSorted((a, b) => (a.far ?? 0) - (b.far ?? 0));
            assert.equal(termsOf(book, channel, item).buffer, ranked[0]?.amount ?? 0);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("the figure names the one that it used, and the version that brought it", () => {
    const book = bookOf([...company, ruleAt("cap", { group: "shops", item: "nut" }, quantity(7))], 4);
    const north = book.channels.get("north");
    assert.ok(north);
    const rules = [{ input: "cap", rule: "cap/group:shops/item:nut", version: 4 }];
    assert.deepEqual(termsOf(book, north, itemId("nut")).rules, rules);
    assert.equal(termsOf(book, north, itemId("bolt")).rules, undefined);
  });
});

test("safety stock is the item's at the place, the item's, its class's at the place, its class's, and so on", () => {
  const where = fc.record({
    goods: fc.constantFrom<Scope>({}, { item: "nut" }, { itemClass: "small" }, { itemClass: "large" }),
    place: fc.constantFrom(undefined, "wh-1", "wh-2"),
  });
  const said = fc.uniqueArray(fc.tuple(where, units), {
    selector: ([at]) => JSON.stringify(at),
    maxLength: 9,
  });
  fc.assert(
    fc.property(said, (rules) => {
      const made = rules.map(
        ([{ goods, place }, amount]): Rule => ({
          kind: "safety-stock",
          ...(goods.item === undefined ? {} : { item: itemId(goods.item) }),
          ...(goods.itemClass === undefined ? {} : { itemClass: goods.itemClass }),
          ...(place === undefined ? {} : { location: locationId(place) }),
          units: amount,
        }),
      );
      const book = bookOf(made, 1, classes);
      const ranked = rules
        .filter(([{ place }]) => place !== "wh-2")
        .map(([{ goods, place }, amount]) => ({ amount, goods: goodsDistance(goods, "nut"), place }))
        .filter(({ goods }) => goods !== undefined)
        .toSorted((a, b) => (a.goods ?? 0) + (a.place ? 0 : 1) - (b.goods ?? 0) - (b.place ? 0 : 1));
      assert.equal(safetyRule(book, "nut", "wh-1")?.rule.units, ranked[0]?.amount);
    }),
  );
});

describe("what is protected", () => {
  const keptFrom = (channel: string, protections: readonly (readonly [Scope, number])[]) => {
    const rules = protections.map(([where, amount]) => ruleAt("protection", where, quantity(amount)));
    const book = bookOf([...company, ...rules]);
    const found = book.channels.get(channel);
    assert.ok(found);
    return termsOf(book, found, itemId("nut")).protectedForOthers;
  };

  test("for a group is there for its members, and what they have themselves is part of it", () => {
    const said = [
      [{ group: "shops" }, 10],
      [{ channel: "north" }, 4],
    ] as const;
    assert.equal(keptFrom("stall", said), 10);
    assert.equal(keptFrom("desk", said), 10);
    assert.equal(keptFrom("south", said), 4);
    assert.equal(keptFrom("north", said), 0);
    assert.equal(keptFrom("stall", [...said, [{ channel: "south" }, 9]]), 13);
  });

  test("for a class is there for its items, where no rule is about the item itself", () => {
    const rules = [
      ruleAt("protection", { group: "shops", itemClass: "small" }, quantity(6)),
      ruleAt("protection", { group: "shops" }, quantity(2)),
      ruleAt("protection", { channel: "desk", item: "nut" }, quantity(1)),
    ];
    const book = bookOf([...company, ...rules], 3, classes);
    const stall = book.channels.get("stall");
    assert.ok(stall);
    assert.deepEqual(
      items.map((item) => termsOf(book, stall, item).protectedForOthers),
      [7, 2],
    );
    assert.deepEqual(
      termsOf(book, stall, itemId("nut")).rules?.map(({ rule }) => rule),
      ["protection/group:shops/class:small", "protection/channel:desk/item:nut"],
    );
  });

  test("is never kept from the one that it is for, and each member's part from everybody outside", () => {
    const protections = fc.uniqueArray(fc.tuple(holder, fc.nat(9)), {
      selector: ([where]) => JSON.stringify(where),
      maxLength: 6,
    });
    fc.assert(
      fc.property(protections, (said) => {
        for (const [id, groups] of Object.entries(above)) {
          const kept = keptFrom(id, said);
          const isOwn = ({ channel, group }: Scope) =>
            channel === id || (group !== undefined && groups.includes(group));
          const others = said.filter(([where]) => !isOwn(where));
          const most = others.reduce((sum, [, amount]) => sum + amount, 0);
          const least = Math.max(0, ...others.map(([, amount]) => amount));
          assert.ok(kept >= least && kept <= most, `${id}: ${kept} of ${least} to ${most}`);
        }
      }),
    );
  });
});

test("a key names a rule by its kind and scope", () => {
  assert.equal(
    ruleKey(ruleAt("buffer", { channel: "web", item: "itm-1" }, quantity(2))),
    "buffer/channel:web/item:itm-1",
  );
  assert.equal(ruleKey(ruleAt("buffer", {}, quantity(2))), "buffer");
  assert.equal(ruleKey(ruleAt("cap", { itemClass: "A/b" }, quantity(2))), "cap/class:A%2Fb");
});
