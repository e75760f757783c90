import assert from "node:assert/strict";
import { test } from "node:test";
import { channelGroupId, lineId, locationId, quantity, type Rule } from "@crossdock/canonical";
import fc from "fast-check";
import { type AdmissionRequest, decide } from "../../../src/availability/admission.ts";
import { bookOf } from "../../../src/availability/rules/book.ts";
import { type OpenPosition, openShelf } from "../../../src/availability/shelf.ts";
import { metresBetween } from "../../../src/availability/sourcing/distance.ts";
import { everyPlan, goods, less, places, scene, takenOf, unitsOf, web, worth } from "./scene.ts";

test("as much is promised as without a rule, and no other places for it are worth more by the rule", () => {
  fc.assert(
    fc.property(scene, (given) => {
      const usual = takenOf(given, given.rules);
      const ranked = takenOf(given, [...given.rules, given.rule]);
      const units = unitsOf(given, usual);
      assert.deepEqual(unitsOf(given, ranked), units);
      const found = worth(given, ranked);
      for (const plan of everyPlan(given, units)) {
        const other = worth(given, plan);
        assert.ok(!less(other, found), `${other} by ${JSON.stringify(plan)} is less than ${found}`);
      }
      const most = given.request.locationsMax ?? places.length;
      assert.ok(new Set(ranked.map(({ place }) => place)).size <= most);
    }),
    { numRuns: 400 },
  );
});

test("of many units the nearest locations give what they have, in less than a moment", () => {
  const positions = Array.from(
    { length: 12 },
    (_, index): OpenPosition => ({
      ...{ positionId: index, itemId: goods[0], locationId: locationId(`big-${index}`), lot: "" },
      available: 500,
    }),
  );
  const locations = positions.map((position) => position.locationId);
  const rules: Rule[] = [
    { kind: "channel", channel: web, name: "Web", locations },
    { kind: "sourcing", channel: web, criteria: ["distance"] },
    ...locations.map(
      (location, index): Rule => ({
        ...{ kind: "place", location, latitude: 50 + ((index * 5) % 12), longitude: 10 },
      }),
    ),
  ];
  const request: AdmissionRequest = {
    ...{
      channelId: web,
      policy: "all-or-nothing",
      refused: [],
      destination: { latitude: 50, longitude: 10 },
    },
    lines: [
      {
        ...{ lineId: lineId("1"), itemId: goods[0], quantity: quantity(1_200), orderedUnit: quantity(1) },
        components: [{ itemId: goods[0], quantity: 1 }],
      },
    ],
  };
  const { promised } = decide(openShelf(positions), bookOf(rules), request);
  assert.deepEqual(
    promised.map(({ position, quantity: units }) => [position.locationId, units]),
    [
      ["big-0", 500],
      ["big-5", 500],
      ["big-10", 200],
    ],
  );
});

test("a channel's own rule goes before its group's, and that before everybody's", () => {
  const group = channelGroupId("shops");
  const positions = places.map(
    (place, index): OpenPosition => ({
      ...{ positionId: index, itemId: goods[0], locationId: place, lot: "", available: 5 },
    }),
  );
  const by = (place: (typeof places)[number], scope: object): Rule => ({
    ...{ kind: "sourcing", ...scope, criteria: ["priority"], locations: [place] },
  });
  const [first, second, third] = places;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const request: AdmissionRequest = {
    ...{ channelId: web, policy: "all-or-nothing", refused: [] },
    lines: [
      {
        ...{ lineId: lineId("1"), itemId: goods[0], quantity: quantity(1), orderedUnit: quantity(1) },
        components: [{ itemId: goods[0], quantity: 1 }],
      },
    ],
  };
  const said = [by(first, { channel: web }), by(second, { group }), by(third, {})];
  const from = (rules: readonly Rule[]) => {
    const network: Rule[] = [
      { kind: "group", group, name: "Shops" },
      { kind: "channel", channel: web, name: "Web", locations: places.toReversed(), parent: group },
    ];
    return decide(openShelf(positions), bookOf([...network, ...rules]), request).promised[0]?.position
      .locationId;
  };
  assert.deepEqual(
    [from(said), from(said.slice(1)), from(said.slice(2)), from([])],
    ["wh-1", "wh-2", "wh-3", "wh-4"],
  );
});

test("distances are those over the earth", () => {
  const berlin = { latitude: 52.52, longitude: 13.405 };
  const tokyo = { latitude: 35.6762, longitude: 139.6503 };
  const between = metresBetween(berlin, tokyo);
  assert.ok(Math.abs(between - 8_918_000) < 8_918_000 * 0.005, String(between));
  assert.equal(metresBetween(tokyo, berlin), between);
  assert.equal(metresBetween({ latitude: 0, longitude: 180 }, { latitude: 0, longitude: -180 }), 0);
});
