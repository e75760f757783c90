/**
 * A second opinion on law 1, small enough to be read at once: what a shop with two warehouses has, has promised and may still promise.
 * It shares no code with the product. Everything is plain data, so that it can be copied and asked "what if".
 */

export const PLACES = ["wh-1", "wh-2"] as const;
export type Place = (typeof PLACES)[number];
export const CHANNELS = ["web", "shop"] as const;
export type Channel = (typeof CHANNELS)[number];
/** What lies on shelves. A `set` is made of them when it is promised. */
export const GOODS = ["nut", "bolt"] as const;
export type Good = (typeof GOODS)[number];
export const ITEMS = [...GOODS, "set"] as const;
export type Item = (typeof ITEMS)[number];

type Part = { readonly good: Good; readonly each: number };

/** Where each channel sells from: the shop must never promise what lies in the other warehouse. */
export const NETWORK: { readonly [of in Channel]: readonly Place[] } = { web: PLACES, shop: ["wh-2"] };
export const PARTS: { readonly [of in Item]: readonly Part[] } = {
  nut: [{ good: "nut", each: 1 }],
  bolt: [{ good: "bolt", each: 1 }],
  set: [
    { good: "nut", each: 2 },
    { good: "bolt", each: 1 },
  ],
};

/** What a channel keeps back of a good, has protected and promises at most. */
export type Rule = { readonly buffer: number; readonly protects: number; readonly cap: number | null };

export type Shelf = {
  /** What came and went, and what was counted, each at its minute: nothing that happened before a count adds to it. */
  readonly moved: { readonly minute: number; readonly units: number }[];
  readonly counted: { readonly minute: number; readonly units: number }[];
  held: number;
  allocated: number;
  picked: number;
  readonly fenced: { [of in Channel]: number };
};

export type Promised = {
  readonly channel: Channel;
  readonly good: Good;
  readonly place: Place;
  readonly units: number;
  readonly fenced: number;
  readonly orderLine: string | undefined;
  readonly expiresAt: number | undefined;
  state: "held" | "allocated" | "ended";
};

/** How far the warehouse is with an order line's good at a place. */
type Progress = { picked: number; shipped: number };

export type Model = {
  now: number;
  readonly rules: { readonly [of in Channel]: { readonly [of in Good]: Rule } };
  readonly shelves: Map<string, Shelf>;
  readonly promises: Map<string, Promised>;
  readonly progress: Map<string, Progress>;
};

/** An empty shop. */
export function openModel(rules: Model["rules"], now: number): Model {
  return { now, rules, shelves: new Map(), promises: new Map(), progress: new Map() };
}

export function shelfAt(model: Model, good: Good, place: Place): Shelf {
  const name = `${good}@${place}`;
  const known = model.shelves.get(name);
  if (known !== undefined) return known;
  const made: Shelf = {
    moved: [],
    counted: [],
    held: 0,
    allocated: 0,
    picked: 0,
    fenced: { web: 0, shop: 0 },
  };
  model.shelves.set(name, made);
  return made;
}

/** All that is in the building: the last count, and what moved after it. */
function onHand({ moved, counted }: Shelf): number {
  const last = counted.toSorted((a, b) => a.minute - b.minute).at(-1) ?? { minute: -1, units: 0 };
  return moved
    .filter(({ minute }) => minute > last.minute)
    .reduce((sum, { units }) => sum + units, last.units);
}

/** What is there for everybody. Below zero where a fact has taken what was promised. */
export function availableOn(shelf: Shelf): number {
  const { held, allocated, picked, fenced } = shelf;
  return onHand(shelf) - held - allocated - picked - fenced.web - fenced.shop;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** What a channel could take from a shelf: what is there for everybody, and its own. */
export function reach(model: Model, channel: Channel, good: Good, place: Place): number {
  const shelf = shelfAt(model, good, place);
  return Math.max(0, availableOn(shelf)) + shelf.fenced[channel];
}

/** Available to promise of a good. */
export function promisable(model: Model, channel: Channel, good: Good): number {
  const own = sum(NETWORK[channel].map((place) => shelfAt(model, good, place).fenced[channel]));
  return capped(model, { channel, good, units: openTo(model, channel, good) + own });
}

/** How many units that are there for everybody a channel may be promised: the others are protected. */
export function sharedMax(model: Model, channel: Channel, good: Good): number {
  return capped(model, { channel, good, units: openTo(model, channel, good) });
}

function openTo(model: Model, channel: Channel, good: Good): number {
  const shelves = NETWORK[channel].map((place) => shelfAt(model, good, place));
  const others = CHANNELS.filter((other) => other !== channel);
  const kept =
    model.rules[channel][good].buffer + sum(others.map((other) => model.rules[other][good].protects));
  return Math.max(0, sum(shelves.map(availableOn)) - kept);
}

type Figure = { readonly channel: Channel; readonly good: Good; readonly units: number };
function capped(model: Model, { channel, good, units }: Figure): number {
  return Math.min(model.rules[channel][good].cap ?? units, units);
}

/** What there is of a good for a channel where a fence may be set up or given back. */
export function fenceable(model: Model, channel: Channel, good: Good, place: Place): number {
  const others = CHANNELS.filter((other) => other !== channel);
  const network = sum(NETWORK[channel].map((at) => availableOn(shelfAt(model, good, at))));
  const free = network - sum(others.map((other) => model.rules[other][good].protects));
  return Math.max(0, Math.min(availableOn(shelfAt(model, good, place)), free));
}

type Parts = { readonly own: number; readonly shared: number };

/** The most whole sets that places can give, over every way to divide what may be taken of what is there for everybody. */
function mostSets([first, ...rest]: readonly Parts[], shared: number, each: number): number {
  if (first === undefined) return 0;
  const ways = Array.from({ length: Math.min(first.shared, shared) + 1 }, (_, here) => here);
  return Math.max(
    ...ways.map((here) => Math.floor((first.own + here) / each) + mostSets(rest, shared - here, each)),
  );
}

/** How many of an item a channel can promise: in whole sets, none of which is made up in two places. */
export function possible(
  model: Model,
  channel: Channel,
  { item, place }: { readonly item: Item; readonly place?: Place | undefined },
): number {
  const places = NETWORK[channel].filter((at) => place === undefined || at === place);
  return Math.min(
    ...PARTS[item].map(({ good, each }) => {
      const shelves = places.map((at) => shelfAt(model, good, at));
      const parts = shelves.map((shelf) => ({
        own: shelf.fenced[channel],
        shared: Math.max(0, availableOn(shelf)),
      }));
      const whole = mostSets(parts, sharedMax(model, channel, good), each);
      return Math.min(whole, Math.floor(promisable(model, channel, good) / each));
    }),
  );
}

/** Takes units off a shelf for a channel, its own first; gives how many were its own. */
export function takeOff(shelf: Shelf, channel: Channel, units: number, to: "held" | "allocated"): number {
  const own = Math.min(units, shelf.fenced[channel]);
  shelf.fenced[channel] -= own;
  shelf[to] += units;
  return own;
}

/** Ends a promise of which nothing has left: the units are on the shelf again, the channel's own in its fence. */
export function endPromise(model: Model, promise: Promised): void {
  const shelf = shelfAt(model, promise.good, promise.place);
  if (promise.state === "ended") return;
  shelf[promise.state] -= promise.units;
  shelf.fenced[promise.channel] += promise.fenced;
  promise.state = "ended";
}

/** Moves the clock. What has run out counts no longer, whether anybody has looked or not. */
export function wait(model: Model, ms: number): void {
  model.now += ms;
  for (const promise of model.promises.values()) {
    const ranOut = promise.expiresAt !== undefined && promise.expiresAt <= model.now;
    if (promise.state === "held" && ranOut) endPromise(model, promise);
  }
}

const NOTHING_DONE: Progress = { picked: 0, shipped: 0 };
const gone = ({ picked, shipped }: Progress): number => Math.max(picked, shipped);

const placeOfLine = (orderLine: string, good: Good, place: Place) => `${orderLine} ${good}@${place}`;

/** What has become of a promise, in the product's words; those that ended are not told apart. */
export function stateOf(model: Model, promise: Promised): string {
  const { orderLine = "", good, place, units, state } = promise;
  if (state !== "allocated") return state;
  const progress = model.progress.get(placeOfLine(orderLine, good, place)) ?? NOTHING_DONE;
  if (progress.shipped >= units) return "shipped";
  return gone(progress) >= units ? "picked" : "allocated";
}

/** Whether anything of a promise has left its shelf. */
export function isBegun(model: Model, { orderLine = "", good, place }: Promised): boolean {
  return gone(model.progress.get(placeOfLine(orderLine, good, place)) ?? NOTHING_DONE) > 0;
}

export type Handling = {
  readonly step: "picked" | "shipped";
  readonly orderLine: string;
  readonly good: Good;
  readonly place: Place;
  readonly units: number;
  readonly minute: number;
};

/** The warehouse picks or ships units for an order line: promised units first, then what is there for everybody. */
export function handle(model: Model, { step, orderLine, good, place, units, minute }: Handling): void {
  const name = placeOfLine(orderLine, good, place);
  const before = model.progress.get(name) ?? NOTHING_DONE;
  const after = { ...before, [step]: before[step] + units };
  model.progress.set(name, after);
  const promise = [...model.promises.values()].find(
    (each) =>
      each.orderLine === orderLine &&
      each.good === good &&
      each.place === place &&
      each.state === "allocated",
  );
  const due = promise?.units ?? 0;
  const freed = Math.max(0, due - gone(before)) - Math.max(0, due - gone(after));
  const left = gone(after) - gone(before);
  const shelf = shelfAt(model, good, place);
  shelf.allocated -= freed;
  shelf.picked += step === "picked" ? left : left - units;
  if (step === "shipped") shelf.moved.push({ minute, units: -units });
}
