import assert from "node:assert/strict";
import { test } from "node:test";
import { type Availability, channelId, itemId, lineId, locationId } from "@crossdock/canonical";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const one = lineId("1");
const [web, shop, nobody] = ["web", "shop", "nobody"].map(channelId);
assert.ok(web && shop && nobody);
const items = Array.from({ length: 30 }, (_, at) => `item-${at}`);
await core.governance.saveItems(items.map(plainItem));
await core.availability.saveChannels([
  { channelId: web, name: "Web", locationIds: ["wh-1", "wh-2"] },
  { channelId: shop, name: "Shop", locationIds: ["wh-2"] },
]);
await tell(
  core,
  items.flatMap((id, at) => [
    { id: `one-${at}`, minute: at, fact: stock.received(at + 1, itemId(id), locationId("wh-1")) },
    { id: `two-${at}`, minute: at, fact: stock.received(100 + at, itemId(id), locationId("wh-2")) },
  ]),
);
await core.ledger.subscriber.drain();

const figures = (answer: readonly Availability[] | undefined) =>
  answer?.map(({ channelId: channel, itemId: id, availableToPromise }) => [channel, id, availableToPromise]);

test("questions of the same moment are answered each for its channel, its items and in its order", async () => {
  const { availability } = core.availability;
  const [first = "", second = "", third = ""] = items;
  const answers = await Promise.all([
    availability(web, [second, first]),
    availability(shop, [first, "unheard-of", third]),
    availability(web, [third, second]),
    availability(nobody, [first]),
    availability(web, []),
    // Too many to wait for: it is answered by itself.
    availability(shop, items),
  ]);
  assert.deepEqual(answers.slice(0, 5).map(figures), [
    [
      [web, second, 103],
      [web, first, 101],
    ],
    [
      [shop, first, 100],
      [shop, third, 102],
    ],
    [
      [web, third, 105],
      [web, second, 103],
    ],
    undefined,
    [],
  ]);
  assert.equal(answers[5]?.length, items.length);
});

test("an answer never is of a moment before its question", async () => {
  const [item = ""] = items;
  const reserve = () =>
    core.availability.reserve(
      {
        channelId: web,
        lines: [{ lineId: one, item: { scheme: "id", value: item }, quantity: { value: 1, unit: "EA" } }],
      },
      { clientId: "test", correlationId: "test" },
    );
  for (let sold = 1; sold <= 10; sold += 1) {
    const early = core.availability.availability(web, [item]);
    await reserve();
    assert.deepEqual(figures(await core.availability.availability(web, [item])), [[web, item, 101 - sold]]);
    await early;
  }
});
