import type { Governance } from "../../governance/index.ts";
import type { Queryable } from "../../platform/index.ts";
import type { Classes } from "./book.ts";

export type ClassSource = Pick<Governance, "itemsOfClasses" | "itemsReclassed">;

/** The items of the classes that rules are about. */
export type ClassMemory = {
  /** Classes of items as they are now, of these classes at least; the same object as before where nothing changed. */
  of(queryable: Queryable, classes: readonly string[]): Promise<Classes>;
};

type Known = { readonly named: ReadonlySet<string>; readonly at: number; readonly of: Classes };

const NOTHING: Known = { named: new Set(), at: 0, of: new Map() };

/** Classes of items after a change of some. */
function withReclassed({ named, of }: Known, changed: ReadonlyMap<string, string | null>): Classes {
  const isSame = [...changed].every(([item, now]) => of.get(item) === asKnown(named, now));
  if (isSame) return of;
  const next = new Map(of);
  for (const [item, now] of changed) {
    const itemClass = asKnown(named, now);
    if (itemClass === undefined) next.delete(item);
    else next.set(item, itemClass);
  }
  return next;
}

/** A class, where it is one of those that are followed. */
const asKnown = (named: ReadonlySet<string>, itemClass: string | null): string | undefined =>
  itemClass !== null && named.has(itemClass) ? itemClass : undefined;

/** Makes a memory that follows the changes of master data: a look costs its last number, and what got another class since. */
export function createClassMemory(governance: ClassSource): ClassMemory {
  let known = NOTHING;

  async function read(queryable: Queryable, classes: readonly string[]): Promise<Known> {
    const named = new Set([...known.named, ...classes]);
    const { at, of } = await governance.itemsOfClasses(queryable, [...named]);
    return { named, at, of: withReclassed({ ...NOTHING, named }, of) };
  }

  async function follow(queryable: Queryable, from: Known): Promise<Known> {
    const { at, of } = await governance.itemsReclassed(queryable, from.at);
    return at <= from.at ? from : { ...from, at, of: withReclassed(from, of) };
  }

  return {
    async of(queryable, classes) {
      const from = known;
      const isKnown = classes.every((name) => from.named.has(name));
      const found = isKnown ? await follow(queryable, from) : await read(queryable, classes);
      // Who looked later has the word, and who knows more classes.
      if (found.at >= known.at && found.named.size >= known.named.size) known = found;
      return found.of;
    },
  };
}
