import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  quantity,
  type ReservationId,
  type ReservationRequest,
  type Rule,
} from "@crossdock/canonical";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { sql } from "../../../src/platform/index.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { availability, clock, governance } = core;
const web = channelId("web");
const edi = channelId("edi");
const [north, south, east] = ["wh-north", "wh-south", "wh-east"].map(locationId);
assert.ok(north !== undefined && south !== undefined && east !== undefined);
await governance.saveLocations(
  [north, south, east].map((id) => ({
    ...{ locationId: id, code: id.toUpperCase(), name: id, type: "warehouse" as const, timeZone: "UTC" },
  })),
);
await availability.saveChannels(
  [web, edi].map((id) => ({ channelId: id, name: id, locationIds: [north, south, east] })),
);
const rules: Rule[] = [
  { kind: "sourcing", channel: web, criteria: ["fewest-locations", "cost"] },
  { kind: "lane", location: north, zone: "DE", perOrder: quantity(900) },
  { kind: "lane", location: south, zone: "DE", perOrder: quantity(500) },
  { kind: "lane", location: south, zone: "DE-2", perOrder: quantity(1_200) },
];
await loadRules(core, rules);

let facts = 0;
async function stocked(id: string, at: Readonly<Record<string, number>>): Promise<ItemId> {
  await governance.saveItems([plainItem(id)]);
  for (const [place, units] of Object.entries(at)) {
    facts += 1;
    const fact = stock.received(units, itemId(id), locationId(place));
    await tell(core, [{ id: `quote-${facts}`, minute: facts, fact }]);
  }
  await core.ledger.subscriber.drain();
  return itemId(id);
}

const request = (
  item: ItemId,
  units: number,
  more: Partial<ReservationRequest> = {},
): ReservationRequest => ({
  channelId: web,
  lines: [
    {
      ...{ lineId: lineId("1"), item: { scheme: "id", value: item } },
      quantity: { value: units, unit: "EA" },
    },
  ],
  ...more,
});
const context = { clientId: "test", correlationId: "test" };

async function reserve(asked: ReservationRequest) {
  const given = await availability.reserve(asked, context);
  assert.ok("answer" in given);
  return given.answer;
}

describe("a quote", () => {
  test("says what a reservation would be promised, from the cheapest location to where it goes, and keeps nothing", async () => {
    const item = await stocked("nut", { "wh-north": 10, "wh-south": 10, "wh-east": 2 });
    const to = (zone: string) => request(item, 4, { destination: { zone } });
    const before = await database.query(sql`select count(*) as facts from backbone.event`);
    const quotes = await Promise.all(
      [to("DE-80331"), to("DE-20095")].map((asked) => availability.quote(asked)),
    );
    assert.deepEqual(
      quotes.map((quote) => quote?.promised.map((each) => each.locationId)),
      [[south], [north]],
    );
    assert.deepEqual(await database.query(sql`select count(*) as facts from backbone.event`), before);
    const [part] = quotes[0]?.sourcing.parts ?? [];
    assert.deepEqual(part?.locations, [
      { locationId: north, reason: "ranked-lower", criterion: "cost", here: 900, chosen: 500 },
      { locationId: south, units: 4 },
      { locationId: east, reason: "ranked-lower", criterion: "fewest-locations", here: 2, chosen: 1 },
    ]);
    const { reservations } = await reserve(to("DE-80331"));
    assert.deepEqual(
      reservations.map((each) => each.locationId),
      [south],
    );
  });

  test("of a line that several must make up compares what lay there, not what was taken", async () => {
    const item = await stocked("rivet", { "wh-north": 6, "wh-south": 10, "wh-east": 7 });
    const quote = await availability.quote({ ...request(item, 12), channelId: edi });
    assert.deepEqual(quote?.sourcing.parts[0]?.locations, [
      { locationId: north, reason: "less-there", here: 6, chosen: 7 },
      { locationId: south, units: 10 },
      { locationId: east, units: 2 },
    ]);
  });

  test("of a channel without a rule says what the usual order comes to", async () => {
    const item = await stocked("bolt", { "wh-north": 1, "wh-south": 10, "wh-east": 10 });
    const quote = await availability.quote({ ...request(item, 4), channelId: edi });
    assert.equal(quote?.sourcing.method, "usual");
    assert.deepEqual(quote?.sourcing.parts[0]?.locations, [
      { locationId: north, reason: "less-there", here: 1, chosen: 10 },
      { locationId: south, units: 4 },
      { locationId: east, reason: "later-in-network" },
    ]);
  });

  test("says what is kept from the channel, and where", async () => {
    const item = await stocked("milk", { "wh-north": 10, "wh-south": 3, "wh-east": 5 });
    await loadRules(core, [
      { kind: "safety-stock", item, location: south, units: quantity(3) },
      { kind: "protection", channel: edi, item, units: quantity(13) },
    ]);
    const quote = await availability.quote(request(item, 6, { policy: "partial" }));
    assert.deepEqual(
      quote?.sourcing.parts[0]?.locations.map(({ locationId: place, reason, units, here }) => [
        place,
        reason ?? units,
        here,
      ]),
      [
        [north, 2, undefined],
        [south, "safety-stock", 3],
        [east, "protected", undefined],
      ],
    );
  });

  test("is refused for a channel that does not exist", async () => {
    assert.equal(
      await availability.quote({ ...request(itemId("nut"), 1), channelId: channelId("no") }),
      undefined,
    );
  });
});

test("why a reservation comes from where it does is kept with it where that was asked for", async () => {
  const item = await stocked("screw", { "wh-north": 10, "wh-south": 10 });
  const destination = { zone: "DE-1" };
  const { reservations, sourcing } = await reserve(request(item, 1, { destination, explain: true }));
  const [made] = reservations;
  assert.ok(made !== undefined && sourcing !== undefined);
  assert.deepEqual(await availability.sourcingOf(made.reservationId), sourcing);
  const plain = await reserve(request(item, 1, { destination }));
  assert.equal(plain.sourcing, undefined);
  const id: ReservationId | undefined = plain.reservations[0]?.reservationId;
  assert.ok(id !== undefined && (await availability.sourcingOf(id)) === undefined);
});

test("by load the location is asked where least waits to be picked, of what it can do", async () => {
  const item = await stocked("pin", { "wh-north": 50, "wh-south": 50 });
  await loadRules(core, [
    { kind: "sourcing", channel: edi, criteria: ["load"] },
    { kind: "place", location: north, capacityUnits: quantity(1_000) },
    { kind: "place", location: south, capacityUnits: quantity(10) },
  ]);
  const asked = { ...request(item, 5), channelId: edi };
  assert.deepEqual(
    (await reserve(asked)).reservations.map((each) => each.locationId),
    [north],
  );
  const busy = request(item, 40, { channelId: edi, lines: [] });
  const line = { ...request(item, 40).lines[0], locationId: north };
  await reserve({ ...busy, lines: [line as (typeof asked.lines)[number]] });
  await loadRules(core, [{ kind: "place", location: north, capacityUnits: quantity(1) }]);
  clock.advance(31_000);
  assert.deepEqual(
    (await reserve(asked)).reservations.map((each) => each.locationId),
    [south],
  );
});
