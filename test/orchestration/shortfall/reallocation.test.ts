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
import type { Paper } from "../../../src/orchestration/index.ts";
import { sql } from "../../../src/platform/index.ts";
import { renderReport, verify } from "../../../src/verify/index.ts";
import { atMinute, stock } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { happen, openActivity, order, shipment } from "../../verify/activity.ts";

const { database } = await testDatabase();
const sent: Paper[] = [];
const activity = await openActivity(database, {
  supports: async (_account, kind) => kind === "warehouse-release",
  enqueue: async (_tx, paper) => {
    sent.push(paper);
  },
});
const { orders } = activity;
const widget = itemId("widget");
const second = locationId("wh-2");

const lost = (units: number): StockFact => stock.adjusted(-units, widget);

test("an order that a loss hits is served from elsewhere: its line stays promised, and the other warehouse is told", async () => {
  await happen(activity, stock.received(5, widget));
  await happen(activity, stock.received(3, widget, second));
  await order(activity, "o-1", [{ id: "1", item: "widget", units: 4 }]);
  await happen(activity, lost(3));
  const [found] = (await orders.shortfalls.cases({ after: 0, limit: 10 })).cases;
  const [hit] = found?.hits ?? [];
  assert.deepEqual([found?.missing, hit?.promise.orderId, hit?.units], [2, "o-1", 2]);

  const id = hit?.promise.reservationId ?? "";
  const proposals = await orders.relocations.proposeRelocation(id, hit?.units);
  if ("done" in proposals) assert.fail(proposals.refused.message);
  const answer = await orders.relocations.relocate({
    reservationId: id,
    units: 2,
    toLocationId: second,
    versions: proposals.versions,
    because: "lost",
    correlationId: "test",
  });
  assert.ok(answer.done);
  assert.deepEqual((await orders.shortfalls.cases({ after: 0, limit: 10 })).cases, []);
  const [line] = (await orders.order("o-1"))?.lines ?? [];
  assert.deepEqual([line?.promised, line?.ordered], [4, 4]);
  const [release] = sent;
  assert.ok(sent.length === 1 && release?.document.kind === "warehouse-release");
  assert.deepEqual(
    release.document.lines.map((each) => each.quantity),
    [2],
  );
});

test("what was moved is shipped from both places, and the order is done", async () => {
  await happen(activity, shipment("o-1", [{ item: "widget", units: 2 }]));
  await happen(activity, shipment("o-1", [{ item: "widget", units: 2 }], second));
  assert.equal((await orders.order("o-1"))?.order.state, "shipped");
  const [sums] = await database.query<{ allocated: number }>(sql`
    select sum(allocated + held)::bigint as allocated from ledger.position where item_id = 'widget'`);
  assert.equal(sums?.allocated, 0);
});

test("the warehouse that was not called off may pick it all the same: nothing is kept twice", async () => {
  await happen(activity, stock.received(6, widget));
  await happen(activity, stock.received(4, widget, second));
  await order(activity, "o-2", [{ id: "1", item: "widget", units: 4 }]);
  const [promise] = await activity.availability.reservationsOfOrder("o-2");
  const proposals = await orders.relocations.proposeRelocation(promise?.reservationId ?? "", 3);
  if ("done" in proposals) assert.fail(proposals.refused.message);
  const [offer] = proposals.offers;
  const answer = await orders.relocations.relocate({
    ...proposals,
    units: 3,
    toLocationId: offer?.locationId ?? "",
    because: "test",
    correlationId: "test",
  });
  assert.ok(answer.done);
  await happen(activity, shipment("o-2", [{ item: "widget", units: 4 }], promise?.locationId));
  assert.equal((await orders.order("o-2"))?.order.state, "shipped");
});

test("an order that has to come from one location is not taken apart", async () => {
  await happen(activity, stock.received(6, widget));
  await happen(activity, stock.received(4, widget, second));
  await happen(activity, {
    type: "OrderReceived",
    data: {
      orderId: orderId("o-3"),
      accountId: accountId("shop-1"),
      channelId: channelId("web"),
      orderNumber: "o-3",
      placedAt: atMinute(1),
      policy: "ship-complete",
      lines: [
        { lineId: lineId("1"), itemId: widget, ordered: { value: 4, unit: "EA" }, quantity: quantity(4) },
      ],
    },
  });
  const [promise] = await activity.availability.reservationsOfOrder("o-3");
  const id = promise?.reservationId ?? "";
  const proposals = await orders.relocations.proposeRelocation(id, 3);
  const direct = await activity.availability.proposeRelocation(id, 3);
  assert.ok("done" in proposals && !("done" in direct));
  assert.match(proposals.refused.message, /1 locations at most/);
  const answer = await orders.relocations.relocate({
    reservationId: id,
    units: 3,
    toLocationId: direct.offers[0]?.locationId ?? "",
    versions: direct.versions,
    because: "test",
    correlationId: "test",
  });
  assert.deepEqual(answer, proposals);
});

test("the oracle finds nothing to object to in all of it", async () => {
  const report = await verify(database, { now: activity.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});
