import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type StockFact,
} from "@crossdock/canonical";
import { partnerPort } from "../../src/ports/partner.ts";
import { warehousePort } from "../../src/ports/warehouse.ts";
import { createPartner, openBench, saveMaster } from "../integration/partner.ts";
import { tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { availability, governance, integration, clock, ledger } = bench;
const [place, gadget, web] = [locationId("wh-1"), itemId("gadget"), channelId("web")];
await saveMaster(bench, []);
await governance.saveItems([{ ...plainItem(gadget), tracking: "lot" as const }]);
const buyer = await createPartner(bench, "buyer");
await integration.accounts.change(buyer, { channelId: web });
await governance.saveAliases([
  { kind: "item", scheme: "gtin", scope: "", value: "4012345678901", target: gadget },
  { kind: "item", scheme: "buyer-part", scope: buyer, value: "4711-A", target: gadget },
]);
await governance.stateMaster(
  [
    { kind: "lot", item: { scheme: "id", value: gadget }, lot: "OLD", expiresOn: "2027-01-31" },
    { kind: "lot", item: { scheme: "id", value: gadget }, lot: "NEW", expiresOn: "2028-01-31" },
  ],
  { by: "steward", correlationId: "test" },
);
await availability.saveChannels([{ channelId: web, name: "Web", locationIds: [place] }]);
const received = (lot: string, units: number): StockFact => ({
  type: "StockReceived",
  data: { item: gadget, location: place, lot, quantity: quantity(units) },
});
await tell(bench, [
  { id: "r-new", minute: 1, fact: received("NEW", 9) },
  { id: "r-old", minute: 2, fact: received("OLD", 5) },
]);
await ledger.subscriber.drain();
const line = {
  ...{ lineId: lineId("1"), itemId: gadget, quantity: quantity(3), orderedUnit: quantity(1) },
  components: [{ itemId: gadget, quantity: 1 }],
};
await database.transaction((tx) =>
  availability.promise(tx, [
    {
      request: {
        channelId: web,
        policy: "all-or-nothing",
        orderId: orderId("o-1"),
        lines: [line],
        refused: [],
      },
      ...{ expiresAt: undefined, correlationId: "o-1", accountId: buyer },
    },
  ]),
);

const { sku } = plainItem(gadget);
const scanner = warehousePort({ database, clock, governance, ledger });
const scan = async (code: string) => {
  const answer = await scanner.scan({ location: place, code });
  assert.ok(answer.is === "found", answer.is === "found" ? "" : answer.message);
  return answer.scanned;
};

test("a SKU, a GTIN and a barcode lead to the same shelf; the lot that expires first is at the top, and says what to pick", async () => {
  for (const code of [sku, "4012345678901", "0104012345678901"]) {
    const { lots, toPick, item } = await scan(code);
    assert.equal(item.itemId, gadget);
    assert.deepEqual(
      lots.map((lot) => [lot.lot, lot.expiresOn, lot.onHand, lot.available, lot.allocated]),
      [
        ["OLD", "2027-01-31", 5, 2, 3],
        ["NEW", "2028-01-31", 9, 9, 0],
      ],
    );
    assert.deepEqual(
      toPick.map((each) => [each.orderId, each.lineId, each.lot, each.units]),
      [["o-1", "1", "OLD", 3]],
    );
  }
});

test("a barcode with a lot narrows the answer to it", async () => {
  const { lots, toPick, read } = await scan("]d201040123456789011728013110NEW");
  assert.deepEqual(read, { gtin: "04012345678901", lot: "NEW", expiresOn: "2028-01-31" });
  assert.deepEqual([lots.map(({ lot }) => lot), toPick], [["NEW"], []]);
});

test("what names nothing is said to", async () => {
  const is = async (location: string, code: string) => (await scanner.scan({ location, code })).is;
  assert.equal(await is("nowhere", sku), "unknown-location");
  assert.equal(await is(place, "no-such-thing"), "unknown-item");
  assert.equal(await is(place, "]C10104012345678902"), "unreadable");
});

test("a partner is answered by part numbers of its own, and by nobody else's", async () => {
  const orders = { page: async () => ({ rows: [], next: undefined }), find: async () => undefined };
  const portal = partnerPort({ availability, governance, integration }, orders);
  const answer = await portal.items(buyer, ["4711-A", "WIDGET-X"]);
  assert.deepEqual(answer, {
    is: "answered",
    items: [{ name: "4711-A", itemId: gadget, sku: (await scan(sku)).item.sku, available: 11 }],
    unknown: ["WIDGET-X"],
  });
  const other = await createPartner(bench, "other");
  assert.equal((await portal.items(accountId("nobody"), ["4711-A"])).is, "no-channel");
  await integration.accounts.change(other, { channelId: web });
  assert.deepEqual(await portal.items(other, ["4711-A"]), { is: "answered", items: [], unknown: ["4711-A"] });
});
