import { type Reference, referenceText } from "@crossdock/canonical";
import type { Clock, Queryable } from "../platform/index.ts";
import { createMasterMemory, type MasterBook } from "./master-memory.ts";
import { selectLastChange } from "./master-store.ts";
import {
  type MeaningRow,
  type ReferenceColumns,
  selectItemMeanings,
  selectLocationMeanings,
} from "./name-store.ts";
import type { Recent } from "./recent.ts";
import {
  distinctReferences,
  type KnownItem,
  type Layers,
  meaningsOf,
  type Resolutions,
  referenceColumns,
  resolutions,
  targetsOf,
  toKnownItem,
} from "./resolve.ts";
import { selectItems } from "./store.ts";

export type WantedReferences = {
  readonly items: readonly Reference[];
  readonly locations: readonly Reference[];
};

/** What references mean, moment by moment, as the queryable sees master data. */
export type Resolve = (queryable: Queryable, wanted: WantedReferences) => Promise<Resolutions>;

/**
 * Makes what resolves references. It asks for the last change of master data, and then only for what it has not read since that change:
 * of the thousands of references that a busy minute brings nearly all are the same, and reading them again was a tenth of what the
 * database spent on a message.
 */
export function createResolve(clock: Clock): Resolve {
  const memory = createMasterMemory();
  return async (queryable, wanted) => {
    const now = clock.now();
    const book = memory.at(await selectLastChange(queryable), now.getTime());
    const [itemMeanings, locationMeanings] = await Promise.all([
      meanings(book.itemMeanings, wanted.items, (missing) => selectItemMeanings(queryable, missing)),
      meanings(book.locationMeanings, wanted.locations, (missing) =>
        selectLocationMeanings(queryable, missing),
      ),
    ]);
    const targets = new Set([...itemMeanings.values()].flatMap(targetsOf));
    const items = await itemsOf(queryable, book, targets);
    return resolutions({ itemMeanings, items, locationMeanings }, now);
  };
}

/** What references mean, by their texts; that one means nothing is remembered as well. */
async function meanings(
  remembered: Recent<Layers>,
  references: readonly Reference[],
  ask: (missing: ReferenceColumns) => Promise<readonly MeaningRow[]>,
): Promise<ReadonlyMap<string, Layers>> {
  const found = new Map<string, Layers>();
  const missing: Reference[] = [];
  for (const reference of distinctReferences(references)) {
    const layers = remembered.get(referenceText(reference));
    if (layers === undefined) missing.push(reference);
    else found.set(referenceText(reference), layers);
  }
  if (missing.length === 0) return found;
  const read = meaningsOf(missing, await ask(referenceColumns(missing)));
  for (const text of missing.map(referenceText)) {
    const layers = read.get(text) ?? [];
    remembered.set(text, layers);
    found.set(text, layers);
  }
  return found;
}

async function itemsOf(
  queryable: Queryable,
  book: MasterBook,
  itemIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, KnownItem>> {
  const found = new Map<string, KnownItem>();
  const missing: string[] = [];
  for (const itemId of itemIds) {
    const item = book.items.get(itemId);
    if (item === undefined) missing.push(itemId);
    else found.set(itemId, item);
  }
  if (missing.length === 0) return found;
  for (const [itemId, item] of await knownItems(queryable, missing)) {
    book.items.set(itemId, item);
    found.set(itemId, item);
  }
  return found;
}

/** Items as they were over time, each asked for once. */
export async function knownItems(
  queryable: Queryable,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, KnownItem>> {
  const rows = await selectItems(queryable, [...new Set(itemIds)]);
  return new Map(rows.map((row) => [row.item_id, toKnownItem(row)]));
}
