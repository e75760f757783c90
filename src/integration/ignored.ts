import { type AccountId, accountId, referenceText } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { IgnoredRow } from "./ignored-store.ts";
import { type Obstacle, waitsForText } from "./obstacle.ts";
import type { RecordOutcome } from "./outcome.ts";
import { referencesOf } from "./translate.ts";
import type { UnresolvedId } from "./unresolved.ts";

/** A name that nothing is made of, and who decided so. */
export type IgnoredName = UnresolvedId & {
  readonly because: string;
  readonly by: string;
  readonly at: Date;
};

export function toIgnoredName(row: IgnoredRow): IgnoredName {
  const { kind, waits_for: waitsFor, because, ignored_by: by, ignored_at: at } = row;
  return { accountId: accountId(row.account_id), kind, waitsFor, because, by, at };
}

/** One text for each name of an account. */
export const nameText = (account: string, kind: string, waitsFor: string): string =>
  JSON.stringify([account, kind, waitsFor]);

/** The name that an obstacle waits for, at an account; undefined when it waits for none. */
export function awaitedName(account: AccountId, { waitsFor }: Obstacle): UnresolvedId | undefined {
  return waitsFor === undefined
    ? undefined
    : { accountId: account, kind: waitsFor.kind, waitsFor: waitsForText(waitsFor) };
}

/**
 * Whether a record says nothing but what is said of the ignored thing. An order is never ignored, and what names other items or places
 * beside it is not: that would lose what it says of those.
 */
export function isOnlyOfThat(mapped: MappedRecord, kind: UnresolvedId["kind"]): boolean {
  // What is said about master data is said of one thing.
  if (mapped.is === "master") return true;
  if (mapped.is !== "stock" && mapped.is !== "snapshot") return false;
  const { items, locations } = referencesOf(mapped);
  const names = kind === "location" ? locations : items;
  return new Set(names.map(referenceText)).size === 1;
}

/** What becomes of a record of an ignored name. */
export function ignoredOutcome({ waits_for, because, ignored_by, ignored_at }: IgnoredRow): RecordOutcome {
  return { is: "ignored", reason: ignoredReason({ waits_for, because, ignored_by, ignored_at }) };
}

/** Why nothing was made of a record, for people. */
export function ignoredReason(
  row: Pick<IgnoredRow, "waits_for" | "because" | "ignored_by" | "ignored_at">,
): string {
  return `${row.waits_for} is ignored since ${row.ignored_at.toISOString()}, by ${row.ignored_by}: ${row.because}`;
}
