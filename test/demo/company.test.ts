import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEMO, makeCompany, rangeOf } from "../../src/demo/company.ts";
import { createDemand } from "../../src/demo/demand.ts";
import { readCutOffWeek, readWorkingWeek } from "../../src/governance/calendar-text.ts";
import { seededRandom } from "../../src/platform/index.ts";

describe("the demo company", () => {
  it("is the same for the same seed, to the last alias", () => {
    assert.deepEqual(makeCompany("acme"), makeCompany("acme"));
    assert.notDeepEqual(makeCompany("acme"), makeCompany("ajax"));
  });

  it("has 12 warehouses and 2,000 items, some by the case, some kits, some in lots", () => {
    const { warehouses, items, calendars } = makeCompany();
    assert.equal(calendars.length, DEMO.warehouses);
    for (const calendar of calendars) {
      assert.ok(calendar.kind === "location-calendar");
      assert.ok(!("problem" in readWorkingWeek(calendar.workingHours ?? "")));
      assert.ok(!("problem" in readCutOffWeek(calendar.cutOffs ?? "")));
    }
    assert.equal(warehouses.length, DEMO.warehouses);
    assert.equal(items.length, DEMO.items);
    assert.ok(items.filter((item) => item.units.length > 0).length > 100);
    assert.ok(items.filter((item) => item.components.length > 0).length > 50);
    assert.ok(items.filter((item) => item.tracking === "lot").length > 50);
    const classes = Map.groupBy(items, (item) => item.itemClass);
    assert.deepEqual([...classes.keys()], ["A", "B", "C"]);
  });

  it("names every item once in every scheme", () => {
    const { aliases } = makeCompany();
    const names = aliases.map(({ scheme, scope, value }) => `${scheme} ${scope} ${value}`);
    assert.equal(new Set(names).size, names.length);
  });

  it("stocks no kit, and every other item", () => {
    for (const item of makeCompany().items) {
      assert.equal(item.openingStock.length > 0, item.components.length === 0, item.sku);
    }
  });

  it("keeps the parts of a kit together, so that a kit can leave in one piece", () => {
    const { items } = makeCompany();
    const places = new Map(
      items.map((item) => [item.itemId, item.openingStock.map(({ warehouse }) => warehouse).toSorted()]),
    );
    for (const { components } of items.filter((item) => item.components.length > 0)) {
      const [first, second] = components.map((part) => places.get(part.itemId));
      assert.deepEqual(first, second);
    }
  });

  it("serves every channel from somewhere, however few warehouses there are", () => {
    for (const warehouses of [1, 2, 3, 12]) {
      const { channels } = makeCompany("acme", { items: 10, warehouses });
      assert.ok(
        channels.every((channel) => channel.locationIds.length > 0),
        `${warehouses} warehouses`,
      );
    }
  });
});

describe("the demand on it", () => {
  const company = makeCompany();
  const wishes = (seed: string, count: number) => {
    const demand = createDemand(company, seededRandom(seed));
    return Array.from({ length: count }, () => demand.nextOrder());
  };

  it("is the same for the same seed", () => {
    assert.deepEqual(wishes("monday", 200), wishes("monday", 200));
    assert.notDeepEqual(wishes("monday", 200), wishes("tuesday", 200));
  });

  it("does not change the orders when the sales desk reserves more", () => {
    const demand = createDemand(company, seededRandom("monday"));
    const orders = Array.from({ length: 50 }, () => {
      demand.nextDeskWish();
      demand.nextDelivery();
      demand.nextMove();
      return demand.nextOrder();
    });
    assert.deepEqual(orders, wishes("monday", 50));
  });

  it("wants a few items much more than all others", () => {
    const ranks = wishes("monday", 2_000).flatMap((wish) =>
      wish.is === "shop" ? wish.lines.map((line) => line.item.rank) : [],
    );
    const best = ranks.filter((rank) => rank <= 20).length / ranks.length;
    assert.ok(best > 0.35 && best < 0.65, `${best} of the demand is for one item in a hundred`);
  });

  it("wants no item twice in one order, and nothing in the shop that the shop does not sell", () => {
    for (const wish of wishes("monday", 500)) {
      assert.equal(new Set(wish.lines.map((line) => line.item.sku)).size, wish.lines.length);
      assert.ok(wish.is !== "shop" || wish.lines.every((line) => line.item.inShop));
    }
  });

  it("has a retailer order only what it lists, and what a warehouse of its own could send", () => {
    for (const retailer of company.retailers) {
      const served = company.channels.find(({ channelId }) => channelId === retailer.channelId)?.locationIds;
      const listed = new Set(rangeOf(company, retailer));
      assert.ok(listed.size > 0 && listed.size < company.items.length);
      for (const { openingStock } of listed)
        assert.ok(openingStock.some(({ warehouse }) => served?.includes(warehouse)));
      const own = wishes("monday", 500).filter(
        (wish) => wish.is === "retailer" && wish.retailer === retailer,
      );
      assert.ok(own.length > 0);
      assert.ok(own.every(({ lines }) => lines.every(({ item }) => listed.has(item))));
    }
  });

  it("brings goods in and moves them only where the item is stocked", () => {
    const demand = createDemand(company, seededRandom("monday"));
    for (let round = 0; round < 500; round += 1) {
      const { item, warehouse } = demand.nextDelivery();
      assert.ok(item.openingStock.some((place) => place.warehouse === warehouse));
      const move = demand.nextMove();
      if (move === undefined) continue;
      assert.notEqual(move.from, move.to);
      const places = move.item.openingStock.map((place) => place.warehouse);
      assert.ok(places.includes(move.from) && places.includes(move.to));
    }
  });
});
