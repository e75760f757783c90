import { type Reference, referenceText, type Tracking } from "@crossdock/canonical";
import { type Fraction, type Key, keyText } from "./master.ts";
import { storedValue } from "./resolve.ts";
import { periodsOf, type Timeline, valueAt } from "./timeline.ts";

/** What is known of a lot. */
export type LotState = {
  readonly expiresOn: string | undefined;
  readonly madeOn: string | undefined;
  /** No master data states the day that it expires: receipts do. */
  readonly expiryFromReceipts: boolean;
  readonly attributes: Readonly<Record<string, string>>;
};

/** An item with everything that a change of master data may touch or has to look at. */
export type ItemState = {
  readonly itemId: string;
  readonly sku: string;
  readonly description: string;
  readonly baseUnit: string;
  readonly tracking: Tracking;
  readonly itemClass: string | undefined;
  readonly mergedInto: string | undefined;
  readonly units: ReadonlyMap<string, Timeline<Fraction>>;
  readonly components: ReadonlyMap<string, number>;
  /** The kits that hold it. */
  readonly kits: ReadonlySet<string>;
  /** By currency; only those that a change names are loaded. */
  readonly costs: ReadonlyMap<string, Timeline<string>>;
  readonly hasCosts: boolean;
  /** By lot; only those that a change names are loaded. */
  readonly lots: ReadonlyMap<string, LotState>;
  /** Whether there is or ever was stock of it. */
  readonly isStocked: boolean;
};

export type LocationState = {
  readonly locationId: string;
  readonly code: string;
  readonly name: string;
  readonly type: string;
  readonly timeZone: string;
  /** What is said of its calendar, by what it is about. */
  readonly calendar: ReadonlyMap<string, Timeline<string>>;
};

/** The master data that a batch of changes is about, as it stands when they are decided. */
export type MasterState = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly items: ReadonlyMap<string, ItemState>;
  readonly locations: ReadonlyMap<string, LocationState>;
  /** By `keyText` of the name's key. */
  readonly names: ReadonlyMap<string, Timeline<string>>;
};

/** The part of a state that a decision replaces. */
export type StateChange = {
  readonly items?: readonly ItemState[];
  readonly locations?: readonly LocationState[];
  readonly names?: readonly { readonly key: Key; readonly timeline: Timeline<string> }[];
};

/** The state after a change. Never fails. The maps are copied once a batch: see `openState`. */
export function evolve(state: OpenState, change: StateChange): void {
  for (const item of change.items ?? []) state.items.set(item.itemId, item);
  for (const location of change.locations ?? []) state.locations.set(location.locationId, location);
  for (const { key, timeline } of change.names ?? []) {
    state.keys.set(keyText(key), key);
    state.names.set(keyText(key), timeline);
  }
}

/** A state that goes on with the decisions of one batch, so that a row may build on the rows before it. */
export type OpenState = {
  readonly now: number;
  readonly items: Map<string, ItemState>;
  readonly locations: Map<string, LocationState>;
  readonly names: Map<string, Timeline<string>>;
  /** The keys of the names that were changed. */
  readonly keys: Map<string, Key>;
};

/** A copy of a state that decisions may go on with. */
export const openState = (state: MasterState): OpenState => ({
  now: state.now,
  items: new Map(state.items),
  locations: new Map(state.locations),
  names: new Map(state.names),
  keys: new Map(),
});

/** The key of a reference as a name in one scope. */
export const referenceKey = (kind: "item" | "location", reference: Reference, scope: string): Key => [
  kind,
  reference.scheme,
  scope,
  storedValue(reference),
];

/** What a reference leads to now: as a name in its own scope, as one that everybody shares, or as our own id. */
function targetOf(state: MasterState, kind: "item" | "location", reference: Reference): string | undefined {
  const { scope = "" } = reference;
  for (const each of scope === "" ? [""] : [scope, ""]) {
    const timeline = state.names.get(keyText(referenceKey(kind, reference, each))) ?? [];
    const target = valueAt(timeline, state.now);
    if (target !== undefined) return target;
  }
  return reference.scheme === "id" ? reference.value : undefined;
}

/** The item that a reference leads to now. */
export function itemNamed(state: MasterState, reference: Reference): ItemState | undefined {
  return state.items.get(targetOf(state, "item", reference) ?? "");
}

/** The location that a reference leads to now. */
export function locationNamed(state: MasterState, reference: Reference): LocationState | undefined {
  return state.locations.get(targetOf(state, "location", reference) ?? "");
}

/** A moment for people: `now` for the one at which is decided, so that a change reads the same whenever it is tried. */
export function momentText(moment: number, now: number): string {
  if (moment === now) return "now";
  return Number.isFinite(moment) ? new Date(moment).toISOString() : "always";
}

/** The course of something over time, in one line: `12 until 2026-03-01T00:00:00.000Z; 10 from then`. */
export function courseText<Value>(
  timeline: Timeline<Value>,
  now: number,
  textOf: (value: Value) => string,
): string {
  const parts = periodsOf(timeline).map(({ from, to, value }) => {
    const since = from === Number.NEGATIVE_INFINITY ? "" : ` from ${momentText(from, now)}`;
    const until = to === Number.POSITIVE_INFINITY ? "" : ` until ${momentText(to, now)}`;
    return `${textOf(value)}${since}${until}`;
  });
  return parts.join("; ");
}

/** A factor as people write it: 12, or 1/1000. */
export const fractionText = ({ numerator, denominator }: Fraction): string =>
  denominator === 1n ? String(numerator) : `${numerator}/${denominator}`;

/** A name for people: `gtin:04012345678901`, with whose it is where it is not everybody's. */
export const nameText = ([, scheme = "", scope = "", value = ""]: Key): string =>
  referenceText({ scheme, value, ...(scope === "" ? {} : { scope }) });

/** What a name leads to, for people: the item by its SKU, the location by its code. */
export const targetText =
  (state: MasterState) =>
  (target: string): string =>
    state.items.get(target)?.sku ?? state.locations.get(target)?.code ?? target;
