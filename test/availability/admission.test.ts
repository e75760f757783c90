import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, itemId, type LineId, lineId, locationId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import {
  type AdmissionLine,
  type AdmissionRequest,
  type Decision,
  decide,
} from "../../src/availability/admission.ts";
import { orderedUnitOf } from "../../src/availability/ordered-unit.ts";
import { bookOf } from "../../src/availability/rules/book.ts";
import { type OpenPosition, openShelf } from "../../src/availability/shelf.ts";

const web = channelId("web");
const one: LineId = lineId("1");
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);
const book = bookOf([{ kind: "channel", channel: web, name: "Web", locations: places }]);

/** Stock as it lies: item, warehouse number, units, lot. */
type Lying = readonly [item: string, warehouse: number, units: number, lot?: string];

function positions(lying: readonly Lying[]): readonly OpenPosition[] {
  return lying.map(([item, warehouse, units, lot = ""], index) => ({
    positionId: index + 1,
    itemId: itemId(item),
    locationId: locationId(`wh-${warehouse}`),
    lot,
    available: units,
  }));
}

type Wanted = {
  readonly units: number;
  readonly orderedUnit: number;
  readonly components?: AdmissionLine["components"];
};

function line({ units, orderedUnit, components }: Wanted): AdmissionLine {
  return {
    lineId: one,
    itemId: itemId("widget"),
    quantity: quantity(units),
    orderedUnit: quantity(orderedUnit),
    components: components ?? [{ itemId: itemId("widget"), quantity: 1 }],
  };
}

function ask(lying: readonly Lying[], wanted: Wanted, more: Partial<AdmissionRequest> = {}): Decision {
  const request = { channelId: web, policy: "partial" as const, lines: [line(wanted)], refused: [], ...more };
  return decide(openShelf(positions(lying)), book, request);
}

const promisesOf = ({ promised }: Decision) =>
  promised.map(({ position, quantity: units }) => [
    `${position.itemId} ${position.locationId}${position.lot === "" ? "" : ` ${position.lot}`}`,
    units,
  ]);
const shortOf = ({ rejections }: Decision) => rejections[0]?.shortBy ?? 0;

test("a case is promised whole or not at all", () => {
  const thirteen = ask([["widget", 1, 13]], { units: 48, orderedUnit: 48 });
  assert.deepEqual(promisesOf(thirteen), []);
  assert.equal(shortOf(thirteen), 48);
  const pieces = ask([["widget", 1, 13]], { units: 48, orderedUnit: 1 });
  assert.deepEqual(promisesOf(pieces), [["widget wh-1", 13]]);
});

test("a line that is short is promised as many whole cases as there are", () => {
  const decision = ask([["widget", 1, 70]], { units: 96, orderedUnit: 12 });
  assert.deepEqual(promisesOf(decision), [["widget wh-1", 60]]);
  assert.equal(shortOf(decision), 36);
});

test("a case is never made of two locations", () => {
  const lying: Lying[] = [
    ["widget", 1, 7],
    ["widget", 2, 17],
  ];
  const decision = ask(lying, { units: 24, orderedUnit: 12 });
  assert.deepEqual(promisesOf(decision), [["widget wh-2", 12]]);
  assert.equal(shortOf(decision), 12);
  assert.deepEqual(promisesOf(ask(lying, { units: 24, orderedUnit: 12 }, { policy: "all-or-nothing" })), []);
});

test("a case may be made of lots of one location, when single lots have no whole one left", () => {
  const lots: Lying[] = [
    ["widget", 1, 30, "A"],
    ["widget", 1, 20, "B"],
  ];
  const three = promisesOf(ask(lots, { units: 36, orderedUnit: 12 }));
  assert.deepEqual(three, [
    ["widget wh-1 A", 24],
    ["widget wh-1 B", 12],
  ]);
  const four = promisesOf(ask(lots, { units: 48, orderedUnit: 12 }));
  assert.deepEqual(four, [
    ["widget wh-1 A", 30],
    ["widget wh-1 B", 18],
  ]);
});

test("one location that has enough is preferred to a split, though its stock is in lots", () => {
  const decision = ask(
    [
      ["widget", 1, 10],
      ["widget", 2, 8, "A"],
      ["widget", 2, 8, "B"],
    ],
    { units: 12, orderedUnit: 1 },
  );
  assert.deepEqual(promisesOf(decision), [
    ["widget wh-2 A", 8],
    ["widget wh-2 B", 4],
  ]);
});

test("a kit's components are promised for whole kits at each location, which may differ", () => {
  const components = [
    { itemId: itemId("nut"), quantity: 2 },
    { itemId: itemId("bolt"), quantity: 1 },
  ];
  const decision = ask(
    [
      ["nut", 1, 3],
      ["nut", 2, 3],
      ["bolt", 3, 9],
    ],
    { units: 5, orderedUnit: 1, components },
  );
  assert.deepEqual(promisesOf(decision), [
    ["nut wh-1", 2],
    ["nut wh-2", 2],
    ["bolt wh-3", 2],
  ]);
  assert.equal(shortOf(decision), 3);
});

const messageOf = ({ rejections }: Decision) => rejections[0]?.message;
const whole = { policy: "all-or-nothing" as const };

test("a line that is short is told what there is, what it got, and what can be done", () => {
  const some: Lying[] = [["widget", 1, 14]];
  const at = (more: Partial<AdmissionLine>) => ({
    ...whole,
    lines: [{ ...line({ units: 1, orderedUnit: 1 }), ...more }],
  });
  const told: readonly [Decision, string][] = [
    [
      ask([], { units: 1, orderedUnit: 1 }),
      "None of 1 can be promised; wait for stock or choose another item.",
    ],
    [
      ask([], { units: 1, orderedUnit: 1 }, at({ locationId: locationId("wh-2") })),
      "None of 1 can be promised; wait for stock or choose another location.",
    ],
    [
      ask([], { units: 1, orderedUnit: 1 }, at({ lot: "A" })),
      "None of 1 can be promised; wait for stock or choose another lot.",
    ],
    [
      ask(some, { units: 48, orderedUnit: 48 }),
      "None of 48 can be promised in whole units of 48 from one place; ask in a smaller unit or wait for stock.",
    ],
    [
      ask(some, { units: 500, orderedUnit: 1 }, whole),
      "14 of 500 can be promised; ask for 14 or wait for stock.",
    ],
    [
      ask(some, { units: 500, orderedUnit: 1 }),
      "14 of 500 were reserved; 486 are missing: ask for 486 when there is stock.",
    ],
    [
      ask([["widget", 1, 1]], { units: 2, orderedUnit: 1 }),
      "1 of 2 was reserved; 1 is missing: ask for 1 when there is stock.",
    ],
    [
      ask([], { units: 2, orderedUnit: 1 }, { channelId: channelId("nowhere") }),
      "None of 2 can be promised: there is no channel nowhere. Create it or use another.",
    ],
  ];
  for (const [decision, message] of told) assert.equal(messageOf(decision), message);
});

test("a line whose stock goes to an earlier line of the same request is told so", () => {
  const two = lineId("2");
  const lines = [line({ units: 5, orderedUnit: 1 }), { ...line({ units: 3, orderedUnit: 1 }), lineId: two }];
  const decision = ask([["widget", 1, 6]], { units: 1, orderedUnit: 1 }, { ...whole, lines });
  assert.deepEqual(decision.promised, []);
  assert.deepEqual(decision.rejections, [
    {
      lineId: two,
      itemId: "widget",
      reason: "insufficient-stock",
      shortBy: 2,
      message: "1 of 3 can be promised beside the lines before it; ask for 1 or wait for stock.",
    },
  ]);
});

test("the ordered unit follows from what was ordered", () => {
  const cases: readonly [value: number | string, unit: string, units: number, orderedUnit: number][] = [
    [24, "EA", 24, 1],
    ["24.0", "EA", 24, 1],
    [2, "XCS", 24, 12],
    ["1.5", "XCS", 18, 6],
    ["0.25", "XCS", 3, 3],
    [5_000, "GRM", 5, 1],
    [1, "XPX", 960, 960],
  ];
  for (const [value, unit, units, orderedUnit] of cases) {
    assert.equal(
      orderedUnitOf({ value, unit }, quantity(units)),
      orderedUnit,
      `${value} ${unit} of ${units}`,
    );
  }
});

const stock = fc.array(
  fc.tuple(
    fc.constantFrom("widget", "nut", "bolt"),
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 40 }),
    fc.constantFrom("", "A", "B"),
  ),
  { maxLength: 12 },
);

const wish = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  orderedUnit: fc.constantFrom(1, 2, 5, 12),
  components: fc.constantFrom(undefined, [
    { itemId: itemId("nut"), quantity: 2 },
    { itemId: itemId("bolt"), quantity: 3 },
  ]),
});

test("every location promises whole ordered units, none more than it has, and none holds a whole one back", () => {
  fc.assert(
    fc.property(stock, fc.array(wish, { minLength: 1, maxLength: 4 }), (lying, wishes) => {
      const shelf = openShelf(positions(lying));
      for (const { count, orderedUnit, components } of wishes) {
        const wanted = line({ units: count * orderedUnit, orderedUnit, ...(components && { components }) });
        const { promised, rejections } = decide(shelf, book, {
          channelId: web,
          policy: "partial",
          lines: [wanted],
          refused: [],
        });
        const units = wanted.quantity - (rejections[0]?.shortBy ?? 0);
        assert.equal(units % orderedUnit, 0);
        const isFull = wanted.components.map((part) => {
          const step = orderedUnit * part.quantity;
          const own = promised.filter(({ position }) => position.itemId === part.itemId);
          const byLocation = Map.groupBy(own, ({ position }) => position.locationId);
          for (const at of byLocation.values()) {
            assert.equal(at.reduce((sum, { quantity: taken }) => sum + taken, 0) % step, 0);
          }
          assert.equal(
            own.reduce((sum, { quantity: taken }) => sum + taken, 0),
            units * part.quantity,
          );
          return places.every((place) => leftOf(shelf, part.itemId, place) < step);
        });
        assert.ok(units === wanted.quantity || isFull.includes(true), "a whole unit was held back");
      }
      for (const { positionId } of positions(lying)) {
        assert.ok((shelf.left.get(positionId) ?? 0) >= 0, "a position promised more than it has");
      }
    }),
    { numRuns: 1_000 },
  );
});

test("what refused lines are told to ask for can be had, all of it together", () => {
  fc.assert(
    fc.property(stock, fc.array(wish, { minLength: 1, maxLength: 4 }), (lying, wishes) => {
      const lines = wishes.map(({ count, orderedUnit, components }, index) => ({
        ...line({ units: count * orderedUnit, orderedUnit, ...(components && { components }) }),
        lineId: lineId(String(index)),
      }));
      const shelf = openShelf(positions(lying));
      const before = new Map(shelf.left);
      const request = { channelId: web, policy: "all-or-nothing" as const, refused: [] };
      const { promised, rejections } = decide(shelf, book, { ...request, lines });
      if (rejections.length === 0) return;
      assert.deepEqual(promised, []);
      assert.deepEqual(shelf.left, before, "a refused request left its mark on the shelf");
      const advised: AdmissionLine[] = [];
      for (const asked of lines) {
        const message = rejections.find((rejection) => rejection.lineId === asked.lineId)?.message ?? "";
        if (message.startsWith("None")) {
          const piece = { ...asked, quantity: quantity(1), orderedUnit: quantity(1) };
          const { promised: pieces } = ask(lying, wholeUnits, { ...whole, lines: [...advised, piece] });
          assert.equal(pieces.length > 0, message.includes("ask in a smaller unit"), message);
        } else {
          const units = Number(/ask for (\d+)/.exec(message)?.[1] ?? asked.quantity);
          advised.push({ ...asked, quantity: quantity(units) });
        }
      }
      assert.deepEqual(ask(lying, wholeUnits, { ...whole, lines: advised }).rejections, []);
    }),
    { numRuns: 1_000 },
  );
});

const wholeUnits: Wanted = { units: 1, orderedUnit: 1 };

function leftOf(shelf: ReturnType<typeof openShelf>, item: string, place: string): number {
  const own = (shelf.byItem.get(item) ?? []).filter(({ locationId: at }) => at === place);
  return own.reduce((sum, { positionId }) => sum + Math.max(0, shelf.left.get(positionId) ?? 0), 0);
}

test("of lots that expire a location gives the first to expire first, and those without a day last", () => {
  const lying: readonly Lying[] = [
    ["widget", 1, 9, "none"],
    ["widget", 1, 3, "late"],
    ["widget", 1, 2, "soon"],
    ["widget", 2, 20, "sooner"],
  ];
  const days: Readonly<Record<string, string>> = {
    late: "2026-09-30",
    soon: "2026-04-30",
    sooner: "2026-03-31",
  };
  const dated = positions(lying).map((position) => ({ ...position, expiresOn: days[position.lot] }));
  const promised = (units: number, orderedUnit = 1) =>
    promisesOf(
      decide(openShelf(dated), book, {
        channelId: web,
        policy: "partial",
        lines: [line({ units, orderedUnit })],
        refused: [],
      }),
    );
  assert.deepEqual(promised(4), [
    ["widget wh-1 soon", 2],
    ["widget wh-1 late", 2],
  ]);
  assert.deepEqual(promised(6), [
    ["widget wh-1 soon", 2],
    ["widget wh-1 late", 3],
    ["widget wh-1 none", 1],
  ]);
});
