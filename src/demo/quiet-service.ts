import { subscriberLags } from "../backbone/index.ts";
import type { Database } from "../platform/index.ts";
import { pause } from "./client-service.ts";
import { existsUnmappedMessage, existsUnsentDocument } from "./store.ts";

const LOOK_EVERY_MS = 25;

/** Whether everything that came in has been understood and read. */
async function isDigested(database: Database): Promise<boolean> {
  if (await existsUnmappedMessage(database)) return false;
  return (await subscriberLags(database)).every(({ facts }) => facts === 0);
}

/** Waits until everything that came in has been understood and read, or the time is up; says which. */
export async function untilDigested(database: Database, end: AbortSignal): Promise<boolean> {
  while (!end.aborted) {
    if (await isDigested(database)) return true;
    await pause(LOOK_EVERY_MS, end);
  }
  return false;
}

/** Whether everything is understood and read, and every document has reached its partner. */
export async function isQuiet(database: Database): Promise<boolean> {
  return !(await existsUnsentDocument(database)) && (await isDigested(database));
}
