import { type Reference, referenceText } from "@crossdock/canonical";
import type { Clock, Ids, Queryable, Transaction } from "../platform/index.ts";
import { readNames, writeNames, writeUnits } from "./change-service.ts";
import {
  factorBetween,
  type IdentityRefusal,
  leadOn,
  type NameCourse,
  ownIdName,
  unlikeUnits,
} from "./identity.ts";
import {
  clearMerged,
  holdMerged,
  lockItems,
  type MergedRow,
  selectMerged,
  selectUnlikeLots,
  setMerged,
} from "./identity-store.ts";
import { shareLots } from "./lot-settling-service.ts";
import { type Fraction, type Key, keyText, type NamePeriod } from "./master.ts";
import type { Changer } from "./master-changes-service.ts";
import { referenceKey } from "./master-state.ts";
import { selectKitsHolding, takeChangeTurn } from "./master-store.ts";
import { selectNamePointsOf } from "./name-store.ts";
import { type ResolvedItem, toKnownItem, toMoment } from "./resolve.ts";
import { type ItemRow, selectItems, upsertItems } from "./store.ts";
import { type Timeline, valueAt } from "./timeline.ts";

/** An item that has become another: since when, and how many base units of that one a base unit of it is. */
export type Merge = {
  readonly itemId: string;
  readonly into: string;
  readonly since: Date;
  readonly units: number;
};

/** Two items that are to be one. `since` is when the names begin to lead on; it is not ahead of now. */
export type MergeAsked = {
  readonly itemId: string;
  readonly into: string;
  readonly since: Date;
  readonly changer: Changer;
};

/** Names that are to lead from an item to another one, which is there or is made. */
export type SplitAsked = {
  readonly itemId: string;
  readonly into:
    | { readonly itemId: string }
    | { readonly sku: string; readonly description?: string | undefined };
  readonly names: readonly Reference[];
  readonly since: Date;
  readonly changer: Changer;
};

/** What a change of what items are comes to, before it is written. Nothing is written where there are refusals. */
export type IdentityPlan = {
  readonly refusals: readonly IdentityRefusal[];
  /** The item that units and names go to. */
  readonly into: string;
  /** Base units of it in one base unit of the item that they come from. */
  readonly factor: Fraction;
  /** The names that lead to it from then on. */
  readonly names: readonly string[];
  /** Writes it, in the transaction that planned it. */
  write(): Promise<void>;
};

/** Which items are one. Stock is not known here: whoever plans a change moves it in the same transaction. */
export type Identities = {
  /** Plans a merge, having taken the turn of master data and locked both items. Lock positions after it, never before. */
  planMerge(tx: Transaction, asked: MergeAsked): Promise<IdentityPlan>;
  /** Plans a split, likewise. Split into an item that was merged into the other, it undoes the merge from `since` on. */
  planSplit(tx: Transaction, asked: SplitAsked): Promise<IdentityPlan>;
  /** Every item that has become another. */
  merges(queryable: Queryable): Promise<readonly Merge[]>;
  /** One of them, which stays so until the transaction ends; undefined when it is not any more. */
  holdMerge(tx: Transaction, itemId: string): Promise<Merge | undefined>;
};

type Deps = { readonly clock: Clock; readonly ids: Ids; readonly saved: () => void };

/** Opens merging and splitting. `saved` is called after each change. */
export function identities(deps: Deps): Identities {
  return {
    planMerge: (tx, asked) => planMerge(deps, tx, asked),
    planSplit: (tx, asked) => planSplit(deps, tx, asked),
    merges: async (queryable) => (await selectMerged(queryable)).map(toMerge),
    async holdMerge(tx, itemId) {
      const row = await holdMerged(tx, itemId);
      return row === undefined ? undefined : toMerge(row);
    },
  };
}

const toMerge = (row: MergedRow): Merge => ({
  ...{ itemId: row.item_id, into: row.merged_into, since: row.merged_since, units: row.merged_units },
});

const SAME: Fraction = { numerator: 1n, denominator: 1n };
const nothing = async () => undefined;

const refusedPlan = (into: string, refusals: readonly IdentityRefusal[]): IdentityPlan => ({
  ...{ refusals, into, factor: SAME, names: [], write: nothing },
});

type Pair = { readonly row: ItemRow; readonly item: ResolvedItem };

/** Takes the turn, locks the items and reads them as they were at the moment. */
async function openItems(
  deps: Deps,
  tx: Transaction,
  asked: { readonly ids: readonly string[]; readonly since: Date; readonly changer: Changer },
): Promise<ReadonlyMap<string, Pair>> {
  await takeChangeTurn(tx, asked.changer, deps.clock.now());
  await lockItems(tx, asked.ids);
  const rows = await selectItems(tx, asked.ids);
  const at = asked.since.getTime();
  return new Map(rows.map((row) => [row.item_id, { row, item: toKnownItem(row).at(at) }]));
}

const unknown = (itemId: string): IdentityRefusal => ({
  reason: "unknown-item",
  detail: `There is no item ${itemId}.`,
});
const become = ({ item_id, merged_into }: ItemRow): IdentityRefusal => ({
  reason: "merged-away",
  detail: `Item ${item_id} has become ${merged_into}. Name that one.`,
});

/** What of two items stands against their being, or having been, one. */
function differences(from: ResolvedItem, to: ResolvedItem, since: Date, now: Date): IdentityRefusal[] {
  const found: IdentityRefusal[] = [];
  if (since > now) {
    const detail = `${since.toISOString()} is ahead of now; units can be moved only once it is there.`;
    found.push({ reason: "moment-ahead", detail });
  }
  for (const { itemId, components } of [from, to]) {
    if (components.length > 0) found.push({ reason: "is-kit", detail: `Item ${itemId} is a kit.` });
  }
  if (from.tracking !== to.tracking) {
    const detail = `Item ${from.itemId} is tracked by ${from.tracking}, and ${to.itemId} by ${to.tracking}.`;
    found.push({ reason: "tracking-differs", detail });
  }
  return found;
}

async function planMerge(deps: Deps, tx: Transaction, asked: MergeAsked): Promise<IdentityPlan> {
  const { itemId, into, since } = asked;
  const items = await openItems(deps, tx, { ...asked, ids: [itemId, into] });
  const [from, to] = [items.get(itemId), items.get(into)];
  if (from === undefined || to === undefined)
    return refusedPlan(into, [itemId, into].filter((id) => !items.has(id)).map(unknown));
  if (itemId === into)
    return refusedPlan(into, [{ reason: "same-item", detail: `Item ${itemId} is itself.` }]);
  const gone = [from.row, to.row].filter((row) => row.merged_into !== null);
  if (gone.length > 0) return refusedPlan(into, gone.map(become));

  const refusals = differences(from.item, to.item, since, deps.clock.now());
  const factor = factorBetween(from.item, to.item);
  refusals.push(...unitRefusals(from.item, to.item, factor));
  for (const kit of await selectKitsHolding(tx, [itemId])) {
    const detail = `Item ${itemId} is in the kit ${kit.kit_item_id}. Put ${into} in its place first.`;
    refusals.push({ reason: "is-component", detail });
  }
  const lots = await selectUnlikeLots(tx, { one: itemId, other: into });
  if (lots.length > 0) {
    const detail = `They say different days of the lots ${lots.map(({ lot }) => lot).join(", ")}.`;
    refusals.push({ reason: "lots-differ", detail });
  }
  const courses = await coursesOf(tx, itemId);
  const led = leadOn(courses, { from: itemId, to: into, since: since.getTime() });
  const units = (factor ?? SAME).numerator;
  return {
    ...{ refusals, into, factor: factor ?? SAME, names: led.names },
    async write() {
      const now = deps.clock.now();
      await setMerged(tx, { itemId, into, since, units });
      await shareLots(tx, { from: itemId, to: into }, now);
      await writeNames(tx, [...led.periods, ownIdName(itemId, into, since)], now);
      tx.afterCommit(deps.saved);
    },
  };
}

function unitRefusals(
  from: ResolvedItem,
  to: ResolvedItem,
  factor: Fraction | undefined,
): readonly IdentityRefusal[] {
  if (factor === undefined || factor.denominator !== 1n) {
    const detail = `A ${from.baseUnit} of ${from.itemId} is not a whole number of ${to.baseUnit} of ${to.itemId}. State that unit first.`;
    return [{ reason: "units-differ", detail }];
  }
  const unlike = unlikeUnits(from, to, factor);
  if (unlike.length === 0) return [];
  const detail = `Item ${to.itemId} has the units ${unlike.join(", ")} otherwise than ${from.itemId}, or not at all. State them first.`;
  return [{ reason: "units-differ", detail }];
}

/** Every name that leads or led to an item, with its whole course. */
async function coursesOf(tx: Transaction, itemId: string): Promise<readonly NameCourse[]> {
  const points = await selectNamePointsOf(tx, itemId);
  const byName = Map.groupBy(points, ({ scheme, scope, value }) => keyText(["item", scheme, scope, value]));
  return [...byName.values()].flatMap((course) => {
    const [first] = course;
    if (first === undefined) return [];
    const key: Key = ["item", first.scheme, first.scope, first.value];
    const timeline = course.map((point) => ({
      from: toMoment(point.from_ms),
      value: point.target ?? undefined,
    }));
    return [{ key, timeline }];
  });
}

async function planSplit(deps: Deps, tx: Transaction, asked: SplitAsked): Promise<IdentityPlan> {
  const { itemId, into, since } = asked;
  const target = "itemId" in into ? into.itemId : deps.ids.next();
  const isNew = !("itemId" in into);
  const items = await openItems(deps, tx, { ...asked, ids: [itemId, target] });
  const from = items.get(itemId);
  const to = isNew ? from : items.get(target);
  if (from === undefined || to === undefined)
    return refusedPlan(target, [itemId, target].filter((id) => !items.has(id)).map(unknown));
  if (itemId === target)
    return refusedPlan(target, [{ reason: "same-item", detail: `Item ${itemId} is itself.` }]);
  if (from.row.merged_into !== null) return refusedPlan(target, [become(from.row)]);
  const merged = isNew ? undefined : await holdMerged(tx, target);
  if (merged !== undefined && merged.merged_into !== itemId) return refusedPlan(target, [become(to.row)]);

  const refusals = differences(from.item, to.item, since, deps.clock.now());
  if (merged !== undefined && since < merged.merged_since) {
    const detail = `Item ${target} became ${itemId} at ${merged.merged_since.toISOString()}; it is itself again after that, not before.`;
    refusals.push({ reason: "moment-before-merge", detail });
  }
  const factor =
    merged === undefined
      ? factorBetween(from.item, to.item)
      : { numerator: 1n, denominator: BigInt(merged.merged_units) };
  if (factor === undefined) refusals.push(...unitRefusals(from.item, to.item, undefined));
  const given = await namesGiven(tx, asked, { from: from.row, to: isNew ? undefined : to.row });
  refusals.push(...given.refusals);
  const led = leadOn(given.courses, { from: itemId, to: target, since: since.getTime() });
  return {
    ...{ refusals, into: target, factor: factor ?? SAME, names: led.names },
    async write() {
      const now = deps.clock.now();
      if (!("itemId" in into)) await createLike(tx, from, { itemId: target, ...into, since }, now);
      if (merged !== undefined) {
        await clearMerged(tx, target);
        await writeNames(tx, [ownIdName(target, null, since)], now);
      }
      await shareLots(tx, { from: itemId, to: target }, now);
      await writeNames(tx, led.periods, now);
      tx.afterCommit(deps.saved);
    },
  };
}

const skuReference = (value: string): Reference => ({ scheme: "sku", value });

/** The names that a split gives: those that are asked for, and the SKU of an item that is to be itself again. */
async function namesGiven(
  tx: Transaction,
  { itemId, names, into, since }: SplitAsked,
  { from, to }: { readonly from: ItemRow; readonly to: ItemRow | undefined },
): Promise<{ readonly courses: readonly NameCourse[]; readonly refusals: readonly IdentityRefusal[] }> {
  const own = to === undefined ? ("sku" in into ? into.sku : "") : to.sku;
  const keyOf = (reference: Reference): Key => referenceKey("item", reference, reference.scope ?? "");
  const ownKey = keyOf(skuReference(own));
  const asked = new Map(
    names.map((reference) => [keyText(keyOf(reference)), { reference, key: keyOf(reference) }]),
  );
  const timelines = await readNames(tx, [...[...asked.values()].map(({ key }) => key), ownKey]);
  const courseOf = (key: Key): Timeline<string> => timelines.get(keyText(key)) ?? [];
  const refusals: IdentityRefusal[] = [];
  const ownNow = valueAt(courseOf(ownKey), since.getTime());
  if (to === undefined && (own === from.sku || (ownNow !== undefined && ownNow !== itemId))) {
    const detail = `The SKU ${own} is what item ${ownNow ?? from.item_id} goes by. Give the new item another.`;
    refusals.push({ reason: "name-taken", detail });
  }
  for (const { reference, key } of asked.values()) {
    if (keyText(key) === keyText(ownKey) && ownNow === undefined) continue;
    const text = referenceText(reference);
    if (reference.scheme === "id" || valueAt(courseOf(key), since.getTime()) !== itemId) {
      const detail = `${text} is no name that leads to item ${itemId} at that moment.`;
      refusals.push({ reason: "name-not-of-item", detail });
    } else if (keyText(key) === keyText(keyOf(skuReference(from.sku)))) {
      const detail = `${text} is what item ${itemId} goes by. Give it another SKU first.`;
      refusals.push({ reason: "name-taken", detail });
    }
  }
  const keys = [...asked.values()].map(({ key }) => key).filter((key) => keyText(key) !== keyText(ownKey));
  return { refusals, courses: [...keys, ownKey].map((key) => ({ key, timeline: courseOf(key) })) };
}

/** Makes an item as another one is, under a SKU of its own. */
async function createLike(
  tx: Transaction,
  { item }: Pair,
  made: {
    readonly itemId: string;
    readonly sku: string;
    readonly description?: string | undefined;
    readonly since: Date;
  },
  now: Date,
): Promise<void> {
  const { itemId, sku, description = item.description, since } = made;
  const columns = { ids: [itemId], skus: [sku], descriptions: [description], baseUnits: [item.baseUnit] };
  const kind = { tracking: [item.tracking], classes: [item.itemClass ?? null] };
  await upsertItems(tx, { ...columns, ...kind }, now);
  const name: NamePeriod = {
    kind: "item",
    scheme: "sku",
    scope: "",
    value: sku,
    target: itemId,
    validFrom: since,
  };
  await writeNames(tx, [name], now);
  const units = [...item.units]
    .filter(([unit]) => unit !== item.baseUnit)
    .map(([unit, factor]) => ({
      ...{ unit, numerator: Number(factor.numerator), denominator: Number(factor.denominator) },
    }));
  await writeUnits(tx, [{ itemId, units }]);
}
