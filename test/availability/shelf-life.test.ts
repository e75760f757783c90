import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  accountId,
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type Rule,
  type StockFact,
} from "@crossdock/canonical";
import type { PublicationSink } from "../../src/availability/index.ts";
import { loadRules } from "../../src/availability/rules/version-service.ts";
import { openCore, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const web = channelId("web");
const picky = channelId("picky");
const shop = accountId("shop-1");
const [east, west] = ["wh-east", "wh-west"].map(locationId);
assert.ok(east !== undefined && west !== undefined);

const told = new Map<string, number>();
const sink: PublicationSink = {
  rowsPerCall: async () => 100,
  async publish(_account, rows) {
    for (const row of rows) told.set(row.itemId, row.quantity);
    return { outcomes: rows.map((row) => ({ ...row, result: "published" as const })) };
  },
};
const core = openCore(database, { sink });
const { availability, clock, governance } = core;
clock.set("2026-03-02T09:00:00Z");
const zones = { "wh-east": "Pacific/Auckland", "wh-west": "America/Los_Angeles" };
await governance.saveLocations(
  Object.entries(zones).map(([id, timeZone]) => ({
    ...{ locationId: id, code: id.toUpperCase(), name: id, type: "warehouse" as const, timeZone },
  })),
);
await availability.saveChannels(
  [web, picky].map((id) => ({ channelId: id, name: id, locationIds: ["wh-east", "wh-west"] })),
);
await loadRules(core, [{ kind: "minimum-shelf-life", channel: picky, days: 10 } satisfies Rule]);

let facts = 0;
async function happen(fact: StockFact): Promise<void> {
  facts += 1;
  await tell(core, [{ id: `shelf-${facts}`, minute: facts, fact }]);
  await core.ledger.subscriber.drain();
  await core.lots.subscriber.drain();
}

type Brought = { readonly lot?: string; readonly day?: string; readonly at?: typeof west };

/** A lot comes, with the last day on its label. */
const receipt = (item: ItemId, units: number, { lot = "L1", day, at = west }: Brought = {}): StockFact => ({
  type: "StockReceived",
  data: {
    ...{ item, location: at, quantity: quantity(units), lot },
    ...(day === undefined ? {} : { expiresAt: `${day}T00:00:00Z` }),
  },
});

async function lotted(id: string): Promise<ItemId> {
  await governance.saveItems([{ ...plainItem(id), tracking: "lot" as const }]);
  return itemId(id);
}

async function figure(item: ItemId, channel = web) {
  const [found] = (await availability.availability(channel, [item])) ?? [];
  return [found?.availableToPromise, found?.formula?.belowShelfLife ?? 0];
}

async function reserve(item: ItemId, units: number, channel = web) {
  const reference = { scheme: "id", value: item } as const;
  const lines = [{ lineId: lineId("1"), item: reference, quantity: { value: units, unit: "EA" } }];
  const answer = await availability.reserve(
    { channelId: channel, policy: "partial", lines },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer);
  return answer.answer.reservations.map(
    ({ locationId: place, lot, quantity: many }) => `${place} ${lot} ${many}`,
  );
}

async function publish(): Promise<void> {
  await availability.dirtyMarker.drain();
  await availability.publisher.drain();
}

describe("a lot that has expired", () => {
  test("is neither counted nor promised from the midnight on that ends its last day where it lies", async () => {
    const item = await lotted("yoghurt");
    await happen(receipt(item, 5, { at: east, day: "2026-03-02" }));
    await happen(receipt(item, 7, { lot: "L1" }));
    // 22:00 in Auckland, and the last day is not over.
    assert.deepEqual(await figure(item), [12, 0]);
    clock.set("2026-03-02T10:59:59Z");
    assert.deepEqual(await figure(item), [12, 0]);
    clock.set("2026-03-02T11:00:00Z");
    assert.deepEqual(await figure(item), [7, 5]);
    assert.deepEqual(await reserve(item, 12), ["wh-west L1 7"]);
  });

  test("is not promised though asked for by its number", async () => {
    const item = await lotted("cream");
    await happen(receipt(item, 5, { lot: "OLD", day: "2026-03-01" }));
    const answer = await availability.reserve(
      {
        channelId: web,
        lines: [
          {
            ...{ lineId: lineId("1"), lot: "OLD", quantity: { value: 1, unit: "EA" } },
            item: { scheme: "id", value: item },
          },
        ],
      },
      { clientId: "test", correlationId: "test" },
    );
    assert.ok("answer" in answer && answer.answer.reservations.length === 0);
  });

  test("is what an order was sent all the same, when the warehouse says so", async () => {
    const item = await lotted("quark");
    await happen(receipt(item, 5, { lot: "OLD", day: "2026-02-01" }));
    const id = orderId("quark-1");
    await happen({
      type: "StockPicked",
      data: {
        ...{ item, location: west, quantity: quantity(2), lot: "OLD" },
        ...{ orderLine: { orderId: id, lineId: lineId("1") } },
      },
    });
    const line = {
      ...{ lineId: lineId("1"), itemId: item, quantity: quantity(3), orderedUnit: quantity(1) },
      components: [{ itemId: item, quantity: 1 }],
    };
    const request = { channelId: web, policy: "partial" as const, orderId: id, refused: [], lines: [line] };
    const [promise] = await database.transaction((tx) =>
      availability.promise(tx, [{ accountId: shop, request, expiresAt: undefined, correlationId: "quark" }]),
    );
    assert.deepEqual(
      promise?.reservations.map((each) => [each.lot, each.quantity]),
      [["OLD", 2]],
      "what has left is promised, and nothing more of that lot",
    );
  });
});

describe("a channel that asks for days of shelf life", () => {
  test("is promised lots that are good for so long, though another is promised the rest", async () => {
    const item = await lotted("cheese");
    clock.set("2026-03-05T12:00:00Z");
    await happen(receipt(item, 4, { lot: "SOON", day: "2026-03-14" }));
    await happen(receipt(item, 6, { lot: "LATE", day: "2026-03-15" }));
    await happen(receipt(item, 1, { lot: "NONE" }));
    assert.deepEqual(await figure(item, picky), [7, 4]);
    assert.deepEqual(await figure(item), [11, 0]);
    assert.deepEqual(await reserve(item, 8, picky), ["wh-west LATE 6", "wh-west NONE 1"]);
    assert.deepEqual(await reserve(item, 8), ["wh-west SOON 4"]);
  });

  test("is shown which rule made it fewer", async () => {
    const [found] = (await availability.availability(picky, ["cheese"])) ?? [];
    assert.deepEqual(
      found?.formula?.rules?.map(({ input, rule }) => [input, rule]),
      [["belowShelfLife", "minimum-shelf-life/channel:picky"]],
    );
  });

  test("may be promised by a date what is good then", async () => {
    const item = await lotted("butter");
    await happen(receipt(item, 4, { lot: "SOON", day: "2026-03-20" }));
    await happen(receipt(item, 6, { lot: "LATE", day: "2026-04-20" }));
    const by = async (day: string, channel = web) => {
      const found = await availability.dated.by({
        ...{ channelId: channel, itemIds: [item], horizonDays: 60, by: { day } },
      });
      return found?.[0]?.availableToPromise;
    };
    assert.deepEqual(
      await Promise.all([by("2026-03-20"), by("2026-03-21"), by("2026-04-21"), by("2026-03-11", picky)]),
      [10, 6, 0, 6],
    );
    const [series] =
      (await availability.dated.series({
        ...{
          channelId: web,
          itemIds: [item],
          horizonDays: 60,
          nearHours: 1,
          timeZone: "America/Los_Angeles",
        },
      })) ?? [];
    const steps = series?.points.filter(
      (point, at, all) => point.availableToPromise !== all[at - 1]?.availableToPromise,
    );
    assert.deepEqual(
      steps?.map(({ at, availableToPromise: units }) => [at.slice(0, 10), Number(units)]),
      [
        ["2026-03-05", 10],
        ["2026-03-21", 6],
        ["2026-04-21", 0],
      ],
    );
  });
});

describe("channels hear of it", () => {
  test("when a day begins, though nothing has happened", async () => {
    const item = await lotted("milk");
    await happen(receipt(item, 5, { lot: "L1", day: "2026-03-05" }));
    await happen(receipt(item, 3, { lot: "L2", day: "2026-03-09" }));
    await availability.listOnAccount(shop, web, [item]);
    await availability.ageLots();
    await publish();
    assert.equal(told.get(item), 8);
    clock.set("2026-03-06T08:00:00Z");
    assert.ok((await availability.ageLots()) > 0);
    await publish();
    assert.equal(told.get(item), 3);
    assert.equal(await availability.ageLots(), 0, "a day begins once");
  });

  test("when a day begins on which a lot is too old for them alone", async () => {
    const item = await lotted("skyr");
    const pickyShop = accountId("picky-1");
    await happen(receipt(item, 5, { lot: "L1", day: "2026-03-17" }));
    await availability.listOnAccount(pickyShop, picky, [item]);
    await availability.ageLots();
    await publish();
    assert.equal(told.get(item), 5);
    clock.set("2026-03-08T09:00:00Z");
    await availability.ageLots();
    await publish();
    assert.equal(told.get(item), 0);
  });

  test("when a lot turns out to have another last day", async () => {
    const item = await lotted("whey");
    await happen(receipt(item, 5, { lot: "L1", day: "2026-04-01" }));
    await availability.listOnAccount(shop, web, [item]);
    await availability.ageLots();
    await publish();
    assert.equal(told.get(item), 5);
    await governance.stateMaster(
      [{ kind: "lot", item: { scheme: "id", value: item }, lot: "L1", expiresOn: "2026-03-01" }],
      { by: "steward", correlationId: "test" },
    );
    assert.equal(await availability.ageLots(), 1);
    await publish();
    assert.equal(told.get(item), 0);
  });
});
