import { subscriberLags } from "../backbone/index.ts";
import { pause } from "./client-service.ts";
import type { DemoParts } from "./parts.ts";

const LOOK_EVERY_MS = 25;

type Watched = Pick<DemoParts, "database" | "integration">;

async function isRead({ database }: Watched): Promise<boolean> {
  return (await subscriberLags(database)).every(({ facts }) => facts === 0);
}

/** Whether everything that came in has been understood and read. */
async function isDigested(parts: Watched): Promise<boolean> {
  return (await parts.integration.backlog()).messages === 0 && (await isRead(parts));
}

/** Waits until everything that came in has been understood and read, or the time is up; says which. */
export async function untilDigested(parts: Watched, end: AbortSignal): Promise<boolean> {
  while (!end.aborted) {
    if (await isDigested(parts)) return true;
    await pause(LOOK_EVERY_MS, end);
  }
  return false;
}

/** Whether everything is understood and read, and every document has reached its partner. */
export async function isQuiet(parts: Watched): Promise<boolean> {
  const { messages, documents } = await parts.integration.backlog();
  return messages === 0 && documents === 0 && (await isRead(parts));
}
