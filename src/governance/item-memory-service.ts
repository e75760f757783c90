import { type Reference, referenceText } from "@crossdock/canonical";
import type { Clock } from "../platform/index.ts";
import type { ResolvedItem } from "./resolve.ts";

/** How long another process's change of an alias or a unit may go unnoticed here. */
export const ITEM_MEMORY_MS = 5_000;
/** From this age on, what is in use is asked for again beside the requests that use it, so that none of them waits. */
export const ITEM_REFRESHED_AFTER_MS = 2_500;
/** Items remembered at most; beyond it the memory starts afresh. */
const ITEM_MEMORY_MAX = 100_000;
/** References in one question at most. */
const QUESTION_REFERENCES_MAX = 1_000;

export type Items = ReadonlyMap<string, ResolvedItem>;

/** What references meant a moment ago. */
export type ItemMemory = {
  /** What references mean, when all of them were asked for lately; undefined otherwise. Waits for nothing. */
  recall(references: readonly Reference[]): Items | undefined;
  /** The same, asking for what is not remembered. Callers of one turn share one question, and nothing is asked that is being asked. */
  resolve(references: readonly Reference[]): Promise<Items>;
  forget(): void;
};

type Remembered = { readonly item: ResolvedItem; readonly atMs: number };

/** References that are asked for together at the end of a turn. */
type Question = { readonly references: Reference[]; readonly answer: Promise<Items> };

/**
 * Gathers what is asked in one turn. Orders of the long tail know none of their items, and after each batch all its callers order again
 * at once: with a question each they spent more on asking what items are than on their share of the promise.
 */
function createQuestions(askNow: (references: readonly Reference[]) => Promise<Items>) {
  /** What is being asked, by the texts of references. */
  const asking = new Map<string, Promise<Items>>();
  let next: Question | undefined;

  function begin(): Question {
    const references: Reference[] = [];
    const { promise: turn, resolve: end } = Promise.withResolvers<void>();
    const answer = turn.then(async () => {
      if (next?.answer === answer) next = undefined;
      try {
        return await askNow(references);
      } finally {
        for (const text of references.map(referenceText)) {
          if (asking.get(text) === answer) asking.delete(text);
        }
      }
    });
    setImmediate(end);
    return { references, answer };
  }

  return {
    /** What will tell of a reference: an answer that is on its way, or the one to the question of this turn. */
    ask(reference: Reference): Promise<Items> {
      const text = referenceText(reference);
      const asked = asking.get(text);
      if (asked !== undefined) return asked;
      if (next === undefined || next.references.length >= QUESTION_REFERENCES_MAX) next = begin();
      next.references.push(reference);
      asking.set(text, next.answer);
      return next.answer;
    },
    /** Whoever asks from now on asks anew: what is on its way may have been read before a change. */
    forget() {
      asking.clear();
      next = undefined;
    },
  };
}

/** Makes a memory over whoever knows. */
export function createItemMemory(options: {
  readonly clock: Clock;
  readonly ask: (references: readonly Reference[]) => Promise<Items>;
}): ItemMemory {
  const { clock } = options;
  const memory = new Map<string, Remembered>();
  const questions = createQuestions(askNow);
  let changes = 0;

  async function askNow(references: readonly Reference[]): Promise<Items> {
    const [atMs, changesBefore] = [clock.now().getTime(), changes];
    const items = await options.ask(references);
    if (memory.size > ITEM_MEMORY_MAX) memory.clear();
    // What was changed here meanwhile may have been read before its change.
    if (changes === changesBefore) for (const [text, item] of items) memory.set(text, { item, atMs });
    return items;
  }

  async function ask(references: readonly Reference[]): Promise<Items> {
    const youngMs = clock.now().getTime() - ITEM_REFRESHED_AFTER_MS;
    const found = new Map<string, ResolvedItem>();
    const answering = references.map(async (reference) => {
      const text = referenceText(reference);
      const known = memory.get(text);
      const isYoung = known !== undefined && known.atMs >= youngMs;
      const item = isYoung ? known.item : (await questions.ask(reference)).get(text);
      if (item !== undefined) found.set(text, item);
    });
    await Promise.all(answering);
    return found;
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
    forget() {
      changes += 1;
      memory.clear();
      questions.forget();
    },
  };
}
