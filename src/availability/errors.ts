import type { ErrorEntry } from "../platform/index.ts";

function entry(code: string, retry: boolean, meaning: string, action: string): ErrorEntry {
  return Object.freeze({ code: `availability.${code}`, retry, meaning, action });
}

/** Every error that this part throws on purpose. The reference pages are generated from this table. */
export const availabilityErrors = Object.freeze({
  admissionOverloaded: entry(
    "admission-overloaded",
    true,
    "More reservation requests, or questions what may be promised, are waiting than can be answered in reasonable time.",
    "Retry after a second; if it lasts, look at the database's commit latency.",
  ),
  channelUnknown: entry(
    "channel-unknown",
    false,
    "A channel was named that does not exist.",
    "Create the channel, or use the id of an existing one.",
  ),
});
