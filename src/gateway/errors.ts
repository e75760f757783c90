import type { ErrorEntry } from "../platform/index.ts";

function entry(code: string, retry: boolean, meaning: string, action: string): ErrorEntry {
  return Object.freeze({ code: `gateway.${code}`, retry, meaning, action });
}

/** Every error that this part throws on purpose. What callers meet over HTTP is in `PROBLEM_KINDS`. */
export const gatewayErrors = Object.freeze({
  addressInUse: entry(
    "address-in-use",
    false,
    "Another program listens on this address and port.",
    "Stop the other program, or set PORT to a free port.",
  ),
  addressRefused: entry(
    "address-refused",
    false,
    "The system does not let us listen on this address and port.",
    "Set HOST to an address of this machine and PORT to 1024 or above.",
  ),
  scopeUnknown: entry(
    "scope-unknown",
    false,
    "An API key was to be given a scope that does not exist.",
    "Use the scopes that the message lists.",
  ),
  keyTakenOver: entry(
    "key-taken-over",
    true,
    "A keyed request took so long that a repetition of it took its key over. Its change was undone.",
    "Nothing: the repetition makes the change and gives the answer.",
  ),
  keyUnknown: entry(
    "key-unknown",
    false,
    "There is no API key of that id, or it was revoked before.",
    "List the keys to see their ids.",
  ),
});
