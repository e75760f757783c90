import { type Reference, referenceText } from "@crossdock/canonical";
import type { Clock } from "../platform/index.ts";
import type { ResolvedItem } from "./resolve.ts";

/** How long another process's change of an alias or a unit may go unnoticed here. */
export const ITEM_MEMORY_MS = 5_000;
/** From this age on, what is in use is asked for again beside the requests that use it, so that none of them waits. */
export const ITEM_REFRESHED_AFTER_MS = 2_500;
/** Items remembered at most; beyond it the memory starts afresh. */
const ITEM_MEMORY_MAX = 100_000;

export type Items = ReadonlyMap<string, ResolvedItem>;

/** What references meant a moment ago. */
export type ItemMemory = {
  /** What references mean, when all of them were asked for lately; undefined otherwise. Waits for nothing. */
  recall(references: readonly Reference[]): Items | undefined;
  /** The same, asking for what is not remembered. Callers that want the same at one moment share one question. */
  resolve(references: readonly Reference[]): Promise<Items>;
  forget(): void;
};

type Remembered = { readonly item: ResolvedItem; readonly atMs: number };

/** Makes a memory over whoever knows. */
export function createItemMemory(options: {
  readonly clock: Clock;
  readonly ask: (references: readonly Reference[]) => Promise<Items>;
}): ItemMemory {
  const { clock } = options;
  const memory = new Map<string, Remembered>();
  const asking = new Map<string, Promise<Items>>();

  async function askNow(references: readonly Reference[], question: string): Promise<Items> {
    const atMs = clock.now().getTime();
    try {
      const items = await options.ask(references);
      if (memory.size > ITEM_MEMORY_MAX) memory.clear();
      for (const [text, item] of items) memory.set(text, { item, atMs });
      return items;
    } finally {
      asking.delete(question);
    }
  }

  function ask(references: readonly Reference[]): Promise<Items> {
    const question = references.map(referenceText).join("\n");
    const asked = asking.get(question) ?? askNow(references, question);
    asking.set(question, asked);
    return asked;
  }

  function recall(references: readonly Reference[]): Items | undefined {
    const nowMs = clock.now().getTime();
    const found = new Map<string, ResolvedItem>();
    let isOld = false;
    for (const reference of references) {
      const text = referenceText(reference);
      const known = memory.get(text);
      if (known === undefined || nowMs - known.atMs > ITEM_MEMORY_MS) return undefined;
      if (nowMs - known.atMs > ITEM_REFRESHED_AFTER_MS) isOld = true;
      found.set(text, known.item);
    }
    // A failure is met again by whoever has to wait.
    if (isOld) ask(references).catch(() => undefined);
    return found;
  }

  return {
    recall,
    resolve: async (references) => recall(references) ?? ask(references),
    forget: () => memory.clear(),
  };
}
