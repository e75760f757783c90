import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, type FactData, itemId, lineId, quantity } from "@crossdock/canonical";
import { sql } from "../../../src/platform/index.ts";
import { atMinute, openCore, type Told, tell, warehouse } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { backorders } = core.availability;
const web = channelId("web");
const bolt = itemId("bolt");
await core.governance.saveItems([plainItem(bolt)]);
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: [warehouse] }]);

const DAY = 1_440;
let told = 0;

const says = (number: string, day: number, units: number): Told => {
  told += 1;
  const data: FactData<"SupplyExpected"> = {
    ...{ kind: "purchase-order", number, item: bolt, location: warehouse },
    ...{ quantity: quantity(units), counts: "ordered", expectedAt: atMinute(day * DAY) },
  };
  return { id: `s-${told}`, minute: told, account: "erp", fact: { type: "SupplyExpected", data } };
};

async function hear(...facts: readonly Told[]): Promise<void> {
  await tell(core, facts);
  await core.ledger.supply.subscriber.drain();
  await backorders.subscriber.drain();
  await backorders.offer();
}

async function wait(units: number): Promise<void> {
  const line = {
    lineId: lineId("1"),
    item: { scheme: "id", value: bolt },
    quantity: { value: units, unit: "EA" },
  };
  const request = { channelId: web, policy: "backorder" as const, lines: [line] };
  await core.availability.reserve(request, { clientId: "till", correlationId: "test" });
}

async function standing() {
  const { rows } = await backorders.page({ after: 0, limit: 100, itemId: bolt, withEnded: false });
  return rows.map(({ promisedAt, pegs = [] }) => [
    promisedAt?.slice(0, 10),
    pegs.map(({ document, units }) => [document, Number(units)]),
  ]);
}

const dates = () =>
  database.query<{ before: string | null; day: string | null }>(sql`
    select left(data ->> 'before', 10) as before, left(data ->> 'promisedAt', 10) as day from backbone.event
    where type = 'BackorderDated' order by number`);

test("each who waits has the earliest supply that nobody before him has, and is told when the day is another one", async () => {
  await wait(6);
  await wait(6);
  await hear(says("PO-1", 3, 8), says("PO-2", 9, 20));
  assert.deepEqual(await standing(), [
    ["2026-03-05", [["PO-1", 6]]],
    [
      "2026-03-11",
      [
        ["PO-1", 2],
        ["PO-2", 4],
      ],
    ],
  ]);
  assert.deepEqual(await dates(), [
    { before: null, day: "2026-03-05" },
    { before: null, day: "2026-03-11" },
  ]);
  const asked = { channelId: web, itemIds: [bolt], horizonDays: 30 };
  const [byThen] = (await core.availability.dated.by({ ...asked, by: { day: "2026-03-20" } })) ?? [];
  assert.equal(byThen?.availableToPromise, 16);
  assert.deepEqual(byThen?.supply.map(({ counted, waiting }) => [counted, waiting]).toSorted(), [
    [20, 4],
    [8, 8],
  ]);

  await hear(says("PO-2", 12, 20));
  assert.deepEqual((await standing())[1]?.[0], "2026-03-14");
  assert.deepEqual((await dates()).slice(2), [{ before: "2026-03-11", day: "2026-03-14" }]);
  await hear(says("PO-2", 12, 20));
  assert.equal((await dates()).length, 3);
  await hear(says("PO-2", 12, 3));
  assert.deepEqual((await standing())[1]?.[0], undefined);
  assert.deepEqual((await dates()).slice(3), [{ before: "2026-03-14", day: null }]);
});
