import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  quantity,
  type ReservationRequest,
  type Rule,
} from "@crossdock/canonical";
import fc from "fast-check";
import {
  type AdmissionLine,
  type AdmissionRequest,
  counterFor,
  decide,
} from "../../../src/availability/admission.ts";
import { bookOf } from "../../../src/availability/rules/book.ts";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { type OpenPosition, openShelf } from "../../../src/availability/shelf.ts";
import { batchModel } from "../../../src/availability/sourcing/batch/model.ts";
import {
  isBetterSum,
  isPossible,
  pinned,
  planByRules,
  planOf,
  sumOfPlan,
  valuesOf,
} from "../../../src/availability/sourcing/batch/plan.ts";
import { createSolver } from "../../../src/availability/sourcing/batch/solver-service.ts";
import { rankingFor } from "../../../src/availability/sourcing/ranking.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const web = channelId("web");
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);
const [first, second, third] = places;
assert.ok(first !== undefined && second !== undefined && third !== undefined);
const [nut, bolt] = ["nut", "bolt"].map(itemId);
assert.ok(nut !== undefined && bolt !== undefined);
const solver = createSolver();
const TIME_MS = 20_000;
const noTurn = async () => undefined;

const lying = fc.array(
  fc.record({
    itemId: fc.constantFrom(nut, bolt),
    locationId: fc.constantFrom(...places),
    available: fc.integer({ min: 1, max: 4 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const asked = fc.array(
  fc.record({
    policy: fc.constantFrom("partial" as const, "all-or-nothing" as const),
    locationsMax: fc.constantFrom(undefined, 1),
    lines: fc.array(fc.record({ item: fc.constantFrom(nut, bolt), units: fc.integer({ min: 1, max: 3 }) }), {
      minLength: 1,
      maxLength: 2,
    }),
  }),
  { minLength: 1, maxLength: 3 },
);

const lineOf = (item: ItemId, units: number, index: number): AdmissionLine => ({
  ...{ lineId: lineId(String(index)), itemId: item, quantity: quantity(units), orderedUnit: quantity(1) },
  components: [{ itemId: item, quantity: 1 }],
});

const rules: Rule[] = [
  { kind: "channel", channel: web, name: "Web", locations: places },
  { kind: "sourcing", channel: web, criteria: ["cost", "priority"], locations: [third, first] },
  { kind: "lane", location: first, zone: "DE", perOrder: quantity(5), perUnit: quantity(1) },
  { kind: "lane", location: second, zone: "DE", perOrder: quantity(2), perUnit: quantity(2) },
  { kind: "lane", location: third, zone: "DE", perOrder: quantity(4) },
];
const book = bookOf(rules);

/** Every way to promise requests of one shelf, by taking each unit from each place or not at all. */
function* everySum(
  requests: readonly AdmissionRequest[],
  left: ReadonlyMap<string, number>,
  at = 0,
  plan: readonly (readonly {
    lineId: AdmissionLine["lineId"];
    itemId: ItemId;
    locationId: (typeof places)[number];
    units: number;
  }[])[] = [],
): Generator<typeof plan> {
  const request = requests[at];
  if (request === undefined) {
    yield plan;
    return;
  }
  const key = (item: string, place: string) => `${item} ${place}`;
  function* lines(
    index: number,
    own: (typeof plan)[number],
    rest: ReadonlyMap<string, number>,
  ): Generator<{ own: (typeof plan)[number]; rest: ReadonlyMap<string, number> }> {
    const line = request?.lines[index];
    if (line === undefined) {
      const most = request?.locationsMax ?? places.length;
      const units = own.reduce((sum, each) => sum + each.units, 0);
      const wanted = request?.lines.reduce((sum, each) => sum + each.quantity, 0) ?? 0;
      const isAllowed = request?.policy === "partial" || units === 0 || units === wanted;
      if (isAllowed && new Set(own.map((each) => each.locationId)).size <= most) yield { own, rest };
      return;
    }
    function* spread(
      place: number,
      missing: number,
      taken: (typeof plan)[number],
      now: ReadonlyMap<string, number>,
    ): Generator<{ own: (typeof plan)[number]; rest: ReadonlyMap<string, number> }> {
      const location = places[place];
      if (location === undefined || line === undefined) {
        yield* lines(index + 1, taken, now);
        return;
      }
      const name = key(line.itemId, location);
      for (let units = 0; units <= Math.min(missing, now.get(name) ?? 0); units += 1) {
        const one = { lineId: line.lineId, itemId: line.itemId, locationId: location, units };
        const after = new Map(now).set(name, (now.get(name) ?? 0) - units);
        yield* spread(place + 1, missing - units, units === 0 ? taken : [...taken, one], after);
      }
    }
    yield* spread(0, line.quantity, own, rest);
  }
  for (const { own, rest } of lines(0, [], left)) yield* everySum(requests, rest, at + 1, [...plan, own]);
}

test("no plan promises more than the solver's, and of those that promise as much none is worth more", async () => {
  await fc.assert(
    fc.asyncProperty(lying, asked, async (rows, wanted) => {
      const positions = rows.map(
        (row, index): OpenPosition => ({ ...row, positionId: index, lot: `L${index}` }),
      );
      const requests = wanted.map(
        ({ policy, locationsMax, lines }): AdmissionRequest => ({
          ...{ channelId: web, policy, locationsMax, destination: { zone: "DE-1" }, refused: [] },
          lines: lines.map(({ item, units }, index) => lineOf(item, units, index)),
        }),
      );
      const channel = book.channels.get(web);
      assert.ok(channel !== undefined);
      const rankings = requests.map(({ destination }) => {
        const ranking = rankingFor({ book, channel, destination, positions, load: new Map() });
        assert.ok(ranking !== undefined);
        return ranking;
      });
      const union = {
        ...requests[0],
        channelId: web,
        policy: "partial" as const,
        refused: [],
        lines: requests.flatMap(({ lines }) => lines),
      };
      const counter = counterFor(openShelf(positions), book, union);
      assert.ok(counter !== undefined);
      const model = batchModel(counter, requests, rankings);
      const start = new Map<string, number>();
      const solved = await solver.solve({ model: model.model, start, timeLimitMs: TIME_MS });
      assert.ok(solved.is === "solved" && solved.isBest, JSON.stringify(solved));
      const plan = planOf(model, requests, solved.values);
      assert.ok(await isPossible(openShelf(positions), book, { requests, plan }, noTurn));
      const found = sumOfPlan(requests, rankings, plan);
      const byRules = await planByRules(openShelf(positions), book, requests, noTurn);
      assert.ok(!isBetterSum(sumOfPlan(requests, rankings, byRules), found), "the rules found a better one");
      const known = valuesOf(model, requests, byRules);
      assert.ok(known !== undefined, "the rules' plan is one of the model's");
      assert.deepEqual(
        sumOfPlan(requests, rankings, planOf(model, requests, known)),
        sumOfPlan(requests, rankings, byRules),
      );
      const left = new Map<string, number>();
      for (const { itemId: item, locationId: place, available } of positions)
        left.set(`${item} ${place}`, (left.get(`${item} ${place}`) ?? 0) + available);
      for (const other of everySum(requests, left))
        assert.ok(!isBetterSum(sumOfPlan(requests, rankings, other), found), JSON.stringify(other));
    }),
    { numRuns: 25 },
  );
});

test("a solver that is not given time says so, and one at work is not asked twice", async () => {
  const model = { rows: [], variables: new Map([["x", 1]]), objectives: [[["x", 1] as const]] };
  const start = new Map([["x", 1]]);
  const [one, two] = await Promise.all([
    solver.solve({ model, start, timeLimitMs: TIME_MS }),
    solver.solve({ model, start, timeLimitMs: TIME_MS }),
  ]);
  assert.deepEqual(one, { is: "solved", values: new Map([["x", 0]]), isBest: true });
  assert.deepEqual(two, { is: "failed", because: "another batch is being solved" });
  const none = await solver.solve({ model, start, timeLimitMs: 0 });
  assert.deepEqual(none, { is: "solved", values: start, isBest: false }, "it gives what it began with");
});

describe("a batch", async () => {
  const { database } = await testDatabase();
  const core = openCore(database);
  await core.governance.saveItems([plainItem("washer"), plainItem("rivet")]);
  await core.availability.saveChannels([{ channelId: web, name: "Web", locationIds: places }]);
  await loadRules(core, rules.slice(1));
  let facts = 0;
  const receive = async (item: string, place: string, units: number) => {
    facts += 1;
    const fact = stock.received(units, itemId(item), locationId(place));
    await tell(core, [{ id: `batch-${facts}`, minute: facts, fact }]);
    await core.ledger.subscriber.drain();
  };
  const request = (
    lines: Readonly<Record<string, number>>,
    more: Partial<ReservationRequest> = {},
  ): ReservationRequest => ({
    ...{ channelId: web, policy: "all-or-nothing", maxSplits: 0, destination: { zone: "DE-1" }, ...more },
    lines: Object.entries(lines).map(([item, units], index) => ({
      ...{ lineId: lineId(String(index)), item: { scheme: "id", value: item } },
      quantity: { value: units, unit: "EA" },
    })),
  });
  const take = { ttlMs: 60_000, clientId: "test", correlationId: "test" };

  // The first request alone is cheapest where the second can only be promised.
  await receive("washer", "wh-2", 1);
  await receive("washer", "wh-1", 1);
  await receive("rivet", "wh-2", 1);
  const requests = [request({ washer: 1 }), request({ washer: 1, rivet: 1 })];

  test("is promised more by a plan for all of it than by the rules one after the other, and the difference is shown", async () => {
    const proposal = await core.availability.proposeBatch({ requests, timeLimitMs: TIME_MS });
    assert.ok(proposal !== undefined);
    assert.deepEqual([proposal.chosen, proposal.note.status], ["solver", "optimal"]);
    assert.deepEqual([proposal.rules.units, proposal.rules.wholeRequests], [1, 1]);
    assert.deepEqual(
      [proposal.solver?.units, proposal.solver?.wholeRequests, proposal.solver?.parcels],
      [3, 2, 2],
    );
    assert.deepEqual(
      proposal.plan.map((takings) => takings.map((each) => `${each.itemId} ${each.locationId}`).toSorted()),
      [["washer wh-1"], ["rivet wh-2", "washer wh-2"]],
    );
  });

  test("is taken as it was proposed, or not at all", async () => {
    const proposal = await core.availability.proposeBatch({ requests, timeLimitMs: TIME_MS });
    assert.ok(proposal !== undefined);
    const { plan, versions } = proposal;
    await receive("rivet", "wh-3", 1);
    const late = await core.availability.takeBatch({ requests, plan, versions, ...take });
    assert.equal(late.is, "changed");
    const again = await core.availability.proposeBatch({ requests, timeLimitMs: TIME_MS });
    assert.ok(again !== undefined);
    const taken = await core.availability.takeBatch({
      requests,
      plan: again.plan,
      versions: again.versions,
      ...take,
    });
    assert.ok(taken.is === "taken");
    assert.deepEqual(
      taken.admitted.map(({ reservations }) => reservations.map((each) => each.locationId)),
      [[first], [second, second]],
    );
    const twice = await core.availability.takeBatch({
      requests,
      plan: again.plan,
      versions: again.versions,
      ...take,
    });
    assert.equal(twice.is, "changed", "what was taken changed the positions");
  });

  test("takes nothing that was not asked for", async () => {
    const proposal = await core.availability.proposeBatch({
      requests: [request({ rivet: 1 })],
      timeLimitMs: TIME_MS,
    });
    assert.ok(proposal !== undefined);
    const [taking] = proposal.plan[0] ?? [];
    assert.ok(taking !== undefined);
    const more = { requests: [request({ rivet: 1 })], versions: proposal.versions, ...take };
    const greedy = await core.availability.takeBatch({ ...more, plan: [[{ ...taking, units: 2 }]] });
    const other = await core.availability.takeBatch({
      ...more,
      plan: [[{ ...taking, itemId: itemId("washer") }]],
    });
    assert.deepEqual([greedy.is, other.is], ["not-as-asked", "not-as-asked"]);
    const none = { ...request({ rivet: 1 }), channelId: channelId("no") };
    assert.equal(await core.availability.proposeBatch({ requests: [none], timeLimitMs: TIME_MS }), undefined);
  });
});

test("a pinned request asks for what a plan takes, in whole ordered units", () => {
  const line = { ...lineOf(nut, 4, 0), orderedUnit: quantity(2) };
  const request: AdmissionRequest = { channelId: web, policy: "partial", refused: [], lines: [line] };
  const { lines } = pinned(request, [{ lineId: line.lineId, itemId: nut, locationId: second, units: 2 }]);
  const position = { positionId: 1, itemId: nut, locationId: second, lot: "", available: 5 };
  const { promised } = decide(openShelf([position]), book, { ...request, policy: "all-or-nothing", lines });
  assert.deepEqual(
    promised.map((each) => each.quantity),
    [2],
  );
});
