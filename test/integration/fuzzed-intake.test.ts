import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, accountId, accountSource } from "@crossdock/canonical";
import { type SeededRandom, seededRandom } from "@crossdock/connector-kit/testing";
import { SIGNING_SECRET, wmsConnector } from "@crossdock/connector-wms";
import fc from "fast-check";
import { testDatabase } from "#test/database.ts";
import { sql } from "../../src/platform/index.ts";
import { type Bench, openBench, saveMaster } from "./partner.ts";
import {
  BODY_POISONS,
  batchOf,
  bodyPoisonNames,
  cleanReceipt,
  type Delivered,
  EVENT_POISONS,
  type Event,
  eventPoisonNames,
  signed,
  type Writer,
} from "./poison.ts";

const { database } = await testDatabase();
const bench = openBench(database, { connectors: [wmsConnector] });
const ITEMS = ["widget", "gadget", "bolt", "nut"];
await saveMaster(bench, ITEMS);
const writer: Writer = {
  warehouse: "WH1",
  secret: "signed by a warehouse that is not well",
  now: bench.clock.now(),
};

/** A delivery to be made: events that are clean or poisoned by name, and perhaps a poison for all of its bytes. */
type Planned = {
  readonly events: readonly {
    readonly sku: string;
    readonly quantity: number;
    readonly poison?: string | undefined;
  }[];
  readonly poison?: string | undefined;
  /** Told so often, byte for byte. */
  readonly times: number;
};

/** What must be on hand of each item: the sum of what was clean. */
type Model = Map<string, number>;

let accounts = 0;

async function openAccount(): Promise<AccountId> {
  accounts += 1;
  const id = accountId(`fuzz-${accounts}`);
  const secrets = { [SIGNING_SECRET]: writer.secret };
  const created = await bench.integration.accounts.create({
    accountId: id,
    connector: "wms",
    settings: {},
    secrets,
  });
  assert.ok("created" in created);
  return id;
}

/** Writes the deliveries of a plan, and adds to the model what of them is clean. */
function* written(plan: readonly Planned[], model: Model, random: SeededRandom): Generator<Delivered> {
  let sequence = 0;
  yield signed(batchOf([cleanReceipt(sequence, "nut", 1)], writer), "first", writer);
  model.set("nut", (model.get("nut") ?? 0) + 1);
  for (const [index, { events, poison, times }] of plan.entries()) {
    const made: unknown[] = [];
    for (const { sku, quantity, poison: eventPoison } of events) {
      sequence += 1;
      const clean = cleanReceipt(sequence, sku, quantity);
      const spoil = eventPoison === undefined ? undefined : EVENT_POISONS[eventPoison];
      made.push(spoil === undefined ? clean : spoil(clean, random));
      if (spoil === undefined && poison === undefined) model.set(sku, (model.get(sku) ?? 0) + quantity);
    }
    const body = batchOf(made as Event[], writer);
    const spoilt = poison === undefined ? body : (BODY_POISONS[poison]?.(body, random) ?? body);
    for (let time = 0; time < times; time += 1) yield signed(spoilt, `d-${index}`, writer);
  }
}

/** What the log says of each item of an account. */
async function receivedBy(account: AccountId): Promise<Model> {
  const rows = await database.query<{ item: string; units: number }>(sql`
    select data ->> 'item' as item, sum((data ->> 'quantity')::bigint)::bigint as units from backbone.event
    where source = ${accountSource(account)} and type = 'StockReceived' group by 1`);
  return new Map(rows.map(({ item, units }) => [item, units]));
}

const inOrder = (model: Model) => [...model].toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Drives a plan through the inbox, the mapping and the log, and holds what became of it against the model. */
async function drive(plan: readonly Planned[], random: SeededRandom, { integration }: Bench = bench) {
  const account = await openAccount();
  const model: Model = new Map();
  let deliveries = 0;
  for (const { body, headers } of written(plan, model, random)) {
    const receipt = await integration.receive({ accountId: account, headers, body });
    assert.ok("answer" in receipt, JSON.stringify(receipt));
    deliveries += 1;
  }
  await integration.drain();
  assert.deepEqual(
    inOrder(await receivedBy(account)),
    inOrder(model),
    "the clean ones count, and nothing else",
  );
  const intake = await integration.intake(account);
  assert.ok(intake?.isBalanced, JSON.stringify(intake?.equation));
  const { waiting, deadLettered } = intake.equation;
  assert.equal(deadLettered, 0, "poison is parked with its reason, and kills no message");
  return { account, deliveries, equation: intake.equation, waiting };
}

const event = fc.record({
  sku: fc.constantFrom(...ITEMS),
  quantity: fc.integer({ min: 1, max: 50 }),
  poison: fc.option(fc.constantFrom(...eventPoisonNames), { nil: undefined, freq: 2 }),
});
const planned = fc.record({
  events: fc.array(event, { minLength: 1, maxLength: 5 }),
  // Ten megabytes are for the large run.
  poison: fc.option(fc.constantFrom(...bodyPoisonNames.filter((name) => !name.startsWith("ten"))), {
    nil: undefined,
    freq: 3,
  }),
  times: fc.integer({ min: 1, max: 3 }),
});

test("whatever is wrong with some, what is right counts once and everything is accounted for", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(planned, { minLength: 1, maxLength: 5 }), fc.nat(), async (plan, seed) => {
      await drive(plan, seededRandom(seed));
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 60) },
  );
});

for (const name of eventPoisonNames) {
  test(`${name} spoils nothing but its own event`, async () => {
    const clean = { sku: "widget", quantity: 3 };
    const plan = [{ events: [clean, { ...clean, poison: name }, clean], times: 2 }];
    const { equation } = await drive(plan, seededRandom(1));
    assert.equal(equation.applied, 3);
  });
}

for (const name of bodyPoisonNames) {
  test(`${name} spoils nothing but its own delivery`, async () => {
    const clean = { events: [{ sku: "widget", quantity: 3 }], times: 1 };
    const { equation } = await drive([clean, { ...clean, poison: name }, clean], seededRandom(1));
    assert.equal(equation.applied, 3);
  });
}

/** Events of the large run, and how many of a hundred are poisoned. */
const EVENTS = 20_000;
const EVENTS_PER_DELIVERY = 50;
/** Memory that may be in use after the run beyond what was before it: far below what was sent with its poisons. */
const HEAP_GROWTH_BYTES_MAX = 192 * 1024 * 1024;

test("thousands of messages with one in a hundred poisoned: nothing is lost, and memory stays", async (t) => {
  const seed = Number(process.env.FUZZ_SEED ?? 20_260_302);
  t.diagnostic(`FUZZ_SEED=${seed} repeats this run`);
  const random = seededRandom(seed);
  const pick = (names: readonly string[]) => names[random.integer(0, names.length - 1)];
  const plan = Array.from(
    { length: EVENTS / EVENTS_PER_DELIVERY },
    (): Planned => ({
      events: Array.from({ length: EVENTS_PER_DELIVERY }, () => ({
        sku: ITEMS[random.integer(0, ITEMS.length - 1)] ?? "widget",
        quantity: random.integer(1, 50),
        poison: random.chance(0.01) ? pick(eventPoisonNames) : undefined,
      })),
      poison: random.chance(0.01) ? pick(bodyPoisonNames) : undefined,
      times: random.chance(0.05) ? 2 : 1,
    }),
  );
  const before = process.memoryUsage().heapUsed;
  const { equation, deliveries } = await drive(plan, random);
  t.diagnostic(`${deliveries} deliveries: ${JSON.stringify(equation)}`);
  assert.ok(equation.parked + equation.waiting > 0, "some was poisoned");
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < HEAP_GROWTH_BYTES_MAX, `${grown} bytes more are in use`);
});
