import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { channelGroupId, channelId, itemId, quantity, type Rule, ruleKey } from "@crossdock/canonical";
import fc from "fast-check";
import { bookOf, termsOf } from "../../../src/availability/rules/book.ts";

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

type Scope = { readonly channel?: string; readonly group?: string; readonly item?: string };

const holder: fc.Arbitrary<Scope> = fc.oneof(
  fc.constantFrom(...Object.keys(above)).map((channel) => ({ channel })),
  fc.constantFrom("shops", "all-shops").map((group) => ({ group })),
);
const about: fc.Arbitrary<Scope> = fc.constantFrom<Scope>({}, { item: "nut" }, { item: "bolt" });
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
    units: amount,
  };
}

/** How far a scope is from a channel and an item: the item first, then the channel, its groups from below, everybody. */
function distance(scope: Scope, channel: string, item: string): number | undefined {
  const goods = scope.item === undefined ? 100 : scope.item === item ? 0 : undefined;
  if (goods === undefined) return undefined;
  if (scope.channel !== undefined) return scope.channel === channel ? goods : undefined;
  if (scope.group === undefined) return goods + 50;
  const steps = above[channel]?.indexOf(scope.group) ?? -1;
  return steps < 0 ? undefined : goods + 1 + steps;
}

describe("of several rules", () => {
  test("the one about the item goes first, then the channel's own, its group's, the group's above, everybody's", () => {
    const scope = fc.tuple(fc.oneof(holder, fc.constant<Scope>({})), about).map(([a, b]) => ({ ...a, ...b }));
    fc.assert(
      fc.property(fc.array(fc.tuple(scope, units), { maxLength: 12 }), (said) => {
        const latest = new Map(
          said.map(([where, amount]) => [JSON.stringify(where), [where, amount] as const]),
        );
        const buffers = [...latest.values()];
        const book = bookOf([
          ...company,
          ...buffers.map(([where, amount]) => ruleAt("buffer", where, amount)),
        ]);
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
});
