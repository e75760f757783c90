import type { ErrorEntry } from "../platform/index.ts";

function entry(code: string, retry: boolean, meaning: string, action: string): ErrorEntry {
  return Object.freeze({ code: `integration.${code}`, retry, meaning, action });
}

/** Every error that this part throws on purpose. The reference pages are generated from this table. */
export const integrationErrors = Object.freeze({
  connectorMissing: entry(
    "connector-missing",
    false,
    "An account is of a connector that this program was not started with.",
    "Start the version that has the connector, or switch the account off.",
  ),
  connectorBroken: entry(
    "connector-broken",
    false,
    "A connector broke its contract: it threw, or kept nothing of a message.",
    "Report it to the connector's author with the message's id; what was stored of it is kept.",
  ),
});
