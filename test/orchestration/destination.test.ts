import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  type Party,
  quantity,
  type Rule,
} from "@crossdock/canonical";
import { loadRules } from "../../src/availability/rules/version-service.ts";
import { createOrchestration } from "../../src/orchestration/index.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const orders = createOrchestration({
  ...core,
  papers: { supports: async () => false, enqueue: async () => undefined },
});
const web = channelId("web");
const [north, south] = ["wh-north", "wh-south"].map(locationId);
assert.ok(north !== undefined && south !== undefined);
await core.governance.saveItems([plainItem("lamp")]);
await core.availability.saveChannels([{ channelId: web, name: "Web", locationIds: [north, south] }]);
await loadRules(core, [
  { kind: "sourcing", channel: web, criteria: ["cost"] },
  { kind: "lane", location: north, zone: "DE", perOrder: quantity(500) },
  { kind: "lane", location: south, zone: "DE", perOrder: quantity(700) },
  { kind: "lane", location: south, zone: "DE-8", perOrder: quantity(300) },
] satisfies readonly Rule[]);
await tell(
  core,
  [north, south].map((place, index) => ({
    ...{ id: `lamp-${index}`, minute: index, fact: stock.received(10, itemId("lamp"), place) },
  })),
);
await core.ledger.subscriber.drain();

/** From where an order is promised whose goods go to a party. */
async function sentFrom(id: string, parties: readonly Party[]): Promise<readonly string[]> {
  await tell(core, [
    {
      ...{ id, minute: 60, account: "shop" },
      fact: {
        type: "OrderReceived",
        data: {
          ...{ orderId: orderId(id), orderNumber: id, channelId: web, accountId: accountId("shop") },
          placedAt: "2026-03-02T08:00:00.000Z",
          parties: [...parties],
          lines: [
            {
              ...{ lineId: lineId("1"), itemId: itemId("lamp"), quantity: quantity(1) },
              ordered: { value: 1, unit: "EA" },
            },
          ],
        },
      },
    },
  ]);
  await orders.subscriber.drain();
  const made = await core.availability.reservationsOfOrder(id);
  return made.map((each) => each.locationId);
}

test("an order comes from where it costs least to send it to the postal code of its ship-to", async () => {
  const shipTo = (country: string, postalCode?: string): readonly Party[] => [
    { role: "buyer", country: "DE", postalCode: "80331" },
    { role: "ship-to", country, ...(postalCode === undefined ? {} : { postalCode }) },
  ];
  assert.deepEqual(
    [
      await sentFrom("munich", shipTo("de", "80 331")),
      await sentFrom("hamburg", shipTo("DE", "20095")),
      await sentFrom("germany", shipTo("DE")),
      await sentFrom("nowhere", []),
    ],
    [[south], [north], [north], [north]],
  );
});
