import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Availability,
  availableToPromise,
  channelId,
  itemId,
  lineId,
  locationId,
  quantity,
  type Rule,
} from "@crossdock/canonical";
import fc from "fast-check";
import { decide } from "../../src/availability/admission.ts";
import { type ItemStock, itemFigure, kitFigure } from "../../src/availability/atp.ts";
import { bookOf, type RuleBook } from "../../src/availability/rules/book.ts";
import { type OpenPosition, openShelf } from "../../src/availability/shelf.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const web = channelId("web");
const desk = channelId("desk");
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);
const nut = itemId("nut");
const bolt = itemId("bolt");
/** More than there ever is. */
const EVERYTHING = 1_000;

/** What a kit's figure must be by what is shown of its components. */
function kitsShown({ kit }: Pick<Availability, "kit">): number {
  const allowed = (kit?.components ?? []).map(({ itemId: item, perKit, formula, locations, kits }) => {
    const atLocations = locations.reduce((sum, location) => sum + location.kits, 0);
    assert.equal(kits, Math.min(Math.floor(availableToPromise(formula) / perKit), atLocations), item);
    return { item, kits };
  });
  const scarcest = allowed.find(({ item }) => item === kit?.limitedBy);
  assert.ok(scarcest !== undefined && allowed.every(({ kits }) => kits >= scarcest.kits));
  return scarcest.kits;
}

const scope = { channel: fc.constantFrom(web, desk), item: fc.constantFrom(nut, bolt) };
const few = fc.nat(4).map(quantity);
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ kind: fc.constant("buffer" as const), ...scope, units: few }),
  fc.record({ kind: fc.constant("cap" as const), ...scope, units: fc.option(fc.nat(30).map(quantity)) }),
  fc.record({ kind: fc.constant("protection" as const), ...scope, units: few }),
);
const rules = fc.array(rule, { maxLength: 8 });
/** Lots of items at warehouses; facts from outside may have taken one below zero. */
const lying = fc
  .array(
    fc.record({
      itemId: fc.constantFrom(nut, bolt),
      locationId: fc.constantFrom(...places),
      available: fc.integer({ min: -5, max: 30 }),
    }),
    { maxLength: 12 },
  )
  .map((rows) => rows.map((row, index): OpenPosition => ({ ...row, positionId: index, lot: `L${index}` })));

function stockOf(positions: readonly OpenPosition[]): ReadonlyMap<string, ItemStock> {
  const byItem = Map.groupBy(positions, (position) => position.itemId);
  return new Map(
    [...byItem].map(([item, own]) => {
      const byLocation = Map.groupBy(own, (position) => position.locationId);
      const locations = [...byLocation].map(([location, lots]) => ({
        locationId: location,
        available: lots.reduce((sum, lot) => sum + lot.available, 0),
        onShelf: lots.reduce((sum, lot) => sum + Math.max(0, lot.available), 0),
      }));
      const available = own.reduce((sum, position) => sum + position.available, 0);
      return [item, { available, expiredHolds: 0, locations }];
    }),
  );
}

/** What admission promises to a line that asks for everything. */
function promisedOf(
  positions: readonly OpenPosition[],
  book: RuleBook,
  components: readonly { readonly itemId: typeof nut; readonly quantity: number }[],
): number {
  const line = {
    lineId: lineId("1"),
    itemId: itemId("set"),
    quantity: quantity(EVERYTHING),
    orderedUnit: quantity(1),
    components,
  };
  const request = { channelId: web, policy: "partial" as const, lines: [line], refused: [] };
  const { rejections } = decide(openShelf(positions), book, request);
  return EVERYTHING - (rejections[0]?.shortBy ?? 0);
}

test("the figure is what admission would promise, and what is shown of it leads to it", () => {
  fc.assert(
    fc.property(
      lying,
      rules,
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      (positions, said, [nuts, bolts]) => {
        const network = { kind: "channel" as const, name: "A channel", locations: places };
        const book = bookOf([{ ...network, channel: web }, { ...network, channel: desk }, ...said]);
        const channel = book.channels.get(web);
        assert.ok(channel);
        const at = { book, channel, stock: stockOf(positions) };
        const parts = [
          { itemId: nut, quantity: nuts },
          { itemId: bolt, quantity: bolts },
        ];
        const kits = kitFigure(at, parts);
        assert.equal(kits.availableToPromise, promisedOf(positions, book, parts));
        assert.equal(kits.availableToPromise, kitsShown(kits));
        const plain = itemFigure(at, nut);
        assert.equal(plain.availableToPromise, promisedOf(positions, book, [{ itemId: nut, quantity: 1 }]));
        assert.equal(plain.availableToPromise, availableToPromise(plain.formula));
      },
    ),
    { numRuns: 2_000 },
  );
});

const item = (id: string, components: readonly { itemId: string; quantity: number }[] = []) => ({
  itemId: id,
  sku: id.toUpperCase(),
  description: id,
  baseUnit: "EA",
  tracking: "none" as const,
  units: [],
  components: [...components],
});

test("a kit says which component limits it, in kits, and counts no kit that two locations would have to make up", async () => {
  const { database } = await testDatabase();
  const core = openCore(database);
  await core.governance.saveItems([item("nut"), item("bolt")]);
  const needed = [
    { itemId: "nut", quantity: 2 },
    { itemId: "bolt", quantity: 1 },
  ];
  await core.governance.saveItems([item("set", needed)]);
  await core.availability.saveChannels([{ channelId: web, name: "Web", locationIds: ["wh-1", "wh-2"] }]);
  const [here, there] = [locationId("wh-1"), locationId("wh-2")];
  const arrivals = [
    stock.received(5, nut, here),
    stock.received(1, nut, there),
    stock.received(9, bolt, there),
  ];
  await tell(
    core,
    arrivals.map((fact, index) => ({ id: `kit-${index}`, minute: index, fact })),
  );
  await core.ledger.subscriber.drain();
  const [set] = (await core.availability.availability(web, ["set"])) ?? [];
  const open = { expiredHolds: 0, buffer: 0, protectedForOthers: 0 };
  assert.deepEqual(set && { ...set, asOf: "" }, {
    channelId: web,
    itemId: "set",
    sku: "SET",
    availableToPromise: 2,
    kit: {
      limitedBy: "nut",
      components: [
        {
          itemId: "bolt",
          perKit: 1,
          availableToPromise: 9,
          formula: { available: 9, ...open },
          locations: [{ locationId: there, available: 9, kits: 9 }],
          kits: 9,
        },
        {
          itemId: "nut",
          perKit: 2,
          availableToPromise: 6,
          formula: { available: 6, ...open },
          locations: [
            { locationId: here, available: 5, kits: 2 },
            { locationId: there, available: 1, kits: 0 },
          ],
          kits: 2,
        },
      ],
    },
    bookVersion: 1,
    asOf: "",
  });
});
