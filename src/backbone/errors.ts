import type { ErrorEntry } from "../platform/index.ts";

function entry(code: string, retry: boolean, meaning: string, action: string): ErrorEntry {
  return Object.freeze({ code: `backbone.${code}`, retry, meaning, action });
}

/** Every error that this part throws on purpose. The reference pages are generated from this table. */
export const backboneErrors = Object.freeze({
  subscriberUnknown: entry(
    "subscriber-unknown",
    false,
    "No subscriber of that name has ever read the log.",
    "List the names with `crossdock doctor` and use one of them.",
  ),
  subscriberNotRewindable: entry(
    "subscriber-not-rewindable",
    false,
    "This subscriber's effects reach other systems, so reading facts again would repeat them.",
    "Repair what it did through its own part: parked messages, documents, orders.",
  ),
  alreadySubscribed: entry(
    "already-subscribed",
    false,
    "Two subscriptions of one name were made in one process.",
    "Give each subscription its own name; the name owns the cursor.",
  ),
  sealDamaged: entry(
    "seal-damaged",
    false,
    "A part of the log's seal is missing or too short, so nothing can be proved from it.",
    "Run `crossdock audit verify`: it says which part, and whether facts were changed with it.",
  ),
  factsArchived: entry(
    "facts-archived",
    false,
    "Facts that were asked for have left the database for an archive, so that only their hashes are here.",
    "Check the archive's own events.ndjson.gz with verify-log.mjs, or put it back with `crossdock archive --restore` and ask again.",
  ),
  logInUse: entry(
    "log-in-use",
    true,
    "The tables of the log were in use whenever a stretch was to be closed, dropped or put back.",
    "Run the command again at a quieter hour, and end whatever has been reading the log for minutes.",
  ),
});
