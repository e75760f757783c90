import { type AccountId, accountId, type MessageId, messageId, type Reference } from "@crossdock/canonical";
import type { StatedAmount, UnresolvedCount, UnresolvedRow } from "./unresolved-store.ts";

/** What kind of thing a name that we do not know would lead to. */
export type UnresolvedKind = UnresolvedRow["kind"];

/** Which name of which account: `waitsFor` is the text under which records wait for it. */
export type UnresolvedId = {
  readonly accountId: AccountId;
  readonly kind: UnresolvedKind;
  readonly waitsFor: string;
};

/** The names that are meant: of several of one item, the first that was looked for; of a unit, the item that lacks it. */
export type Awaited = {
  readonly reference: Reference;
  readonly others: readonly Reference[];
  readonly unit: string | undefined;
};

/** A name that means nothing to us, at one account, with what waits for it. */
export type Unresolved = UnresolvedId &
  Awaited & {
    readonly records: number;
    readonly messages: number;
    readonly firstAt: Date;
    readonly lastAt: Date;
    /** The earliest time that what waits speaks of: from then on at the latest the name has to mean something. */
    readonly effectiveFrom: Date;
    /** Some of the messages, the oldest first. */
    readonly messageIds: readonly MessageId[];
    /** How much the waiting statements move or count, in the units that their source counts in; signs are left out. */
    readonly atStake: readonly StatedAmount[];
  };

/** How much an account waits for. */
export type UnresolvedSum = {
  readonly accountId: AccountId;
  readonly kind: UnresolvedKind;
  readonly names: number;
  readonly records: number;
  readonly oldestAt: Date;
};

/** The names in a row. */
export function awaitedIn({ reference: awaited, unit }: Pick<UnresolvedRow, "reference" | "unit">): Awaited {
  const { or: others = [], ...reference } = awaited;
  return { reference, others, unit: unit ?? undefined };
}

export function toUnresolved(row: UnresolvedRow): Unresolved {
  return {
    ...awaitedIn(row),
    accountId: accountId(row.account_id),
    kind: row.kind,
    waitsFor: row.waits_for,
    records: row.records,
    messages: row.messages,
    firstAt: row.first_at,
    lastAt: row.last_at,
    effectiveFrom: row.effective_from,
    messageIds: row.message_ids.map(messageId),
    atStake: row.at_stake,
  };
}

export function toUnresolvedSum(row: UnresolvedCount): UnresolvedSum {
  const { kind, names, records } = row;
  return { accountId: accountId(row.account_id), kind, names, records, oldestAt: row.oldest_at };
}
