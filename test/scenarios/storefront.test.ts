import assert from "node:assert/strict";
import { test } from "node:test";
import {
  channelId,
  type FactData,
  itemId,
  locationId,
  quantity,
  type Rule,
  type RuleOf,
} from "@crossdock/canonical";
import { storefrontPort } from "../../src/ports/storefront.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const web = channelId("web");
const place = locationId("wh-1");
const act = { correlationId: "test", because: "test" };

await core.governance.saveLocations([
  { locationId: place, code: place, name: place, type: "warehouse", timeZone: "UTC" },
]);
await core.governance.saveItems(["full", "few", "gone", "soon"].map((id) => plainItem(id)));
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: [place] }]);
for (const [at, [item, units]] of [["full", 50] as const, ["few", 4] as const].entries())
  await tell(core, [{ id: `in-${at}`, minute: at, fact: stock.received(units, itemId(item), place) }]);
await core.ledger.subscriber.drain();

const references = ["full", "few", "gone", "never"].map((value) => ({ scheme: "id", value }));
const states = async () => {
  const answer = await storefrontPort(core.availability, core.governance).show({
    channelId: web,
    items: references,
  });
  assert.ok(answer.is === "answered");
  assert.deepEqual(answer.unknown, [{ scheme: "id", value: "never" }]);
  return answer.items.map((item) => item.state);
};

test("few are left below what the channel's rule says, and none are where it is told none", async () => {
  assert.deepEqual(await states(), ["in-stock", "in-stock", "out"]);
  const rule: RuleOf<"channel"> = { kind: "channel", channel: web, name: "Web", locations: [place] };
  await approved({ ...rule, lowBelow: quantity(5) });
  assert.deepEqual(await states(), ["in-stock", "low", "out"]);
  await approved({ ...rule, lowBelow: quantity(5), minimumToPublish: quantity(5) });
  assert.deepEqual(await states(), ["in-stock", "out", "out"]);
});

test("of what there is none now it is shown from when on there is some", async () => {
  const data: FactData<"SupplyExpected"> = {
    ...{ kind: "purchase-order", number: "po-1", item: itemId("soon"), location: place, counts: "ordered" },
    ...{ quantity: quantity(10), expectedAt: "2026-03-06T12:00:00.000Z" },
  };
  await tell(core, [{ id: "po-1", minute: 5, account: "erp", fact: { type: "SupplyExpected", data } }]);
  await core.ledger.supply.subscriber.drain();
  const shown = await storefrontPort(core.availability, core.governance).show({
    channelId: web,
    items: [{ scheme: "id", value: "soon" }],
  });
  const [soon] = shown.is === "answered" ? shown.items : [];
  assert.equal(soon?.state, "by-date");
  assert.ok((soon.availableFrom ?? "") >= data.expectedAt, soon.availableFrom);
});

test("a channel that there is not shows nothing", async () => {
  const shown = await storefrontPort(core.availability, core.governance).show({
    channelId: channelId("nobody"),
    items: references,
  });
  assert.equal(shown.is, "unknown-channel");
});

/** Puts a rule into force, as two people do. */
async function approved(rule: Rule): Promise<void> {
  const { ruleDrafts } = core.availability;
  const edit = { set: [rule], remove: [], undo: [] };
  const made = await ruleDrafts.create("shown", edit, { ...act, by: "mara" });
  assert.ok(made.is === "done");
  const id = made.draft.draft_id;
  assert.equal((await ruleDrafts.check(id, { ...act, by: "mara" })).is, "done");
  assert.equal((await ruleDrafts.approve(id, { ...act, by: "otto" })).is, "done");
  assert.equal((await ruleDrafts.activate(id, { ...act, by: "otto" })).is, "done");
}
