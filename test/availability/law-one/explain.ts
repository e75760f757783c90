import type { AskedLine, Policy } from "./acts.ts";
import {
  type Channel,
  endPromise,
  fenceable,
  type Good,
  handle,
  ITEMS,
  type Item,
  isBegun,
  type Model,
  NETWORK,
  PARTS,
  type Place,
  type Promised,
  possible,
  promisable,
  reach,
  sharedMax,
  shelfAt,
  takeOff,
} from "./model.ts";

/** One promise as the product gave it. */
export type Given = {
  readonly id: string;
  readonly line: number;
  readonly good: Good;
  readonly place: Place;
  readonly units: number;
  readonly fenced: number;
  readonly expiresAt: number | undefined;
};

/** What happened, with what the product answered. */
export type Event =
  | {
      readonly is: "asked";
      readonly channel: Channel;
      readonly policy: Policy;
      readonly lines: readonly AskedLine[];
      /** Absent: a firm promise for this order. */
      readonly ttlMs: number | undefined;
      readonly order: string | undefined;
      readonly given: readonly Given[];
    }
  | {
      readonly is: "allocate" | "release";
      readonly id: string;
      readonly answer: "done" | "already" | "refused";
    }
  | ({ readonly is: "handled" } & Parameters<typeof handle>[1])
  | {
      readonly is: "receive" | "count" | "lose";
      readonly good: Good;
      readonly place: Place;
      readonly units: number;
      readonly minute: number;
    }
  | {
      readonly is: "fence" | "give-back";
      readonly channel: Channel;
      readonly good: Good;
      readonly place: Place;
      readonly units: number;
      readonly answer: "done" | "refused";
    }
  | { readonly is: "told"; readonly channel: Channel; readonly figures: { readonly [of in Item]: number } }
  | { readonly is: "nothing" };

type Asked = Extract<Event, { is: "asked" }>;

/** Lets an event happen to the model. Gives why it cannot have happened at this point, or undefined. */
export function explain(model: Model, event: Event): string | undefined {
  switch (event.is) {
    case "asked":
      return explainAsked(model, event);
    case "allocate":
    case "release":
      return explainStep(model, event);
    case "handled":
      handle(model, event);
      return undefined;
    case "receive":
    case "lose": {
      const units = event.is === "receive" ? event.units : -event.units;
      shelfAt(model, event.good, event.place).moved.push({ minute: event.minute, units });
      return undefined;
    }
    case "count":
      shelfAt(model, event.good, event.place).counted.push(event);
      return undefined;
    case "fence":
    case "give-back":
      return explainFence(model, event);
    case "told": {
      const wrong = ITEMS.filter((item) => event.figures[item] !== figureOf(model, event.channel, item));
      const [item] = wrong;
      if (item === undefined) return undefined;
      return `${event.channel} was told ${event.figures[item]} of ${item}, not ${figureOf(model, event.channel, item)}`;
    }
    case "nothing":
      return undefined;
    default:
      return event satisfies never;
  }
}

/** What a channel is told of an item: a good's figure is its formula's, a set's what could be promised. */
function figureOf(model: Model, channel: Channel, item: Item): number {
  return item === "set" ? possible(model, channel, { item }) : promisable(model, channel, item);
}

function explainAsked(model: Model, asked: Asked): string | undefined {
  const { channel, policy, lines, given } = asked;
  const isRefused = policy === "all-or-nothing" && given.length === 0;
  if (isRefused) {
    return canFall(model, asked, 0) ? undefined : "it was refused, and every line could be promised";
  }
  for (const [at, line] of lines.entries()) {
    const most = possible(model, channel, line);
    if (policy === "all-or-nothing" && most < line.units) {
      return `line ${at} was promised ${line.units}, and there were ${most}`;
    }
    const units = Math.min(most, line.units);
    for (const { good, each } of PARTS[line.item]) {
      const own = given.filter((promise) => promise.line === at && promise.good === good);
      const fault =
        faultOfParts(own, { units: units * each, each }) ??
        own.map((promise) => grant(model, asked, promise, line)).find((word) => word !== undefined);
      if (fault !== undefined) return `line ${at}, ${good}: ${fault}`;
    }
  }
  return undefined;
}

function faultOfParts(
  own: readonly Given[],
  { units, each }: { readonly units: number; readonly each: number },
): string | undefined {
  const promised = own.reduce((sum, promise) => sum + promise.units, 0);
  if (promised !== units) return `${promised} were promised, not ${units}`;
  return own.some((promise) => promise.units % each !== 0) ? "a set is made up in two places" : undefined;
}

/** Takes one promise off its shelf. Gives what is wrong with it. */
function grant(model: Model, asked: Asked, promise: Given, line: AskedLine): string | undefined {
  const { channel, ttlMs, order } = asked;
  const { id, good, place, units, fenced } = promise;
  if (!NETWORK[channel].includes(place)) return `${channel} does not sell from ${place}`;
  if (line.place !== undefined && line.place !== place) return `it was asked for at ${line.place}`;
  const there = reach(model, channel, good, place);
  if (units > there) return `${units} were promised at ${place}, and ${there} were there`;
  const to = ttlMs === undefined ? "allocated" : "held";
  const most = sharedMax(model, channel, good);
  const own = takeOff(shelfAt(model, good, place), channel, units, to);
  if (own !== fenced) return `${fenced} came out of the channel's own, not ${own}`;
  if (units - own > most) return `${units - own} were promised of ${most} that are there for everybody`;
  const expiresAt = ttlMs === undefined ? undefined : model.now + ttlMs;
  if (expiresAt !== promise.expiresAt) return `it runs out at ${promise.expiresAt}, not ${expiresAt}`;
  const orderLine = order === undefined ? undefined : `${order}/${promise.line}`;
  model.promises.set(id, { channel, good, place, units, fenced, orderLine, expiresAt, state: to });
  return undefined;
}

/** Whether some way of taking the earlier lines leaves too few for a later one: then refusing it all was right. */
function canFall(model: Model, asked: Asked, at: number): boolean {
  const { channel } = asked;
  const line = asked.lines[at];
  if (line === undefined) return false;
  if (possible(model, channel, line) < line.units) return true;
  const places = NETWORK[channel].filter((place) => line.place === undefined || place === line.place);
  return waysToTake(model, { channel, line, places }).some((after) => canFall(after, asked, at + 1));
}

type Taking = { readonly channel: Channel; readonly line: AskedLine; readonly places: readonly Place[] };

/** The shop after a line, for each way in which its parts can be taken from at most two places. */
function waysToTake(model: Model, { channel, line, places }: Taking): readonly Model[] {
  const [first, second] = places;
  if (first === undefined) return [];
  return PARTS[line.item].reduce<readonly Model[]>(
    (ways, { good, each }) =>
      ways.flatMap((way) => {
        const units = line.units * each;
        const splits = Array.from({ length: line.units + 1 }, (_, sets) => sets * each);
        return splits.flatMap((here) => {
          const rest = units - here;
          if (here > reach(way, channel, good, first)) return [];
          if (rest > 0 && (second === undefined || rest > reach(way, channel, good, second))) return [];
          const after = structuredClone(way);
          const own =
            takeOff(shelfAt(after, good, first), channel, here, "held") +
            (second === undefined ? 0 : takeOff(shelfAt(after, good, second), channel, rest, "held"));
          return units - own > sharedMax(way, channel, good) ? [] : [after];
        });
      }),
    [model],
  );
}

function explainStep(model: Model, { is, id, answer }: Extract<Event, { is: "allocate" | "release" }>) {
  const promise = model.promises.get(id);
  if (promise === undefined) return `nothing is known of ${id}`;
  const expected = is === "allocate" ? allocate(model, promise) : release(model, promise);
  // A hold that has run out has given its units back: whether its release does so or did so is a matter of words.
  const isSame = answer === expected || (expected === "already" && is === "release" && answer === "done");
  return isSame ? undefined : `${is} was ${answer}, not ${expected}`;
}

function allocate(model: Model, promise: Promised): "done" | "already" | "refused" {
  if (promise.state === "ended") return "refused";
  if (promise.state === "allocated") return "already";
  const shelf = shelfAt(model, promise.good, promise.place);
  shelf.held -= promise.units;
  shelf.allocated += promise.units;
  promise.state = "allocated";
  return "done";
}

function release(model: Model, promise: Promised): "done" | "already" | "refused" {
  if (promise.state === "ended") return "already";
  if (promise.state === "allocated" && isBegun(model, promise)) return "refused";
  endPromise(model, promise);
  return "done";
}

function explainFence(model: Model, event: Extract<Event, { is: "fence" | "give-back" }>) {
  const { channel, good, place, units, answer } = event;
  const shelf = shelfAt(model, good, place);
  const isOutside = !NETWORK[channel].includes(place);
  const most = event.is === "fence" ? fenceable(model, channel, good, place) : shelf.fenced[channel];
  const expected = isOutside || units > most ? "refused" : "done";
  if (answer !== expected) return `${event.is} of ${units} was ${answer}, not ${expected}: there are ${most}`;
  if (expected === "done") shelf.fenced[channel] += event.is === "fence" ? units : -units;
  return undefined;
}
