import { type MasterRecordOf, unitProblem } from "@crossdock/canonical";
import { type Key, keyText } from "./master.ts";
import { changed, created, type Fields, type MasterDecision, refused, withId } from "./master-outcome.ts";
import type { ItemState, MasterState, StateChange } from "./master-state.ts";
import { declareName, nameProblem } from "./name-decision.ts";
import { valueAt } from "./timeline.ts";

type ItemRecord = MasterRecordOf<"item">;

const skuKey = (sku: string): Key => ["item", "sku", "", sku];

/** Decides about an item. `newId` is the id of an item that comes without one; it never changes afterwards. */
export function decideItem(state: MasterState, record: ItemRecord, newId: () => string): MasterDecision {
  const { itemId, sku } = record;
  const subject = `item ${itemId ?? sku ?? ""}`;
  const problem = textProblem(record);
  if (problem !== undefined) return refused(subject, problem.reason, problem);
  if (itemId === undefined && sku === undefined) {
    const detail = "An item needs a SKU, or the id of one that is there.";
    return refused(subject, "field-missing", { detail, field: "sku" });
  }
  const named =
    sku === undefined ? undefined : valueAt(state.names.get(keyText(skuKey(sku))) ?? [], state.now);
  const found = state.items.get(itemId ?? named ?? "");
  if (found === undefined) return createItem(state, record, { subject, newId });
  if (found.mergedInto !== undefined) {
    const detail = `Item ${found.itemId} has become ${found.mergedInto}. Change that one.`;
    return refused(subject, "merged-away", { detail, field: "itemId" });
  }
  return withId(changeItem(state, found, record), found.itemId);
}

function textProblem({ sku, description, baseUnit, itemClass }: ItemRecord) {
  const bad = sku === undefined ? undefined : nameProblem(sku);
  if (bad !== undefined) return { reason: "bad-name", detail: `The SKU ${bad}.`, field: "sku" } as const;
  const badClass = itemClass === undefined ? undefined : nameProblem(itemClass);
  if (badClass !== undefined)
    return { reason: "bad-name", detail: `The class ${badClass}.`, field: "itemClass" } as const;
  const unseen = /\p{Cc}/u.exec(description ?? "");
  if (unseen !== null) {
    const detail = "The description has a control character, such as a line break. Write it in one line.";
    return { reason: "bad-name", detail, field: "description" } as const;
  }
  const unit = baseUnit === undefined ? undefined : unitProblem(baseUnit);
  return unit === undefined
    ? undefined
    : ({ reason: "bad-unit", detail: `${unit}.`, field: "baseUnit" } as const);
}

function createItem(
  state: MasterState,
  record: ItemRecord,
  { subject, newId }: { readonly subject: string; readonly newId: () => string },
): MasterDecision {
  const { sku, description = "", baseUnit = "EA", tracking = "none" } = record;
  const itemId: string = record.itemId ?? newId();
  if (sku === undefined) {
    const detail = `There is no item ${itemId}, and a new one needs a SKU.`;
    return refused(subject, "field-missing", { detail, field: "sku" });
  }
  const declared = declareName(state, {
    key: skuKey(sku),
    target: itemId,
    said: { from: undefined, to: undefined },
  });
  if ("reason" in declared) return refused(subject, declared.reason, { ...declared, field: "sku" });
  const item: ItemState = {
    ...{ itemId, sku, description, baseUnit, tracking, itemClass: classOf(record), mergedInto: undefined },
    ...{ units: new Map(), components: new Map(), kits: new Set(), costs: new Map(), lots: new Map() },
    ...{ hasCosts: false, isStocked: false },
  };
  const change = { items: [item], names: [{ key: skuKey(sku), timeline: declared.timeline }] };
  return withId(created(subject, fieldsOf(item), change), itemId);
}

/** The class that a record gives an item; an empty one is none. */
function classOf({ itemClass }: ItemRecord): string | undefined {
  return itemClass === "" ? undefined : itemClass;
}

function fieldsOf({ sku, description, baseUnit, tracking, itemClass = "" }: ItemState): Fields {
  return { sku, description, baseUnit, tracking, itemClass };
}

function changeItem(state: MasterState, found: ItemState, record: ItemRecord): MasterDecision {
  const subject = `item ${found.itemId}`;
  const { description = found.description, baseUnit = found.baseUnit, tracking = found.tracking } = record;
  const inUse = useProblem(found, { baseUnit, tracking });
  if (inUse !== undefined) return refused(subject, inUse.reason, inUse);
  const itemClass = record.itemClass === undefined ? found.itemClass : classOf(record);
  const item = { ...found, description, baseUnit, tracking, itemClass };
  const before = fieldsOf(found);
  // Without an id a SKU only says which item is meant, and an old one means it as well.
  if (record.itemId === undefined || record.sku === undefined || record.sku === found.sku) {
    return changed(subject, { before, after: fieldsOf(item) }, { items: [item] });
  }
  return renamed(state, { before, item: { ...item, sku: record.sku } });
}

/** Another SKU for the same item. The old one goes on leading to it until somebody ends it or gives it away. */
function renamed(
  state: MasterState,
  { before, item }: { readonly before: Fields; readonly item: ItemState },
): MasterDecision {
  const subject = `item ${item.itemId}`;
  const key = skuKey(item.sku);
  const declared = declareName(state, {
    key,
    target: item.itemId,
    said: { from: undefined, to: undefined },
  });
  if ("reason" in declared) return refused(subject, declared.reason, { ...declared, field: "sku" });
  const holder = valueAt(state.names.get(keyText(key)) ?? [], state.now);
  const change: StateChange = {
    items: [item],
    ...(holder === item.itemId ? {} : { names: [{ key, timeline: declared.timeline }] }),
  };
  return changed(subject, { before, after: fieldsOf(item) }, change);
}

/** What stands in the way of counting an item in another unit, or telling its pieces apart in another way. */
function useProblem(found: ItemState, wanted: Pick<ItemState, "baseUnit" | "tracking">) {
  if (wanted.baseUnit !== found.baseUnit) {
    if (found.isStocked) {
      const detail = `Stock of ${found.itemId} is and was counted in ${found.baseUnit}, and every number in its history would mean something else. Load a new item with ${wanted.baseUnit} and split the stock off into it.`;
      return { reason: "base-unit-in-use", detail, field: "baseUnit" } as const;
    }
    if (found.units.size + found.components.size + found.kits.size > 0 || found.hasCosts) {
      const detail = `Units, kits or costs of ${found.itemId} are stated in ${found.baseUnit}. Load a new item with ${wanted.baseUnit}.`;
      return { reason: "base-unit-in-use", detail, field: "baseUnit" } as const;
    }
  }
  if (wanted.tracking === found.tracking) return undefined;
  if (found.isStocked) {
    const detail = `There is or was stock of ${found.itemId} with tracking ${found.tracking}. Load a new item with tracking ${wanted.tracking} and split the stock off into it.`;
    return { reason: "tracking-in-use", detail, field: "tracking" } as const;
  }
  if (found.components.size > 0) {
    const detail = `${found.itemId} is a kit, and a kit has no lots: its components have them.`;
    return { reason: "kit-is-tracked", detail, field: "tracking" } as const;
  }
  return undefined;
}
