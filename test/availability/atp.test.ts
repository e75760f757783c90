import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Availability,
  availableToPromise,
  channelId,
  formulaId,
  itemId,
  lineId,
  locationId,
  quantity,
  quantityDelta,
  type Rule,
} from "@crossdock/canonical";
import fc from "fast-check";
import { decide } from "../../src/availability/admission.ts";
import { type ItemStock, itemFigure, kitFigure } from "../../src/availability/atp.ts";
import { stockFor } from "../../src/availability/item-stock.ts";
import { bookOf, type RuleBook } from "../../src/availability/rules/book.ts";
import { withoutSafetyStock } from "../../src/availability/rules/safety.ts";
import { type OpenPosition, openShelf } from "../../src/availability/shelf.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const web = channelId("web");
const desk = channelId("desk");
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);
const nut = itemId("nut");
const bolt = itemId("bolt");
const NO_UNITS = {
  ...{ held: 0, allocated: 0, picked: 0, channel_reserved: 0, quarantined: 0, damaged: 0 },
  ...{ in_transit: 0, uncovered: 0, version: 1 },
};
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
  fc.record({ kind: fc.constant("minimum-shelf-life" as const), ...scope, days: fc.nat(3) }),
  fc.record({ kind: fc.constant("ratio" as const), ...scope, permille: fc.constantFrom(0, 333, 500, 1_000) }),
  fc.record({
    kind: fc.constant("safety-stock" as const),
    item: scope.item,
    location: fc.constantFrom(...places),
    units: few,
  }),
  fc.record({ kind: fc.constant("safety-stock" as const), item: scope.item, units: few }),
);
const term = fc.constantFrom(
  "open",
  "-buffer",
  "-protected-for-others",
  "ring-fenced",
  "formula:inner",
  "-formula:inner",
);
/** Any formulas at all, sensible or not: what is promised must be what is shown, and there. */
const formulas: fc.Arbitrary<readonly Rule[]> = fc
  .record({
    outer: fc.uniqueArray(term, { minLength: 1 }),
    inner: fc.uniqueArray(fc.constantFrom("open", "-buffer", "ring-fenced"), { minLength: 1 }),
    atLeast: fc.integer({ min: -3, max: 9 }).map(quantityDelta),
    takesRatio: fc.boolean(),
    takesCap: fc.boolean(),
  })
  .map(({ outer, inner, atLeast, takesRatio, takesCap }) => [
    { kind: "formula", formula: formulaId("outer"), name: "Outer", terms: outer, takesCap },
    { kind: "formula", formula: formulaId("inner"), name: "Inner", terms: inner, atLeast, takesRatio },
  ]);

const rules = fc.array(rule, { maxLength: 8 });
/** A lot, with what of it is set aside for the channel. */
type Lying = OpenPosition & { readonly own: number };
/** Lots of items at warehouses; facts from outside may have taken one below zero. */
const lying = fc
  .array(
    fc.record({
      itemId: fc.constantFrom(nut, bolt),
      locationId: fc.constantFrom(...places),
      available: fc.integer({ min: -5, max: 30 }),
      own: fc.constantFrom(0, 0, 1, 6),
      daysLeft: fc.constantFrom(undefined, -1, 0, 2),
    }),
    { maxLength: 12 },
  )
  .map((rows) =>
    rows.map(({ daysLeft, ...row }, index): Lying => {
      const dated = daysLeft === undefined ? {} : { daysLeft, expiresOn: dayIn(daysLeft) };
      return { ...row, ...dated, positionId: index, lot: `L${index}` };
    }),
  );

const TODAY = Date.parse("2026-03-02T12:00:00Z");
const dayIn = (days: number): string => new Date(TODAY + days * 86_400_000).toISOString().slice(0, 10);

const fenceAt = ({ positionId, itemId: item, locationId: place, lot, own }: Lying) => ({
  ...{ position_id: positionId, channel_id: web, item_id: item, location_id: place, lot },
  quantity: own,
});

/** What reading the positions gives. */
function stockOf(book: RuleBook, positions: readonly Lying[]): ReadonlyMap<string, ItemStock> {
  const channel = book.channels.get(web);
  assert.ok(channel);
  const rows = positions.map((lot) => ({
    ...NO_UNITS,
    position_id: lot.positionId,
    item_id: lot.itemId,
    location_id: lot.locationId,
    lot: lot.lot,
    available: lot.available,
  }));
  const read = {
    positions: Map.groupBy(rows, (row): string => row.item_id),
    expired: new Map(),
    fences: new Map(positions.map((lot) => [lot.positionId, [fenceAt(lot)]])),
    at: () => TODAY,
    lotDays({ lot }: { readonly lot: string }) {
      const { expiresOn } = positions.find((each) => each.lot === lot) ?? {};
      return expiresOn === undefined ? undefined : { expiresOn, timeZone: "UTC" };
    },
  };
  return new Map([nut, bolt].map((item): [string, ItemStock] => [item, stockFor(read, book, channel, item)]));
}

/** What admission promises to a line that asks for everything, and how much of it that is not the channel's own. */
function promisedOf(
  positions: readonly Lying[],
  book: RuleBook,
  components: readonly { readonly itemId: typeof nut; readonly quantity: number }[],
): { readonly units: number; readonly shared: number; readonly oldest: ReadonlyMap<string, number> } {
  const line = {
    lineId: lineId("1"),
    itemId: itemId("set"),
    quantity: quantity(EVERYTHING),
    orderedUnit: quantity(1),
    components,
  };
  const request = { channelId: web, policy: "partial" as const, lines: [line], refused: [] };
  const own = new Map(positions.filter((lot) => lot.own > 0).map((lot) => [lot.positionId, lot.own]));
  const shelf = openShelf(
    withoutSafetyStock(book, positions),
    own.size === 0 ? undefined : new Map([[web, own]]),
  );
  const { promised, rejections } = decide(shelf, book, request);
  return {
    units: EVERYTHING - (rejections[0]?.shortBy ?? 0),
    shared: promised.reduce((sum, part) => sum + part.quantity - (part.fenced ?? 0), 0),
    oldest: new Map(
      [...Map.groupBy(promised, ({ position }): string => position.itemId)].map(([item, parts]) => [
        item,
        Math.min(...parts.map(({ position: { daysLeft = EVERYTHING } }) => daysLeft)),
      ]),
    ),
  };
}

test("the figure is what admission would promise, and what is shown of it leads to it", () => {
  fc.assert(
    fc.property(
      lying,
      rules,
      fc.option(formulas, { nil: [] }),
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      (positions, said, made, [nuts, bolts]) => {
        const network = { kind: "channel" as const, name: "A channel", locations: places };
        const own = made.length === 0 ? {} : { formula: formulaId("outer") };
        const channels: Rule[] = [
          { ...network, ...own, channel: web },
          { ...network, channel: desk },
        ];
        const book = bookOf([...channels, ...made, ...said]);
        const channel = book.channels.get(web);
        assert.ok(channel);
        const at = { book, channel, stock: stockOf(book, positions) };
        const parts = [
          { itemId: nut, quantity: nuts },
          { itemId: bolt, quantity: bolts },
        ];
        const kits = kitFigure(at, parts);
        assert.equal(kits.availableToPromise, promisedOf(positions, book, parts).units);
        assert.equal(kits.availableToPromise, kitsShown(kits));
        const plain = itemFigure(at, nut);
        const nutsPromised = promisedOf(positions, book, [{ itemId: nut, quantity: 1 }]);
        assert.equal(plain.availableToPromise, nutsPromised.units);
        const least = said.findLast(
          (each) => each.kind === "minimum-shelf-life" && each.channel === web && each.item === nut,
        );
        const days = least?.kind === "minimum-shelf-life" ? least.days : 0;
        assert.ok(
          (nutsPromised.oldest.get(nut) ?? days) >= days,
          "no lot is promised that is good for fewer days",
        );
        assert.equal(plain.availableToPromise, availableToPromise(plain.formula));
        const withoutOwn = positions.map((lot) => ({ ...lot, own: 0 }));
        const open = itemFigure({ ...at, stock: stockOf(book, withoutOwn) }, nut).availableToPromise;
        assert.ok(nutsPromised.shared <= open, `${nutsPromised.shared} of ${open} that are there for all`);
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
