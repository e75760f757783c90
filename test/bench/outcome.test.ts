import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { faultsOfPeer, faultsOfProduct } from "../../bench/b1/audit.ts";
import { curvePace, outcomeOf } from "../../bench/b1/outcome.ts";
import type { SaleSample } from "../../bench/b1/sale-run.ts";
import { keyOf, type LoadResult } from "../../bench/load/protocol.ts";
import { judged } from "../../bench/result.ts";
import { tableOf } from "../../bench/table.ts";

const machine = { cores: 2, processor: "a processor", memory: 2 ** 34, node: "24.0.0", postgres: "18.4" };
const entrants = [
  { name: "crossdock", role: "product" },
  { name: "naive", role: "peer" },
  { name: "bare", role: "ceiling" },
] as const;

function sample(contestant: string, rate: number, changes: Partial<SaleSample> = {}): SaleSample {
  return {
    contestant,
    round: 1,
    pace: "closed",
    requests: 100,
    elapsedMs: 1_000,
    rate,
    acceptedPerSecond: rate / 2,
    soldOutRate: rate * 2,
    p50Ms: 5,
    p99Ms: 20,
    maxMs: 30,
    sellingP99Ms: 21,
    soldOutP99Ms: 19,
    retries: 5,
    requestsPerBatch: 60,
    logBytesPerRequest: 900,
    serverMicros: 50,
    postgresMicros: 40,
    generatorMicros: 15,
    otherCores: 0,
    faults: [],
    ...changes,
  };
}

const samples = [
  sample("crossdock", 9_000),
  sample("naive", 1_000),
  sample("bare", 30_000),
  sample("bare", 30_000),
  sample("naive", 1_000),
  sample("crossdock", 11_000),
  sample("crossdock", 8_000, { pace: "open 8000/s" }),
];
const outcome = (given = samples) =>
  judged(outcomeOf(entrants, given, { id: "B1", flushes: 4_000, machine, faults: [] }));

describe("outcome", () => {
  it("its last line has what readers of the line rely on", () => {
    const line = JSON.parse(JSON.stringify(outcome()));
    assert.equal(line.id, "B1");
    assert.deepEqual(
      [line.product.rate, line.product.unit, line.product.p50Ms, line.product.p99Ms],
      [10_000, "requests/s", 5, 20],
    );
    assert.equal(line.peers.naive.rate, 1_000);
    assert.equal(line.ceilings.bare.rate, 30_000);
    assert.equal(line.ceilings["disk-flushes"].rate, 4_000);
    assert.equal(line.ratios["times naive"], 10);
    assert.equal(line.audit, "passed");
    assert.equal(line.samples.length, samples.length);
    assert.deepEqual(line.machine, machine);
  });

  it("runs at a fixed rate do not count towards the peak", () => {
    assert.deepEqual(outcome().product.range, [9_000, 11_000]);
  });

  it("a sale that fails its audit has no rate", () => {
    const void1 = outcome([...samples, sample("crossdock", 50_000, { faults: ["a unit too many"] })]);
    assert.equal(void1.product.rate, null);
    assert.equal(void1.audit, "failed: crossdock, round 1: a unit too many");
    assert.match(tableOf(void1), /crossdock +void/);
  });

  it("a peer that fails its audit has no rate, and ours is not judged by it", () => {
    const void1 = outcome([...samples, sample("naive", 50_000, { faults: ["a unit too many"] })]);
    assert.equal(void1.audit, "passed");
    assert.equal(void1.product.rate, 10_000);
    assert.equal(void1.peers.naive?.rate, null);
    assert.equal(void1.peers.naive?.more["sales that failed the audit"], 1);
    assert.deepEqual(Object.keys(void1.ratios), ["times bare"]);
  });

  it("points of the saturation curve are told, and count towards nothing else", () => {
    const curved = outcome([...samples, sample("crossdock", 20_000, { pace: curvePace(64) })]);
    assert.deepEqual(curved.product.range, [9_000, 11_000]);
    assert.equal(curved.product.more["requests/s closed, 64 in flight"], 20_000);
  });
});

/** What three buyers of two units were told: yes, yes, no. */
const seen: LoadResult = {
  selling: { requests: 2, elapsedMs: 1, latency: { steps: [], max: 0 } },
  soldOut: { requests: 1, elapsedMs: 1, latency: { steps: [], max: 0 } },
  statuses: Uint16Array.of(201, 409, 201),
  retries: 1,
  unlike: 0,
  examples: { 201: "{}", 409: "{}" },
  generatorMicros: 10,
};
const sale = { itemId: "i", units: 2, keyPrefix: "k." };
const key = (buyer: number) => keyOf("k.", buyer);
const books = {
  available: 0,
  held: 2,
  transferred: { available: 0, held: 2 },
  promised: { reservations: 2, units: 2 },
  acceptedReservations: 2,
  facts: 2,
  accepted: new Set([key(0), key(2)]),
  refused: new Set([key(1)]),
};

describe("audit", () => {
  it("passes books that say what the buyers were told", () => {
    assert.deepEqual(faultsOfProduct(books, sale, seen), []);
    assert.deepEqual(faultsOfPeer({ left: 0, promised: 2, keys: books.accepted }, sale, seen), []);
  });

  const broken: readonly (readonly [what: string, books: typeof books, seen: LoadResult])[] = [
    ["a promise that was not kept", { ...books, accepted: new Set([key(0)]) }, seen],
    ["a promise that nobody heard of", { ...books, accepted: new Set([key(0), key(2), "k.x"]) }, seen],
    ["a refusal that was forgotten", { ...books, refused: new Set() }, seen],
    ["a unit that came from nowhere", { ...books, available: 1 }, seen],
    ["a balance without its transfers", { ...books, transferred: { available: 0, held: 1 } }, seen],
    ["a reservation without its fact", { ...books, facts: 1 }, seen],
    ["a promise too many", books, { ...seen, statuses: Uint16Array.of(201, 201, 201) }],
    ["a buyer who was told of a fault", books, { ...seen, statuses: Uint16Array.of(201, 503, 201) }],
    ["a retry that heard something else", books, { ...seen, unlike: 1 }],
  ];
  for (const [what, wrongBooks, wrongSeen] of broken) {
    it(`finds ${what}`, () => assert.notDeepEqual(faultsOfProduct(wrongBooks, sale, wrongSeen), []));
  }
});
