import { isDeepStrictEqual } from "node:util";
import { type Event, explain } from "./explain.ts";
import { availableOn, type Model, stateOf } from "./model.ts";

/** The books as the model keeps them: shelves that are not empty, and what became of each promise. */
export function booksOf(model: Model): unknown {
  const shelves = [...model.shelves].map(([name, shelf]) => {
    const { held, allocated, picked, fenced } = shelf;
    return [name, { available: availableOn(shelf), held, allocated, picked, ...fenced }] as const;
  });
  return {
    shelves: Object.fromEntries(
      shelves.filter(([, units]) => Object.values(units).some((each) => each !== 0)).toSorted(),
    ),
    promises: Object.fromEntries(
      [...model.promises].map(([id, promise]) => [id, stateOf(model, promise)] as const).toSorted(),
    ),
  };
}

/**
 * Looks for an order of events that happened at the same moment in which each of them got the answer that it did, and that ends in
 * these books. Gives the model after it, or undefined when there is none: then something happened that no serial run could do.
 */
export function explainTogether(model: Model, events: readonly Event[], books: unknown): Model | undefined {
  if (events.length === 0) return isDeepStrictEqual(booksOf(model), books) ? model : undefined;
  for (const [at, event] of events.entries()) {
    const next = structuredClone(model);
    if (explain(next, event) !== undefined) continue;
    const rest = events.filter((_, index) => index !== at);
    const after = explainTogether(next, rest, books);
    if (after !== undefined) return after;
  }
  return undefined;
}
