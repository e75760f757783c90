import type { Clock, Database } from "../../platform/index.ts";
import { selectOpenUnits } from "./store.ts";

/** How old the load of locations may be: it is counted over all open promises, and a rank needs no more than its size. */
export const LOAD_MEMORY_MS = 30_000;

/** Units that are promised at locations and have not been picked. */
export type LoadMemory = () => Promise<ReadonlyMap<string, number>>;

/** Makes a memory of the load of locations. Those who ask at the same moment are answered by one count. */
export function createLoadMemory({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): LoadMemory {
  let known: Promise<ReadonlyMap<string, number>> | undefined;
  let goodUntil = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.now().getTime();
    if (known !== undefined && now < goodUntil) return known;
    const asked = selectOpenUnits(database);
    goodUntil = now + LOAD_MEMORY_MS;
    known = asked.catch((error: unknown) => {
      goodUntil = Number.NEGATIVE_INFINITY;
      throw error;
    });
    return known;
  };
}
