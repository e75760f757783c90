import type { AccountId } from "@crossdock/canonical";

/** What a key may be allowed to do, each with the sentence shown to whoever lacks it. Nothing is allowed by default. */
export const SCOPES = Object.freeze({
  "messages:write": "deliver raw messages for a connector",
  "messages:read": "see what became of a message",
  "documents:read": "fetch documents that wait for a partner",
  "facts:write": "report stock movements and counts",
  "positions:read": "read stock positions and what explains them",
  "ownership:write": "say which system is the authority for what",
  "events:read": "read the log of facts",
  "parked:read": "see records that wait for something",
  "parked:write": "decide about parked records, troubled messages and refused documents",
  "drift:write": "decide about snapshots that differ too much, and how much that is",
  "supply:write": "decide about supply that is overdue",
  "reservations:write": "reserve, allocate and release stock",
  "reservations:read": "read reservations",
  "protections:write": "set stock aside for one channel, and give it back",
  "rules:write": "write changes of the rules of what channels may sell",
  "rules:approve":
    "approve changes of the rules that somebody else has written, put them into force, and go back",
  "orders:write": "place orders",
  "orders:read": "read orders",
  "availability:read": "ask what may be promised",
  "storefront:read": "ask what a shop shows of items",
  "partner:read": "ask what a partner may have, and has ordered",
  "warehouse:read": "ask what lies at a place of what was scanned",
  "master-data:read": "read items, locations and what was changed about them",
  "master-data:write": "create and change items, locations, their names and units",
});

export type Scope = keyof typeof SCOPES;

/** Every scope there is, for keys that may do everything. */
export const ALL_SCOPES: readonly Scope[] = Object.keys(SCOPES).filter(isScope);

/** Whether a text names a scope. */
export function isScope(text: string): text is Scope {
  return Object.hasOwn(SCOPES, text);
}

/** Who asks, and what they may do. `accountIds` absent: on behalf of every account. */
export type Grant = {
  readonly clientId: string;
  readonly keyId: string;
  readonly scopes: ReadonlySet<string>;
  readonly accountIds?: ReadonlySet<AccountId>;
};

/** Whether a grant may say what holds for the statements of a source: a key for some accounts speaks for theirs alone. */
export function speaksFor(
  grant: Grant | undefined,
  source: string | undefined,
  sourceOf: (account: AccountId) => string,
): boolean {
  const accounts = grant?.accountIds;
  return accounts === undefined || [...accounts].some((account) => sourceOf(account) === source);
}

/** Whether a grant reaches an account. */
export function reaches(grant: Grant | undefined, accountId: AccountId): boolean {
  return grant?.accountIds === undefined || grant.accountIds.has(accountId);
}
