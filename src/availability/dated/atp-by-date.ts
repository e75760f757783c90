import type { ItemId } from "@crossdock/canonical";
import { type AtpDesk, amountsOf, type ItemStock } from "../atp.ts";

/** Units of an item that come to a location at a moment, or with a minus leave it. Moments are milliseconds. */
export type Flow = {
  readonly itemId: string;
  readonly locationId: string;
  readonly at: number;
  readonly units: number;
};

/** What is asked about: an item by its parts. One that lies on shelves is its own only part. */
export type Asked = {
  readonly itemId: ItemId;
  readonly components: readonly { readonly itemId: ItemId; readonly quantity: number }[];
};

/** The fewest that may be sold from a moment on, and when that is; undefined: at the moment itself. */
export type Lowest = { readonly units: number; readonly at: number | undefined };

/** What flows add to the stock of now, by item and place. */
type Ahead = Map<string, Map<string, number>>;

function add(ahead: Ahead, { itemId, locationId: place, units }: Flow): void {
  const places = ahead.get(itemId) ?? new Map<string, number>();
  places.set(place, (places.get(place) ?? 0) + units);
  ahead.set(itemId, places);
}

/** What a figure by date is computed from: the rules, and the stock that there would be of an item with so many units more, place by place, without that of some. */
export type DatedDesk = Pick<AtpDesk, "book" | "channel"> & {
  /** Places from which nothing leaves any more by the moment that is asked about. */
  readonly closed?: ReadonlySet<string>;
  stockWith(item: ItemId, units: ReadonlyMap<string, number>, without?: ReadonlySet<string>): ItemStock;
};

const NOTHING: ReadonlyMap<string, number> = new Map();

function figureOf(
  { book, channel, stockWith }: DatedDesk,
  asked: Asked,
  ahead: Ahead,
  without?: ReadonlySet<string>,
): number {
  const parts = asked.components.length > 0 ? asked.components.map((part) => part.itemId) : [asked.itemId];
  const stock = new Map<string, ItemStock>(
    parts.map((item) => [item, stockWith(item, ahead.get(item) ?? NOTHING, without)]),
  );
  return amountsOf({ book, channel, stock }, asked).availableToPromise;
}

const byTime = (a: Flow, b: Flow): number => a.at - b.at;

/** Flows of one moment belong together: nothing is short between two lines of one lorry. */
const moments = (flows: readonly Flow[]): [at: number, flows: readonly Flow[]][] => [
  ...Map.groupBy(flows.toSorted(byTime), ({ at }) => at),
];

/**
 * How many may be promised by a moment: what `isBy` says has flowed by then has, everything else flows at its time, and the fewest at any
 * time from then on count. What lies at places that are `closed` cannot leave by then; later it can. Never below zero, by every rule that
 * holds for what is sold at once.
 */
export function promiseBy(
  desk: DatedDesk,
  asked: Asked,
  flows: readonly Flow[],
  isBy: (flow: Flow) => boolean,
): Lowest {
  const ahead: Ahead = new Map();
  for (const flow of flows.filter(isBy)) add(ahead, flow);
  let lowest: Lowest = { units: figureOf(desk, asked, ahead, desk.closed), at: undefined };
  for (const [at, own] of moments(flows.filter((flow) => !isBy(flow)))) {
    for (const flow of own) add(ahead, flow);
    const units = figureOf(desk, asked, ahead);
    if (units < lowest.units) lowest = { units, at };
  }
  return lowest;
}

/** The same for many moments at once, in their order: each flow is looked at once. */
export function promiseSeries(
  desk: DatedDesk,
  asked: Asked,
  flows: readonly Flow[],
  at: readonly number[],
): readonly number[] {
  const ahead: Ahead = new Map();
  const steps = [{ from: Number.NEGATIVE_INFINITY, units: figureOf(desk, asked, ahead) }];
  for (const [from, own] of moments(flows)) {
    for (const flow of own) add(ahead, flow);
    steps.push({ from, units: figureOf(desk, asked, ahead) });
  }
  for (let index = steps.length - 2; index >= 0; index -= 1) {
    const [step, next] = [steps[index], steps[index + 1]];
    if (step !== undefined && next !== undefined) step.units = Math.min(step.units, next.units);
  }
  return at.map((moment) => steps.findLast(({ from }) => from <= moment)?.units ?? 0);
}
