import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { channelId, itemId, lineId, locationId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import {
  type AdmissionLine,
  type AdmissionRequest,
  type Decision,
  decide,
} from "../../src/availability/admission.ts";
import { assign } from "../../src/availability/assignment.ts";
import { bookOf } from "../../src/availability/rules/book.ts";
import { openShelf, type Shelf } from "../../src/availability/shelf.ts";

const web = channelId("web");
const places = ["a", "b", "c"].map(locationId);
const book = bookOf([{ kind: "channel", channel: web, name: "Web", locations: places }]);

type Lying = { readonly item: string; readonly place: number; readonly lot: string; readonly units: number };

function shelfOf(lying: readonly Lying[]): Shelf {
  return openShelf(
    lying.map(({ item, place, lot, units }, index) => ({
      positionId: index + 1,
      itemId: itemId(item),
      locationId: places[place] ?? locationId("a"),
      lot,
      available: units,
    })),
  );
}

type Wanted = {
  readonly parts: readonly { readonly item: string; readonly per: number }[];
  readonly kits: number;
  readonly ordered?: number;
  readonly most?: number | undefined;
  readonly lot?: string | undefined;
};

function lineOf({ parts, kits, ordered = 1, most, lot }: Wanted, index: number): AdmissionLine {
  return {
    lineId: lineId(String(index + 1)),
    itemId: itemId(parts[0]?.item ?? ""),
    quantity: quantity(kits * ordered),
    orderedUnit: quantity(ordered),
    components: parts.map(({ item, per }) => ({ itemId: itemId(item), quantity: per })),
    lot,
    locationsMax: most,
  };
}

function ask(shelf: Shelf, wanted: readonly Wanted[], more: Partial<AdmissionRequest> = {}): Decision {
  const lines = wanted.map(lineOf);
  return decide(shelf, book, { channelId: web, policy: "all-or-nothing", lines, refused: [], ...more });
}

const at = (item: string, place: number, units: number, lot = ""): Lying => ({ item, place, lot, units });
const plain = (item: string, units: number, more: Partial<Wanted> = {}): Wanted => ({
  parts: [{ item, per: 1 }],
  kits: units,
  ...more,
});
const placesOf = ({ promised }: Decision) => [
  ...new Set(promised.map(({ position }) => position.locationId)),
];
const reasonsOf = ({ rejections }: Decision) => rejections.map(({ reason }) => reason);

describe("a complete shipment", () => {
  test("comes from the one location that has all of it, though others go before it", () => {
    const lying = [at("nut", 0, 9), at("nut", 1, 5), at("bolt", 1, 5), at("bolt", 2, 9)];
    const decision = ask(shelfOf(lying), [plain("nut", 5), plain("bolt", 5)], { locationsMax: 1 });
    assert.deepEqual(placesOf(decision), ["b"]);
  });

  test("is refused with another reason where stock is short than where only the place is", () => {
    const lying = [at("nut", 0, 9), at("bolt", 1, 5)];
    const apart = ask(shelfOf(lying), [plain("nut", 5), plain("bolt", 5)], { locationsMax: 1 });
    assert.deepEqual(reasonsOf(apart), ["split-limit", "split-limit"]);
    const short = ask(shelfOf(lying), [plain("nut", 5), plain("bolt", 6)], { locationsMax: 1 });
    assert.deepEqual(
      short.rejections.map(({ lineId: line, reason, shortBy }) => [line, reason, shortBy]),
      [["2", "insufficient-stock", 1]],
    );
  });

  test("of a kit has all its components from there", () => {
    const kit = {
      parts: [
        { item: "nut", per: 2 },
        { item: "bolt", per: 1 },
      ],
      kits: 2,
    };
    const lying = [at("nut", 0, 9), at("bolt", 1, 5), at("nut", 2, 4), at("bolt", 2, 2)];
    assert.deepEqual(placesOf(ask(shelfOf(lying), [kit], { locationsMax: 1 })), ["c"]);
  });

  test("that is refused leaves the shelf as it was", () => {
    const shelf = shelfOf([at("nut", 0, 3), at("nut", 1, 3)]);
    const before = new Map(shelf.left);
    assert.deepEqual(reasonsOf(ask(shelf, [plain("nut", 4)], { locationsMax: 1 })), ["split-limit"]);
    assert.deepEqual(shelf.left, before);
  });
});

test("units of its own are promised, and none that are protected for others, from however few locations", () => {
  const guarded = bookOf([
    { kind: "channel", channel: web, name: "Web", locations: places },
    { kind: "channel", channel: channelId("desk"), name: "Desk", locations: places },
    { kind: "protection", channel: channelId("desk"), item: itemId("nut"), units: quantity(10) },
  ]);
  const lines = [lineOf(plain("nut", 6), 0)];
  for (const locationsMax of [undefined, 1, 2]) {
    const shelf = {
      ...shelfOf([at("nut", 0, 10), at("nut", 1, 0)]),
      fences: new Map([["web", new Map([[2, 6]])]]),
    };
    const request = { channelId: web, policy: "all-or-nothing" as const, lines, refused: [], locationsMax };
    const first = decide(shelf, guarded, request);
    assert.deepEqual(
      first.promised.map(({ position, fenced }) => [position.locationId, fenced]),
      [["b", 6]],
    );
    assert.deepEqual(reasonsOf(decide(shelf, guarded, request)), ["insufficient-stock"]);
    assert.equal(shelf.left.get(1), 10);
  }
});

describe("a partial promise from few locations", () => {
  test("is of the locations that make the most lines whole", () => {
    const lying = [at("nut", 0, 9), at("nut", 1, 3), at("bolt", 1, 3)];
    const decision = ask(shelfOf(lying), [plain("nut", 3), plain("bolt", 3)], {
      policy: "partial",
      locationsMax: 1,
    });
    assert.deepEqual([placesOf(decision), reasonsOf(decision)], [["b"], []]);
  });

  test("says what is missing of a line that may come from one only", () => {
    const decision = ask(shelfOf([at("nut", 0, 2), at("nut", 1, 3)]), [plain("nut", 5, { most: 1 })], {
      policy: "partial",
    });
    assert.deepEqual([placesOf(decision), decision.rejections[0]?.shortBy], [["b"], 2]);
  });
});

const items = ["nut", "bolt"];
const lyingOnes = fc.array(
  fc.record({
    item: fc.constantFrom(...items),
    place: fc.nat({ max: 2 }),
    lot: fc.constantFrom("", "l"),
    units: fc.nat({ max: 6 }),
  }),
  { maxLength: 8 },
);
const wantedOnes = fc.array(
  fc.record({
    parts: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...items).map((item) => [{ item, per: 1 }]) },
      fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })).map(([a, b]) => [
        { item: "nut", per: a },
        { item: "bolt", per: b },
      ]),
    ),
    kits: fc.integer({ min: 1, max: 3 }),
    ordered: fc.integer({ min: 1, max: 3 }),
    most: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
    lot: fc.option(fc.constant("l"), { nil: undefined, freq: 3 }),
  }),
  { minLength: 1, maxLength: 2 },
);

/** Every way to spread steps over the three places. */
function spreads(steps: number): readonly (readonly number[])[] {
  const ways: number[][] = [];
  for (let a = 0; a <= steps; a += 1)
    for (let b = 0; a + b <= steps; b += 1) ways.push([a, b, steps - a - b]);
  return ways;
}

/** Whether the lines can be served whole within the limits, by trying every way there is. */
function isFeasible(lying: readonly Lying[], wanted: readonly Wanted[], locationsMax: number): boolean {
  const parts = wanted.flatMap((line, owner) => line.parts.map((part) => ({ ...part, line, owner })));
  const chosen: (readonly number[])[] = [];
  const go = (index: number): boolean => {
    const part = parts[index];
    if (part === undefined) return fits();
    return spreads(part.line.kits).some((way) => {
      chosen[index] = way;
      return go(index + 1);
    });
  };
  const usedBy = (owner: number | undefined) =>
    places.filter((_, place) =>
      parts.some((part, index) => (owner ?? part.owner) === part.owner && (chosen[index]?.[place] ?? 0) > 0),
    ).length;
  const fits = () =>
    usedBy(undefined) <= locationsMax &&
    wanted.every((line, owner) => line.most === undefined || usedBy(owner) <= line.most) &&
    places.every((_, place) => items.every((item) => ["", "l"].every((lot) => lotFits(item, place, lot))));
  /** Of lot "l": what insists on it. Of all lots: everything. */
  const lotFits = (item: string, place: number, lot: string) => {
    const asked = parts.reduce((sum, part, index) => {
      const counts = part.item === item && (lot === "" || part.line.lot === lot);
      return counts ? sum + (chosen[index]?.[place] ?? 0) * part.per * (part.line.ordered ?? 1) : sum;
    }, 0);
    const there = lying.reduce((sum, each) => {
      const counts = each.item === item && each.place === place && (lot === "" || each.lot === lot);
      return counts ? sum + each.units : sum;
    }, 0);
    return asked <= there;
  };
  return go(0);
}

test("what can be had from so few locations is promised, and nothing else: as trying every way says", () => {
  let promised = 0;
  fc.assert(
    fc.property(lyingOnes, wantedOnes, fc.integer({ min: 1, max: 3 }), (lying, wanted, locationsMax) => {
      const shelf = shelfOf(lying);
      const before = new Map(shelf.left);
      const decision = ask(shelf, wanted, { locationsMax });
      const can = isFeasible(lying, wanted, locationsMax);
      assert.equal(decision.rejections.length === 0, can, JSON.stringify(decision.rejections));
      promised += can ? 1 : 0;
      if (!can) assert.deepEqual([decision.promised, shelf.left], [[], before]);
      else checkPromises(wanted, decision, locationsMax);
      assert.ok([...shelf.left.values()].every((units) => units >= 0));
    }),
    { numRuns: 2_000 },
  );
  assert.ok(promised > 100, `only ${promised} cases could be promised`);
});

function checkPromises(wanted: readonly Wanted[], decision: Decision, locationsMax: number): void {
  assert.ok(placesOf(decision).length <= locationsMax);
  wanted.forEach((line, index) => {
    const own = decision.promised.filter((each) => each.lineId === String(index + 1));
    if (line.most !== undefined) assert.ok(placesOf({ ...decision, promised: own }).length <= line.most);
    for (const { item, per } of line.parts) {
      const units = own.filter(({ position }) => position.itemId === item);
      const sum = units.reduce((total, each) => total + each.quantity, 0);
      assert.equal(sum, line.kits * (line.ordered ?? 1) * per);
    }
  });
}

test("a search that is given up says so", () => {
  const lying = places.map((location) => ({ item: "nut", location, lot: "", units: 9 }));
  const need = { parts: [{ item: "nut", steps: 5, step: 2 }], locationsMax: 3 };
  const needs = [need, need, need];
  assert.equal(assign(needs, lying, { locations: places, locationsMax: 3, looksMax: 3 }), "given-up");
  assert.equal(assign(needs, lying, { locations: places, locationsMax: 3 }), "none");
});
