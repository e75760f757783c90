import {
  channelId,
  itemId,
  lineId,
  locationId,
  quantity,
  type Rule,
  type ShipTo,
  type SourcingCriterion,
} from "@crossdock/canonical";
import fc from "fast-check";
import { type AdmissionLine, type AdmissionRequest, decide } from "../../../src/availability/admission.ts";
import { bookOf } from "../../../src/availability/rules/book.ts";
import { type OpenPosition, openShelf } from "../../../src/availability/shelf.ts";

export const web = channelId("web");
export const places = ["wh-1", "wh-2", "wh-3", "wh-4"].map(locationId);
export const goods = [itemId("nut"), itemId("bolt")] as const;
export type Goods = (typeof goods)[number];
export const channel: Rule = { kind: "channel", channel: web, name: "Web", locations: places };
const CRITERIA: readonly SourcingCriterion[] = [
  ...(["fewest-locations", "priority", "distance", "cost", "expiry", "load", "protection"] as const),
];

export type Scene = {
  readonly positions: readonly OpenPosition[];
  readonly rules: readonly Rule[];
  readonly load: ReadonlyMap<string, number>;
  readonly request: AdmissionRequest;
  readonly rule: Extract<Rule, { kind: "sourcing" }>;
};

const few = fc.nat(5);
const lots = fc
  .array(
    fc.record({
      itemId: fc.constantFrom(...goods),
      locationId: fc.constantFrom(...places),
      available: fc.integer({ min: 1, max: 6 }),
      expiresOn: fc.constantFrom(undefined, "2026-05-01", "2026-05-02", "2026-06-01"),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((rows) =>
    rows.map((row, index): OpenPosition => ({ ...row, positionId: index, lot: `L${index}`, daysLeft: 40 })),
  );
const lane = fc.record({
  kind: fc.constant("lane" as const),
  location: fc.constantFrom(...places),
  zone: fc.constantFrom("DE", "DE-8"),
  perOrder: few.map(quantity),
  perUnit: few.map(quantity),
  metres: few.map(quantity),
});
const sourcing = fc.record({
  kind: fc.constant("sourcing" as const),
  criteria: fc.uniqueArray(fc.constantFrom(...CRITERIA), { minLength: 1 }),
  locations: fc.shuffledSubarray(places, { minLength: 1 }),
  leaveUnits: fc.integer({ min: 1, max: 4 }).map(quantity),
});
const lines = fc.array(
  fc.record({
    item: fc.constantFrom(...goods),
    ordered: fc.integer({ min: 1, max: 5 }),
    unit: fc.constantFrom(1, 1, 2),
    locationsMax: fc.constantFrom(undefined, undefined, 1, 2),
  }),
  { minLength: 1, maxLength: 3 },
);
export const scene: fc.Arbitrary<Scene> = fc
  .record({
    positions: lots,
    lanes: fc.array(lane, { maxLength: 6 }),
    rule: sourcing,
    wanted: lines,
    load: fc.array(few, { minLength: 4, maxLength: 4 }),
    zone: fc.constantFrom("DE-81", "DE-20", "FR-1"),
    policy: fc.constantFrom("partial" as const, "all-or-nothing" as const),
    locationsMax: fc.constantFrom(undefined, undefined, 1, 2),
  })
  .map(({ positions, lanes, rule, wanted, load, zone, policy, locationsMax }) => ({
    ...{ positions, rule, load: new Map(places.map((place, at) => [place, load[at] ?? 0])) },
    rules: [
      ...lanes,
      ...places
        .slice(0, 3)
        .map((location): Rule => ({ kind: "place", location, capacityUnits: quantity(7) })),
    ],
    request: {
      ...{ channelId: web, policy, locationsMax, destination: { zone } satisfies ShipTo, refused: [] },
      lines: wanted.map(
        ({ item, ordered, unit, locationsMax: most }, index): AdmissionLine => ({
          ...{ lineId: lineId(String(index)), itemId: item, orderedUnit: quantity(unit), locationsMax: most },
          ...{ quantity: quantity(ordered * unit), components: [{ itemId: item, quantity: 1 }] },
        }),
      ),
    },
  }));

export function decided({ positions, load, request }: Scene, rules: readonly Rule[]) {
  const shelf = { ...openShelf(positions), load };
  return decide(shelf, bookOf([channel, ...rules]), request);
}

/** Units by line and location. */
export type Taken = readonly { readonly line: number; readonly place: string; readonly units: number }[];

export const takenOf = (scene: Scene, rules: readonly Rule[]): Taken =>
  decided(scene, rules).promised.map(({ lineId: line, position, quantity: units }) => ({
    ...{ line: Number(line), place: position.locationId, units },
  }));

export const itemOfLine = ({ request }: Scene, line: number): Goods =>
  goods.find((item) => item === request.lines[line]?.itemId) ?? goods[0];

export const liesAt = ({ positions }: Scene, item: string, place: string): number =>
  positions
    .filter((lot) => lot.itemId === item && lot.locationId === place)
    .reduce((sum, lot) => sum + lot.available, 0);

/** What a plan is worth by a criterion, said again in the plainest way. */
function worthBy(criterion: SourcingCriterion, scene: Scene, taken: Taken): number {
  const { rule, rules, request, load, positions } = scene;
  const { zone = "" } = request.destination ?? {};
  const book = bookOf([channel, ...rules]);
  const used = [...new Set(taken.map(({ place }) => place))];
  const laneOf = (place: string) =>
    [...book.rules.values()]
      .flatMap(({ rule: each }) => (each.kind === "lane" ? [each] : []))
      .filter((each) => each.location === place && zone.startsWith(each.zone))
      .toSorted((a, b) => b.zone.length - a.zone.length)[0];
  const units = (of: (place: string, item: Goods) => number) =>
    taken.reduce((sum, part) => sum + part.units * of(part.place, itemOfLine(scene, part.line)), 0);
  switch (criterion) {
    case "fewest-locations":
      return used.length;
    case "priority": {
      const order = (rule.locations ?? []).map(String);
      return units((place) => (order.includes(place) ? order.indexOf(place) : order.length));
    }
    case "distance":
      return units((place) => laneOf(place)?.metres ?? 1e9);
    case "cost":
      return (
        used.reduce((sum, place) => sum + (laneOf(place)?.perOrder ?? 1e9), 0) +
        units((place) => laneOf(place)?.perUnit ?? 0)
      );
    case "expiry":
      return units((place, item) => {
        const days = positions
          .filter((lot) => lot.itemId === item && lot.locationId === place)
          .flatMap(({ expiresOn }) => (expiresOn === undefined ? [] : [Date.parse(expiresOn) / 86_400_000]));
        return days.length === 0 ? 1e9 : Math.min(...days);
      });
    case "load":
      return units((place) => (place === "wh-4" ? 1e9 : Math.floor(((load.get(place) ?? 0) * 1_000) / 7)));
    case "protection": {
      const keep = rule.leaveUnits ?? 0;
      let missing = 0;
      for (const item of goods) {
        for (const place of used) {
          const gone = taken
            .filter((part) => part.place === place && itemOfLine(scene, part.line) === item)
            .reduce((sum, part) => sum + part.units, 0);
          const lies = liesAt(scene, item, place);
          if (gone > 0) missing += Math.max(0, keep - (lies - gone)) - Math.max(0, keep - lies);
        }
      }
      return missing;
    }
    default:
      return criterion satisfies never;
  }
}

export const worth = (scene: Scene, taken: Taken): readonly number[] =>
  scene.rule.criteria.map((criterion) => worthBy(criterion, scene, taken));

/** Every way to take so many units of each line, from places that have them and within the limits. */
export function* everyPlan(
  scene: Scene,
  units: readonly number[],
  line = 0,
  before: Taken = [],
): Generator<Taken> {
  const { request } = scene;
  const wanted = request.lines[line];
  if (wanted === undefined) {
    const most = request.locationsMax ?? places.length;
    if (new Set(before.map(({ place }) => place)).size <= most) yield before;
    return;
  }
  const item = itemOfLine(scene, line);
  const left = (place: string) =>
    liesAt(scene, item, place) -
    before
      .filter((part) => part.place === place && itemOfLine(scene, part.line) === item)
      .reduce((sum, part) => sum + part.units, 0);
  function* spread(at: number, missing: number, own: Taken): Generator<Taken> {
    if (missing === 0) {
      if (own.length <= (wanted?.locationsMax ?? places.length)) yield own;
      return;
    }
    const place = places[at];
    if (place === undefined || wanted === undefined) return;
    yield* spread(at + 1, missing, own);
    for (
      let part: number = wanted.orderedUnit;
      part <= Math.min(missing, left(place));
      part += wanted.orderedUnit
    )
      yield* spread(at + 1, missing - part, [...own, { line, place, units: part }]);
  }
  for (const own of spread(0, units[line] ?? 0, []))
    yield* everyPlan(scene, units, line + 1, [...before, ...own]);
}

export const less = (one: readonly number[], other: readonly number[]): boolean => {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
};

export const unitsOf = ({ request }: Scene, taken: Taken): readonly number[] =>
  request.lines.map((_, line) =>
    taken.filter((part) => part.line === line).reduce((sum, part) => sum + part.units, 0),
  );
