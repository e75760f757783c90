import assert from "node:assert/strict";
import { test } from "node:test";
import {
  itemId,
  type JudgedLocation,
  lineId,
  locationId,
  quantity,
  type Rule,
  type SourcingExplanation,
} from "@crossdock/canonical";
import fc from "fast-check";
import {
  decided,
  everyPlan,
  less,
  liesAt,
  places,
  type Scene,
  scene,
  type Taken,
  takenOf,
  unitsOf,
  worth,
} from "./scene.ts";

const explained = (given: Scene, rules: readonly Rule[]): SourcingExplanation => {
  const asked = { ...given, request: { ...given.request, explain: true } };
  const { sourcing } = decided(asked, rules);
  assert.ok(sourcing !== undefined);
  return sourcing;
};

/** The best of all plans that take at least something of a line from a place, by trying each. */
function bestWith(given: Scene, units: readonly number[], line: number, place: string) {
  let best: readonly number[] | undefined;
  for (const plan of everyPlan(given, units)) {
    if (!plan.some((part) => part.line === line && part.place === place)) continue;
    const found = worth(given, plan);
    if (best === undefined || less(found, best)) best = found;
  }
  return best;
}

/** Confirms why a place gives nothing of a line, by what lies there and by every plan that there is. */
function confirm(given: Scene, taken: Taken, line: number, judged: JudgedLocation): void {
  const wanted = given.request.lines[line];
  assert.ok(wanted !== undefined);
  const { itemId: item, orderedUnit, quantity: asked } = wanted;
  const { locationId: place, reason } = judged;
  const lies = liesAt(given, item, place);
  const units = unitsOf(given, taken);
  const others = taken
    .filter((part) => part.place === place && given.request.lines[part.line]?.itemId === item)
    .reduce((sum, part) => sum + part.units, 0);
  const whole = units[line] === asked;
  switch (reason) {
    case "no-stock":
      assert.equal(lies, 0);
      return;
    case "not-whole-units":
      assert.ok(lies > 0 && lies < orderedUnit);
      return;
    case "other-lines":
      if (whole) assert.ok(lies - others < orderedUnit && others > 0);
      else assert.ok(given.request.lines.some((other, at) => at !== line && other.itemId === item));
      return;
    case "refused":
      assert.equal(taken.length, 0);
      return;
    case "too-many-locations":
      if (whole) assert.equal(bestWith(given, units, line, place), undefined);
      return;
    case "ranked-lower":
    case "later-in-network": {
      const best = bestWith(given, units, line, place);
      const own = worth(given, taken);
      assert.ok(best !== undefined);
      const at = best.findIndex((value, index) => value !== own[index]);
      assert.equal(judged.criterion, given.rule.criteria[at]);
      if (at >= 0) assert.deepEqual([judged.here, judged.chosen], [best[at], own[at]]);
      return;
    }
    default:
      assert.fail(`${place} gives nothing of line ${line}: ${reason}`);
  }
}

test("every location of the network gives something or says why not, and every reason holds", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(scene, (given) => {
      const rules = [...given.rules, given.rule];
      const taken = takenOf(given, rules);
      const { parts, worth: told, method } = explained(given, rules);
      assert.equal(parts.length, given.request.lines.length);
      if (taken.length > 0) {
        assert.equal(method, "exact");
        assert.deepEqual(told, worth(given, taken));
      }
      for (const [line, { locations }] of parts.entries()) {
        assert.deepEqual(
          locations.map(({ locationId: place }) => place),
          places,
        );
        for (const judged of locations) {
          const here = taken.filter((part) => part.line === line && part.place === judged.locationId);
          const units = here.reduce((sum, part) => sum + part.units, 0);
          assert.equal(judged.units ?? 0, units);
          assert.equal(judged.reason === undefined, units > 0);
          if (judged.reason === undefined) continue;
          seen.add(judged.reason);
          confirm(given, taken, line, judged);
        }
      }
    }),
    { numRuns: 800 },
  );
  assert.ok(
    ["no-stock", "ranked-lower", "other-lines", "refused"].every((reason) => seen.has(reason)),
    [...seen].join(),
  );
});

test("a line that is short though something lies there says that other lines left no whole unit", () => {
  const line = (name: string, orderedUnit: number) => ({
    ...{
      lineId: lineId(name),
      itemId: itemId("bolt"),
      orderedUnit: quantity(orderedUnit),
      locationsMax: undefined,
      quantity: quantity(2),
    },
    components: [{ itemId: itemId("bolt"), quantity: quantity(1) }],
  });
  const [drawn] = fc.sample(scene, { numRuns: 1, seed: 1 });
  assert.ok(drawn !== undefined);
  const lot = (at: number, place: string) => ({
    ...{ itemId: itemId("bolt"), locationId: locationId(place), available: 3, expiresOn: undefined },
    ...{ positionId: at, lot: `L${at}`, daysLeft: 40 },
  });
  const given: Scene = {
    ...drawn,
    positions: [lot(0, "wh-1"), lot(1, "wh-4")],
    rule: {
      kind: "sourcing",
      criteria: ["priority"],
      locations: [locationId("wh-1")],
      leaveUnits: quantity(1),
    },
    rules: [],
    request: {
      ...drawn.request,
      policy: "partial",
      locationsMax: undefined,
      lines: [line("0", 1), line("1", 2), line("2", 2)],
    },
  };
  const { locations = [] } = explained(given, [given.rule]).parts[2] ?? {};
  assert.deepEqual(
    locations.filter(({ reason }) => reason === "other-lines").map(({ locationId: place }) => place),
    ["wh-1", "wh-4"],
  );
});

test("asking why changes nothing of what is promised", () => {
  fc.assert(
    fc.property(scene, fc.boolean(), (given, hasRule) => {
      const rules = hasRule ? [...given.rules, given.rule] : given.rules;
      const asked = { ...given, request: { ...given.request, explain: true } };
      const { promised, rejections } = decided(given, rules);
      const { sourcing: _, ...same } = decided(asked, rules);
      assert.deepEqual(same, { promised, rejections });
    }),
  );
});
