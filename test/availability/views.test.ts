import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { type Availability, channelId, itemId, lineId, locationId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import { availabilityOf } from "../../src/availability/atp-service.ts";
import { createViews } from "../../src/availability/memory/service.ts";
import { createReads } from "../../src/availability/read-service.ts";
import { createBookMemory } from "../../src/availability/rules/memory-service.ts";
import { loadRules } from "../../src/availability/rules/version-service.ts";
import { manualClock } from "../support/clock.ts";
import { type Core, openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const clock = manualClock();
/** Two processes that do not hear of each other but through the database. */
const processes = [openCore(database, { clock }), openCore(database, { clock })] as const;
const [first] = processes;
const channels = ["web", "shop"].map(channelId);
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);
await first.availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] },
  { channelId: "shop", name: "Shop", locationIds: ["wh-2"] },
]);
const rules = createBookMemory(first);
/** Only the test's clock passes for them, a millisecond a step. */
const asks = processes.map((core) =>
  createReads(createViews({ ...core, rules: createBookMemory(core), stopwatch: () => 0 })),
);

const context = { by: "test", reason: "test", correlationId: "test" };
/** Far more than the test's clock passes in one run, so that only what it waits for runs out. */
const TTL_SECONDS = 30;

/** What rows say now of items for every channel, without the moment. */
async function rowsSay(itemIds: readonly string[]): Promise<readonly unknown[]> {
  const book = await rules.fresh();
  const deps = { database, clock, governance: first.governance, ledger: first.ledger };
  const answers = await Promise.all(channels.map((one) => availabilityOf(deps, book, one, itemIds)));
  return answers.map((figures) => inOrder(itemIds, figures));
}

function inOrder(itemIds: readonly string[], figures: readonly Availability[] | undefined): unknown {
  const byItem = new Map(figures?.map((figure): [string, Availability] => [figure.itemId, figure]));
  return itemIds.map((id) => {
    const { asOf: _, locations, kit, ...figure } = byItem.get(id) ?? { asOf: "" };
    const components = kit?.components.map((part) => ({ ...part, locations: byPlace(part.locations) }));
    return { ...figure, locations: byPlace(locations), kit: kit && { ...kit, components } };
  });
}

/** Rows come in no order. */
const byPlace = <Place extends { readonly locationId: string }>(places: readonly Place[] | undefined) =>
  places?.toSorted((a, b) => (a.locationId < b.locationId ? -1 : 1));

const process = fc.nat(1);
const item = fc.nat(3);
const place = fc.constantFrom(...places);
const units = fc.integer({ min: 1, max: 9 });
const channel = fc.nat(1);
const moving = fc.oneof(
  fc.record({ is: fc.constant("receive" as const), process, item, place, units }),
  fc.record({ is: fc.constant("reserve" as const), process, item, channel, units }),
);
const changing = fc.oneof(
  fc.record({ is: fc.constant("release" as const), process, nth: fc.nat(5) }),
  fc.record({ is: fc.constant("confirm" as const), process, nth: fc.nat(5) }),
  fc.record({ is: fc.constant("extend" as const), process, nth: fc.nat(5) }),
  fc.record({ is: fc.constant("fence" as const), process, item, channel, place, units }),
  fc.record({ is: fc.constant("give back" as const), process, item, channel, place, units }),
  fc.record({ is: fc.constant("rule" as const), process, channel, item, units }),
  fc.record({ is: fc.constant("class" as const), process, item, isSmall: fc.boolean() }),
  fc.record({ is: fc.constant("class rule" as const), process, channel, units }),
  fc.record({ is: fc.constant("network" as const), process, isWide: fc.boolean() }),
  fc.record({ is: fc.constant("kit" as const), process, item, perKit: units }),
  fc.record({ is: fc.constant("merge" as const), process, from: item, into: item }),
  fc.record({ is: fc.constant("sweep" as const), process }),
);
const time = fc.record({ is: fc.constant("time" as const), seconds: fc.constantFrom(1, 20, TTL_SECONDS) });
const ask = fc.record({
  is: fc.constant("ask" as const),
  process,
  channel,
  items: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
  fresh: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
});
/** What moves stock most of all, with many questions between: a memory lies where something is asked before, not while, and after. */
const steps = fc.array(
  fc.oneof(
    { arbitrary: ask, weight: 10 },
    { arbitrary: moving, weight: 6 },
    { arbitrary: changing, weight: 2 },
    { arbitrary: time, weight: 2 },
  ),
  { minLength: 30, maxLength: 90, size: "max" },
);
type Step = typeof moving | typeof changing | typeof time extends fc.Arbitrary<infer One> ? One : never;

const RUNS = 10;
let runs = 0;

/** Items of one run: four plain ones, a kit, and a name that means nothing. */
async function newItems(): Promise<readonly string[]> {
  runs += 1;
  const ids = ["a", "b", "c", "d"].map((name) => `${name}-${runs}`);
  const kit = `kit-${runs}`;
  await first.governance.saveItems(ids.map(plainItem));
  await first.governance.saveItems([kitOf(kit, ids[0] ?? "", 2)]);
  return [...ids, kit, `nothing-${runs}`];
}

const kitOf = (kit: string, part: string, perKit: number) => ({
  ...plainItem(kit),
  components: [{ itemId: part, quantity: perKit }],
});

type World = { readonly items: readonly string[]; readonly held: string[]; told: number };

async function reserve(core: Core, world: World, wanted: Step & { is: "reserve" }): Promise<void> {
  const name = world.items[wanted.item] ?? "";
  const answer = await core.availability.reserve(
    {
      channelId: channels[wanted.channel] ?? channelId("web"),
      policy: "partial",
      ttlSeconds: TTL_SECONDS,
      lines: [
        {
          ...{ lineId: lineId("1"), item: { scheme: "id", value: name } },
          quantity: { value: wanted.units, unit: "EA" },
        },
      ],
    },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer);
  world.held.push(...answer.answer.reservations.map(({ reservationId }) => reservationId));
}

async function run(world: World, wanted: Step): Promise<void> {
  const { items, held } = world;
  const core = "process" in wanted ? (processes[wanted.process] ?? first) : first;
  const nth = "nth" in wanted ? (held[wanted.nth % Math.max(1, held.length)] ?? "none") : "none";
  const about = "item" in wanted ? itemId(items[wanted.item] ?? "") : itemId("none");
  const seller = "channel" in wanted ? (channels[wanted.channel] ?? channelId("web")) : channelId("web");
  const fenced = (fence: Step & { is: "fence" | "give back" }) => ({
    ...{
      channelId: seller,
      itemId: about,
      locationId: fence.place,
      lot: "",
      quantity: quantity(fence.units),
    },
    ...context,
  });
  switch (wanted.is) {
    case "receive": {
      world.told += 1;
      const id = `${runs}-${world.told}`;
      await tell(core, [{ id, minute: 1, fact: stock.received(wanted.units, about, wanted.place) }]);
      await core.ledger.subscriber.drain();
      return;
    }
    case "reserve":
      return reserve(core, world, wanted);
    case "release":
      await core.availability.step([nth], { step: "release", ...context });
      return;
    case "confirm":
      await core.availability.step([nth], { step: "allocate", ...context });
      return;
    case "extend":
      await core.availability.change(nth, { kind: "extend", until: { ttlMs: 45_000 } }, context);
      return;
    case "fence":
      await core.availability.ringFences.setAside(fenced(wanted));
      return;
    case "give back":
      await core.availability.ringFences.giveBack(fenced(wanted));
      return;
    default:
      return runOther(world, core, wanted);
  }
}

/** What happens to rules, to master data and with time. */
async function runOther({ items }: World, core: Core, wanted: Step): Promise<void> {
  const about = "item" in wanted ? itemId(items[wanted.item] ?? "") : itemId("none");
  const seller = "channel" in wanted ? (channels[wanted.channel] ?? channelId("web")) : channelId("web");
  switch (wanted.is) {
    case "rule":
      await core.availability.saveRules([
        { channelId: seller, itemId: about, buffer: wanted.units, cap: 20, protected: wanted.units },
      ]);
      return;
    case "class":
      await core.governance.saveItems([
        { ...plainItem(about), ...(wanted.isSmall ? { itemClass: "small" } : {}) },
      ]);
      return;
    case "class rule":
      await loadRules(core, [
        { kind: "buffer", channel: seller, itemClass: "small", units: quantity(wanted.units) },
      ]);
      return;
    case "network":
      await core.availability.saveChannels([
        { channelId: "web", name: "Web", locationIds: wanted.isWide ? places : places.slice(0, 2) },
      ]);
      return;
    case "kit":
      await core.governance.saveItems([kitOf(items[4] ?? "", about, wanted.perKit)]);
      return;
    case "merge":
      await core.availability.itemIdentities.merge({
        ...{ itemId: itemId(items[wanted.from] ?? ""), into: itemId(items[wanted.into] ?? "") },
        ...{ ...context, preview: false },
      });
      return;
    case "time":
      clock.advance(wanted.seconds * 1_000);
      return;
    case "sweep":
      await core.availability.sweep();
      return;
    default:
      throw new Error(`nobody runs ${wanted.is}`);
  }
}

/** What rows said after a step, and when. */
type Then = { readonly at: string; readonly said: readonly unknown[] };

/** Whether a step has changed what rows say of an item; one that was refused has not. */
function isOther(before: Then | undefined, after: Then | undefined, at: number): boolean {
  const of = (then: Then | undefined) =>
    then?.said.map((figures) => (Array.isArray(figures) ? figures[at] : []));
  return !isDeepStrictEqual(of(before), of(after));
}

/** The items that a step of a process is about, by their places. */
function ownItems(one: Step): readonly number[] {
  switch (one.is) {
    case "receive":
    case "reserve":
    case "fence":
    case "give back":
      return [one.item];
    case "merge":
      return [one.from, one.into];
    case "kit":
      return [4];
    case "rule":
    case "class":
    case "class rule":
    case "network":
      return [0, 1, 2, 3, 4];
    default:
      return [];
  }
}

test("an answer is what rows said at its moment or since, never of before an own step, and never goes back", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (wanted) => {
      const world: World = { items: await newItems(), held: [], told: 0 };
      const now = async (): Promise<Then> => ({
        at: clock.now().toISOString(),
        said: await rowsSay(world.items),
      });
      const past = [await now()];
      const [given, own] = [
        [0, 0],
        [new Map<number, number>(), new Map<number, number>()],
      ];
      for (const one of wanted) {
        if (one.is !== "ask") {
          clock.advance(1);
          await run(world, one);
          past.push(await now());
          const changed = ownItems(one).filter((at) => isOther(past.at(-2), past.at(-1), at));
          for (const at of changed) if ("process" in one) own[one.process]?.set(at, past.length - 1);
          continue;
        }
        const ids = one.items.map((at) => world.items[at] ?? "");
        const seller = channels[one.channel] ?? channelId("web");
        const answer = await asks[one.process]?.availability(seller, ids, { fresh: one.fresh });
        const asOf = answer?.[0]?.asOf ?? past[0]?.at ?? "";
        const isThen = ({ said }: Then) => {
          const figures = said[one.channel];
          assert.ok(Array.isArray(figures));
          const then = one.items.map((at) => figures[at]);
          return isDeepStrictEqual(inOrder(ids, answer), then);
        };
        const least = Math.max(
          given[one.process] ?? 0,
          past.findLastIndex(({ at }) => at <= asOf),
          ...one.items.map((at) => own[one.process]?.get(at) ?? 0),
          one.fresh ? past.length - 1 : 0,
        );
        const found = past.findIndex((then, index) => index >= least && isThen(then));
        assert.ok(found >= 0, `${JSON.stringify(one)} from ${least} of ${past.length - 1}: ${asOf}`);
        given[one.process] = found;
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  assert.ok((await first.metrics.text()).includes('availability_questions_total{from="memory"}'));
});
