import type { AccountId } from "@crossdock/canonical";
import type { Clock, Database, Queryable, Transaction } from "../platform/index.ts";
import {
  awaitedName,
  type IgnoredName,
  ignoredOutcome,
  ignoredReason,
  isOnlyOfThat,
  nameText,
  toIgnoredName,
} from "./ignored.ts";
import {
  claimWaitingFor,
  deleteIgnored,
  type IgnoredPlace,
  type IgnoredRow,
  insertIgnored,
  selectIgnored,
  selectIgnoredPage,
} from "./ignored-store.ts";
import type { RecordOutcome } from "./outcome.ts";
import { dropped, storedRecord } from "./parked.ts";
import { type ParkedRow, settleParked } from "./parked-store.ts";
import type { RecordToApply } from "./record.ts";
import type { UnresolvedId } from "./unresolved.ts";

/** Records dropped in one transaction. */
const RECORDS_MAX = 500;

/** What ignoring a name came to: records that were dropped, and records that stay because they say more than that. */
export type Ignoring = { readonly dropped: number; readonly left: number };

/** Names that nothing is made of. */
export type IgnoredNames = {
  /**
   * Drops what waits for a name, and lets what comes later count as ignored. Orders, and what names other items or places beside it, go on
   * waiting. Repeating it drops what came meanwhile; the first reason is kept.
   */
  ignoreName(
    name: UnresolvedId & { readonly because: string; readonly by: string },
  ): Promise<Ignoring | "unknown-account">;
  /** Lets a name be waited for again; what was dropped stays so. False when it was not ignored. */
  heedName(name: UnresolvedId): Promise<boolean>;
  /** The last decided first. */
  ignoredNames(page: {
    readonly accountIds?: readonly AccountId[] | undefined;
    readonly after?: IgnoredPlace | undefined;
    readonly limit: number;
  }): Promise<readonly IgnoredName[]>;
};

type Deps = { readonly database: Database; readonly clock: Clock };

/** Opens the ignored names. */
export function createIgnoredNames(deps: Deps): IgnoredNames {
  const { database } = deps;
  return {
    ignoreName: (name) => ignoreName(deps, name),
    heedName: async (name) => (await deleteIgnored(database, keyOf(name))) > 0,
    ignoredNames: async (page) => (await selectIgnoredPage(database, page)).map(toIgnoredName),
  };
}

const keyOf = ({ accountId, kind, waitsFor }: UnresolvedId) => ({
  account_id: accountId,
  kind,
  waits_for: waitsFor,
});

async function ignoreName(
  { database, clock }: Deps,
  { because, by, ...name }: UnresolvedId & { readonly because: string; readonly by: string },
): Promise<Ignoring | "unknown-account"> {
  const row = { ...keyOf(name), because, ignored_by: by, ignored_at: clock.now() };
  await database.transaction((tx) => insertIgnored(tx, row));
  const [rule] = await selectIgnored(database, columnsOf([name]));
  if (rule === undefined) return "unknown-account";
  const done = { dropped: 0, left: 0 };
  let last: ParkedRow | undefined;
  do {
    const after = { afterMessageId: last?.message_id ?? "", afterRecord: last?.record ?? -1 };
    await database.transaction(async (tx) => {
      const rows = await claimWaitingFor(tx, { ...keyOf(name), ...after, limit: RECORDS_MAX });
      last = rows.at(-1);
      const going = rows.filter((each) => isDropped(each, name));
      await settleParked(
        tx,
        going.map((each) => dropped(each, ignoredReason(rule))),
        clock.now(),
      );
      done.dropped += going.length;
      done.left += rows.length - going.length;
    });
  } while (last !== undefined);
  return done;
}

function isDropped(row: ParkedRow, { kind }: UnresolvedId): boolean {
  const mapped = storedRecord(row);
  return mapped !== undefined && isOnlyOfThat(mapped, kind);
}

const columnsOf = (names: readonly UnresolvedId[]) => ({
  accountIds: names.map(({ accountId }) => accountId),
  kinds: names.map(({ kind }) => kind),
  texts: names.map(({ waitsFor }) => waitsFor),
});

/** Which of names are ignored, by `nameText`. Asks nothing where there are none. */
export async function ignoredAmong(
  queryable: Queryable,
  names: readonly UnresolvedId[],
): Promise<ReadonlyMap<string, IgnoredRow>> {
  if (names.length === 0) return new Map();
  const rows = await selectIgnored(queryable, columnsOf(names));
  return new Map(rows.map((row) => [nameText(row.account_id, row.kind, row.waits_for), row]));
}

/** The outcomes with those that wait for an ignored name counted as ignored. Costs a look-up only where something is to wait. */
export async function withoutIgnored(
  tx: Transaction,
  records: readonly RecordToApply[],
  outcomes: readonly RecordOutcome[],
): Promise<readonly RecordOutcome[]> {
  const waiting = records.map((record, index) => {
    const outcome = outcomes[index];
    const name = outcome?.is === "parked" ? awaitedName(record.accountId, outcome.obstacle) : undefined;
    return name !== undefined && isOnlyOfThat(record.mapped, name.kind) ? name : undefined;
  });
  const ignored = await ignoredAmong(
    tx,
    waiting.flatMap((name) => name ?? []),
  );
  if (ignored.size === 0) return outcomes;
  return outcomes.map((outcome, index) => {
    const name = waiting[index];
    const rule = name && ignored.get(nameText(name.accountId, name.kind, name.waitsFor));
    return rule === undefined ? outcome : ignoredOutcome(rule);
  });
}
