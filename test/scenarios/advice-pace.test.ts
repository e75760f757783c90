import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, channelId, type DocumentOf, itemId, type StockStatement } from "@crossdock/canonical";
import { sql } from "../../src/platform/index.ts";
import { type House, openSilentHouse } from "./company.ts";

const RETAILER = accountId("northgate");

/** Moves units of lamps at the warehouse that the retailer is sold from, and lets the house do what follows at once. */
async function adjust({ product, clock }: House, id: string, delta: number): Promise<void> {
  const statement: StockStatement = {
    type: "StockAdjusted",
    id,
    effectiveAt: clock.now().toISOString(),
    data: {
      item: { scheme: "sku", value: "LAMP" },
      location: { scheme: "code", value: "WEST" },
      delta: { value: delta, unit: "EA" },
      reason: "found",
    },
  };
  const answer = await product.integration.submit({
    accountId: accountId("wms-west"),
    statements: [statement],
    correlationId: id,
  });
  assert.ok("outcomes" in answer && answer.outcomes[0]?.is === "applied", JSON.stringify(answer));
  await product.drain();
}

/** What the retailer was told of lamps, one figure an 846. */
async function told({ product }: House): Promise<readonly unknown[]> {
  const rows = await product.database.query<{ content: DocumentOf<"inventory-advice"> }>(sql`
    select content from integration.document
    where account_id = ${RETAILER} and kind = 'inventory-advice' order by document_id`);
  return rows.flatMap(({ content }) => content.rows.map((row) => row.available.value));
}

test("a retailer is advised of changes once in its interval, and within seconds of what is sold out", async (t) => {
  const house = await openSilentHouse(t, new Date("2026-03-02T08:00:00Z"));
  const { product, clock } = house;
  await adjust(house, "a", 40);
  await product.availability.listOnAccount(RETAILER, channelId("edi"), [itemId("lamp")]);
  await product.drain();
  assert.deepEqual(await told(house), [40], "the first figure waits for nothing");

  const minutes = async (count: number) => {
    clock.advance(count * 60_000);
    await product.drain();
  };
  await minutes(1);
  await adjust(house, "b", -1);
  await minutes(5);
  await adjust(house, "c", -2);
  await minutes(5);
  assert.deepEqual(await told(house), [40]);
  await minutes(5);
  assert.deepEqual(
    await told(house),
    [40, 37],
    "the changes are told together, with the figure of that moment",
  );

  await minutes(1);
  await adjust(house, "d", -7);
  await adjust(house, "e", -30);
  clock.advance(15_000);
  await product.drain();
  assert.deepEqual(await told(house), [40, 37, 0]);
});
