import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AccountId,
  accountSource,
  channelId,
  type FactData,
  itemId,
  quantity,
} from "@crossdock/canonical";
import fc from "fast-check";
import { atMinute, openCore, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
await core.governance.saveLocations([
  { ...{ locationId: "wh-1", code: "wh-1", name: "1", type: "warehouse" }, timeZone: "UTC" },
]);
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1"] }]);

const DAY = 1_440;
const source = accountSource("erp" as AccountId);
const because = "The supplier was asked.";
let told = 0;

const says = (item: string, day: number, minute: number, units = 10): Told => {
  told += 1;
  const data: FactData<"SupplyExpected"> = {
    ...{ kind: "purchase-order", number: item, item: itemId(item), location: warehouse },
    ...{ quantity: quantity(units), counts: "ordered", expectedAt: atMinute(day * DAY) },
  };
  return { id: `s-${told}`, minute, account: "erp", fact: { type: "SupplyExpected", data } };
};

const comes = (item: string, units: number): Told => {
  told += 1;
  const data = { item: itemId(item), location: warehouse, quantity: quantity(units), purchaseOrder: item };
  return { id: `r-${told}`, minute: told, fact: { type: "StockReceived", data } };
};

async function hear(facts: readonly Told[]): Promise<void> {
  await tell(core, facts);
  await core.ledger.subscriber.drain();
  await core.ledger.supply.subscriber.drain();
}

const onDay = (day: number) => core.clock.set(atMinute(day * DAY + 60));

const decide = (document: string, verdict: "keep" | "cancel" | "ignore", day?: number) =>
  core.ledger.supply.decide({
    ...{ source, kind: "purchase-order", document, line: "", verdict, because, by: "buyer" },
    ...{ until: day === undefined ? undefined : new Date(atMinute(day * DAY)), correlationId: "test" },
  });

const overdue = async () => {
  const page = { after: "", limit: 1_000, waitingOnly: true };
  const rows = (await core.availability.dated.list(page)).rows.map(({ input }) => input);
  return rows.map(({ document }) => document);
};

const supplyOf = async (item: string) => {
  const by = { instant: atMinute(90 * DAY) };
  const question = { channelId: channelId("web"), itemIds: [item], horizonDays: 30, by };
  return (await core.availability.dated.by(question))?.[0];
};

test("what is overdue is listed with what of it counts, until somebody decides, and again when that has passed", async () => {
  await core.governance.saveItems([plainItem("late")]);
  onDay(0);
  await hear([says("late", 3, 1)]);
  assert.deepEqual(await overdue(), []);
  onDay(4);
  assert.deepEqual(await overdue(), ["late"]);
  assert.equal((await supplyOf("late"))?.availableToPromise, 5);
  assert.deepEqual(await decide("late", "ignore", 6), { is: "decided", already: false });
  assert.deepEqual(await decide("late", "ignore", 6), { is: "decided", already: true });
  assert.deepEqual(await overdue(), []);
  assert.equal((await supplyOf("late"))?.availableToPromise, 5, "ignoring it makes it no likelier to come");
  onDay(6);
  assert.deepEqual(await overdue(), ["late"]);
  await decide("late", "keep", 9);
  const kept = await supplyOf("late");
  assert.deepEqual([await overdue(), kept?.availableToPromise], [[], 10]);
  assert.deepEqual(
    kept?.supply.map(({ decided, expectedAt, saidFor }) => [decided, expectedAt, saidFor]),
    [["keep", atMinute(9 * DAY), atMinute(3 * DAY)]],
  );
  onDay(9);
  assert.deepEqual(await overdue(), ["late"]);
  await decide("late", "cancel");
  const cancelled = await supplyOf("late");
  assert.deepEqual([await overdue(), cancelled?.availableToPromise], [[], 0]);
  assert.deepEqual(
    cancelled?.supply.map(({ decided, open, counted }) => [decided, open, counted]),
    [["cancel", 10, 0]],
  );
  // Another date is another matter.
  await hear([says("late", 12, 2)]);
  assert.equal((await supplyOf("late"))?.availableToPromise, 10);
  onDay(13);
  assert.deepEqual(await overdue(), ["late"]);
  await hear([comes("late", 10)]);
  assert.deepEqual(await overdue(), []);
});

test("what cannot be decided says why", async () => {
  onDay(20);
  await core.governance.saveItems([plainItem("ended")]);
  await hear([says("ended", 3, 1, 0)]);
  assert.deepEqual(await decide("nobody-knows", "cancel"), { is: "unknown-line" });
  assert.deepEqual(await decide("ended", "cancel"), { is: "not-open" });
  await hear([says("open", 3, 1)]);
  assert.deepEqual(await decide("open", "keep"), { is: "until-missing" });
  assert.deepEqual(await decide("open", "ignore", 5), { is: "until-past" });
});

const step = fc.oneof(
  fc.record({ is: fc.constant("pass" as const), days: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ is: fc.constant("comes" as const), units: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ is: fc.constant("says" as const), days: fc.integer({ min: -3, max: 6 }), units: fc.nat(10) }),
  fc.record({
    is: fc.constant("decides" as const),
    verdict: fc.constantFrom("keep" as const, "cancel" as const, "ignore" as const),
    days: fc.integer({ min: 1, max: 6 }),
  }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What has been said, decided and brought of one line, as anybody would keep it in mind. */
type World = {
  readonly item: string;
  day: number;
  minute: number;
  came: number;
  line: { readonly day: number; readonly units: number };
  decided?: { readonly verdict: string; readonly day: number; readonly about: number };
};

async function take(world: World, each: Step): Promise<void> {
  const { item } = world;
  switch (each.is) {
    case "pass":
      world.day += each.days;
      return onDay(world.day);
    case "comes":
      world.came += each.units;
      return hear([comes(item, each.units)]);
    case "says":
      world.minute += 1;
      world.line = { day: world.day + each.days, units: each.units };
      return hear([says(item, world.line.day, world.minute, each.units)]);
    case "decides": {
      const { verdict } = each;
      const day = world.day + each.days;
      const answer = await decide(item, verdict, verdict === "cancel" ? undefined : day);
      if (answer.is === "decided") world.decided = { verdict, day, about: world.line.day };
      return;
    }
    default:
      return each satisfies never;
  }
}

function expected({ day, came, line, decided }: World) {
  const holds = decided?.about === line.day ? decided : undefined;
  const due = holds?.verdict === "keep" ? holds.day : line.day;
  const isQuiet = holds?.verdict === "cancel" || (holds?.verdict === "ignore" && holds.day > day);
  const isOpen = came < line.units;
  return { isOpen, isListed: isOpen && due <= day && !isQuiet };
}

test("nothing that should have come vanishes: it has come, was ended or dated anew, was decided about, or is on the list", async () => {
  let worlds = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 9 }), async (steps) => {
      worlds += 1;
      const world: World = {
        item: `w${worlds}`,
        day: 100,
        minute: 1,
        came: 0,
        line: { day: 101, units: 10 },
      };
      const { item } = world;
      await core.governance.saveItems([plainItem(item)]);
      onDay(world.day);
      await hear([says(item, world.line.day, world.minute, world.line.units)]);
      for (const each of steps) {
        await take(world, each);
        const { isOpen, isListed } = expected(world);
        assert.equal((await overdue()).includes(item), isListed);
        const shown = (await supplyOf(item))?.supply ?? [];
        assert.equal(shown.length, isOpen ? 1 : 0, "what is open is in every answer, whatever of it counts");
      }
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 20) },
  );
});

test("what is to come is listed by item or place, late or not, and what was cancelled stays on the list with nothing counted", async () => {
  await core.governance.saveItems([plainItem("listed-1"), plainItem("listed-2")]);
  onDay(20);
  await hear([says("listed-1", 30, 20), says("listed-2", 19, 18)]);
  const list = async (more: object) => {
    const page = { after: "listed-", limit: 100, waitingOnly: false, ...more };
    const { rows, next } = await core.availability.dated.list(page);
    return { rows: rows.map(({ input, waits }) => [input.document, waits, input.counted]), next };
  };
  const both = [
    ["listed-1", false, 10],
    ["listed-2", true, 5],
  ];
  assert.deepEqual((await list({})).rows.slice(0, 2), both);
  assert.deepEqual(await list({ limit: 1 }), { rows: both.slice(0, 1), next: "listed-1" });
  assert.deepEqual((await list({ itemId: "listed-2", limit: 1 })).rows, both.slice(1));
  assert.deepEqual((await list({ itemId: "listed-2", waitingOnly: true })).rows, both.slice(1));
  assert.deepEqual((await list({ itemId: "listed-1", waitingOnly: true })).rows, []);
  assert.deepEqual((await list({ itemId: "listed-1", locationId: "nowhere" })).rows, []);
  await decide("listed-2", "cancel", 21);
  assert.deepEqual((await list({ itemId: "listed-2" })).rows, [["listed-2", false, 0]]);
});
