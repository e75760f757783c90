import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, itemId, lineId, locationId } from "@crossdock/canonical";
import fc from "fast-check";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const web = channelId("web");
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);
const { database } = await testDatabase();
const core = openCore(database);
await core.governance.saveLocations(
  places.map((id) => ({ locationId: id, code: id, name: id, type: "warehouse", timeZone: "UTC" })),
);
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] }]);

let told = 0;
async function stocked(id: string, units: readonly number[]): Promise<void> {
  await core.governance.saveItems([plainItem(id)]);
  const facts = units.flatMap((count, at) => {
    told += 1;
    return count === 0
      ? []
      : [{ id: `t-${told}`, minute: 1, fact: stock.received(count, itemId(id), places[at]) }];
  });
  if (facts.length > 0) await tell(core, facts);
  await core.ledger.subscriber.drain();
}

async function promised(item: string, units: number, location: string | undefined): Promise<boolean> {
  const line = {
    lineId: lineId("1"),
    item: { scheme: "id", value: item },
    quantity: { value: units, unit: "EA" },
    ...(location === undefined ? {} : { locationId: locationId(location) }),
  };
  const answer = await core.availability.reserve(
    { channelId: web, lines: [line] },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer);
  const ids = answer.answer.reservations.map((each) => each.reservationId);
  const step = { step: "release" as const, reason: "tried", correlationId: "test" };
  await core.availability.step(ids, step);
  return answer.answer.outcome === "reserved";
}

test("a location's figure is what could be promised from there, and not one more, of items and of kits", async () => {
  let run = 0;
  const few = fc.array(fc.nat(9), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(few, few, fc.nat(6), async (bolts, nuts, buffer) => {
      run += 1;
      const [bolt, nut, set] = [`bolt-${run}`, `nut-${run}`, `set-${run}`];
      await stocked(bolt, bolts);
      await stocked(nut, nuts);
      const components = [
        { itemId: bolt, quantity: 2 },
        { itemId: nut, quantity: 1 },
      ];
      await core.governance.saveItems([{ ...plainItem(set), units: [], components }]);
      await core.availability.saveRules([
        { channelId: "web", itemId: bolt, buffer, cap: null, protected: 0 },
      ]);
      const answer = await core.availability.cells({
        channelId: web,
        itemIds: [bolt, nut, set],
        locationIds: places,
      });
      assert.deepEqual(answer?.outsideNetwork, ["wh-3"]);
      for (const [item, { figure, cells, atLocations }] of answer?.figures ?? []) {
        assert.ok(atLocations <= figure.availableToPromise);
        for (const place of ["wh-1", "wh-2"]) {
          const units = cells.find((cell) => cell.locationId === place)?.availableToPromise ?? 0;
          assert.ok(units === 0 || (await promised(item, units, place)), `${units} of ${item} from ${place}`);
          assert.ok(!(await promised(item, units + 1, place)), `${units + 1} of ${item} from ${place}`);
        }
      }
    }),
    { numRuns: 12 },
  );
});
