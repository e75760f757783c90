import { type MessageId, type Reference, referenceText } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { Resolution, Resolutions } from "../governance/index.ts";
import { type Database, isRetryable, type Transaction } from "../platform/index.ts";
import type { Accounts } from "./account-service.ts";
import { type ApplyDeps, applyRecords } from "./apply-service.ts";
import { withoutIgnored } from "./ignored-service.ts";
import { lotPeriods } from "./lot-said-service.ts";
import { selectRawMessage } from "./message-store.ts";
import type { Meters } from "./meters.ts";
import { SUSPECT_DUPLICATE } from "./obstacle.ts";
import type { RecordOutcome } from "./outcome.ts";
import { withoutOvertaken } from "./overtaken-service.ts";
import {
  dropped,
  groupWaitsFor,
  isOpen,
  type ParkedAnswer,
  type ParkedId,
  settlementOf,
  storedRecord,
  toRetry,
} from "./parked.ts";
import {
  claimWaiting,
  lockParked,
  type ParkedRow,
  selectWaitingGroups,
  settleParked,
  type WaitingGroup,
  type WaitingPeriod,
} from "./parked-store.ts";
import { storableRecord } from "./record.ts";
import { SUBMISSION_KIND } from "./submission-service.ts";

/** Things that are waited for, looked up at once; and records tried again in one transaction. */
const GROUPS_MAX = 1_000;
const RECORDS_MAX = 500;

export type ResumeDeps = ApplyDeps & {
  readonly database: Database;
  readonly meters: Meters;
  readonly accounts: Accounts;
};

/**
 * Tries again what waits for something that is known by now. Looks at what is waited for, not at the records that wait, so its
 * cost is that of the missing names and not of the traffic behind them. Gives the number of records that it settled.
 */
export async function resumeWaiting(deps: ResumeDeps): Promise<number> {
  let settled = 0;
  let after = { afterKind: "", after: "" };
  while (true) {
    const groups = await selectWaitingGroups(deps.database, { ...after, limit: GROUPS_MAX });
    const last = groups.at(-1);
    if (last === undefined) return settled;
    const known = await knownGroups(deps, groups);
    if (known.length > 0) settled += await resumeGroups(deps, known);
    after = { afterKind: last.waits_for_kind, after: last.waits_for };
  }
}

async function knownGroups(
  deps: ResumeDeps,
  groups: readonly WaitingGroup[],
): Promise<readonly WaitingPeriod[]> {
  const places = groups.filter((group) => group.waits_for_kind === "location");
  const things = groups.filter((group) => group.waits_for_kind !== "location");
  const resolutions = await deps.governance.resolve(deps.database, {
    items: things.flatMap(namesIn),
    locations: places.flatMap(namesIn),
  });
  const lots = groups.filter((group) => group.waits_for_kind === "lot");
  const names = groups.filter((group) => group.waits_for_kind !== "lot");
  return [
    ...names.flatMap((group) => knownPeriods(group, resolutions)),
    ...(await lotPeriods(deps.database, lots, resolutions)),
  ];
}

/** The periods in which what a group waits for is known. What was stated in them can go on; what was stated outside waits on. */
function knownPeriods(group: WaitingGroup, resolutions: Resolutions): readonly WaitingPeriod[] {
  const { waits_for_kind: kind, waits_for: waitsFor } = group;
  const moments = [...new Set(namesIn(group).flatMap(momentsIn))].sort((a, b) => a - b);
  return moments.flatMap((from, index) => {
    const to = moments[index + 1] ?? Number.POSITIVE_INFINITY;
    return isKnown(group, resolutions.at(from)) ? [{ kind, waitsFor, from, to }] : [];
  });

  function momentsIn(name: Reference): readonly number[] {
    const text = referenceText(name);
    return kind === "location" ? resolutions.locationMoments(text) : resolutions.itemMoments(text);
  }
}

/** The names that a group waits for: any of them will do. */
function namesIn(group: WaitingGroup): readonly Reference[] {
  const waitsFor = groupWaitsFor(group);
  return [waitsFor.reference, ...(waitsFor.kind === "item" ? (waitsFor.or ?? []) : [])];
}

function isKnown(group: WaitingGroup, { items, locations }: Resolution): boolean {
  const waitsFor = groupWaitsFor(group);
  const text = referenceText(waitsFor.reference);
  switch (waitsFor.kind) {
    case "item":
      return namesIn(group).some((name) => items.get(referenceText(name)) !== undefined);
    case "location":
      return locations.get(text) !== undefined;
    case "unit":
      return items.get(text)?.units.has(waitsFor.unit) === true;
    case "lot":
      return items.get(text)?.tracking === "none";
    default:
      return waitsFor satisfies never;
  }
}

/** Each record once: one that turns out to wait for something else stays, and is met again when that appears. */
async function resumeGroups(deps: ResumeDeps, periods: readonly WaitingPeriod[]): Promise<number> {
  let settled = 0;
  let last: ParkedRow | undefined;
  do {
    const after = { afterMessageId: last?.message_id ?? "", afterRecord: last?.record ?? -1 };
    const outcomes = await deps.database.transaction(async (tx) => {
      const rows = await claimWaiting(tx, { periods, ...after, limit: RECORDS_MAX });
      last = rows.at(-1);
      return retryRows(deps, tx, rows);
    });
    settled += outcomes.filter(({ is }) => is !== "parked").length;
  } while (last !== undefined);
  return settled;
}

/** Applies one locked record in the name of whoever accepts it, and writes how it stands now. */
export async function applyAgain(
  deps: ResumeDeps,
  tx: Transaction,
  { row, acceptedBy }: { readonly row: ParkedRow; readonly acceptedBy: string },
): Promise<void> {
  const mapped = storedRecord(row);
  if (mapped !== undefined) await apply(deps, tx, { again: [{ row, mapped }], isAnother: false, acceptedBy });
}

/** Applies locked records from their stored statements, and writes how they stand now. */
async function retryRows(
  deps: ResumeDeps,
  tx: Transaction,
  rows: readonly ParkedRow[],
): Promise<readonly RecordOutcome[]> {
  const again = rows.flatMap((row) => {
    const mapped = storedRecord(row);
    return mapped === undefined ? [] : [{ row, mapped }];
  });
  return apply(deps, tx, { again, isAnother: false });
}

type Again = { readonly row: ParkedRow; readonly mapped: MappedRecord };

async function apply(
  deps: ResumeDeps,
  tx: Transaction,
  {
    again,
    isAnother,
    acceptedBy,
  }: {
    readonly again: readonly Again[];
    readonly isAnother: boolean;
    readonly acceptedBy?: string | undefined;
  },
): Promise<readonly RecordOutcome[]> {
  if (again.length === 0) return [];
  const retelling = await retellingAccounts(deps, tx, again);
  const records = again.map(({ row, mapped }) => {
    // What came in our own form did not come through the connector, and says nothing again by itself.
    const retellsOrders = row.kind !== SUBMISSION_KIND && retelling.has(row.account_id);
    return toRetry(row, mapped, { retellsOrders, isAnother, acceptedBy });
  });
  const applied = await withoutIgnored(tx, records, await applyRecords(deps, tx, records));
  const outcomes = await withoutOvertaken(deps, tx, { records, outcomes: applied });
  const settlements = again.flatMap(({ row }, index) => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [settlementOf(row, outcome)];
  });
  await settleParked(tx, settlements, deps.clock.now());
  tx.afterCommit(() => {
    for (const outcome of outcomes) deps.meters.resumed.add({ outcome: outcome.is });
  });
  return outcomes;
}

/** The accounts whose connectors tell orders again. Only orders need it known, and a warehouse has none. */
async function retellingAccounts(
  { accounts }: ResumeDeps,
  tx: Transaction,
  again: readonly Again[],
): Promise<ReadonlySet<string>> {
  const orders = again.filter(({ mapped }) => mapped.is === "order");
  const retelling = new Set<string>();
  for (const accountId of new Set(orders.map(({ row }) => row.account_id))) {
    try {
      const connected = await accounts.connect(accountId, tx);
      if (connected?.connector.intake?.retellsOrders === true) retelling.add(accountId);
    } catch (error) {
      // An account that cannot be used just now is no reason for others to wait. What it tells otherwise is parked.
      if (isRetryable(error)) throw error;
    }
  }
  return retelling;
}

/**
 * Tries one record again because a person asks for it. Where the connector had made no statement of it, the message is mapped
 * again, in case the connector has learnt since. Undefined when there is no such record.
 */
export async function retryParked(deps: ResumeDeps, id: ParkedId): Promise<ParkedAnswer | undefined> {
  return deps.database.transaction(async (tx) => {
    const row = await lockParked(tx, id.messageId, id.record);
    if (row === undefined) return undefined;
    if (!isOpen(row.state)) return answerOf(row, true);
    const mapped = storedRecord(row) ?? (await mapAgain(deps, tx, row));
    // Whoever retries what was held as a duplicate has seen what it looks like, and says that it is another one.
    await apply(deps, tx, { again: [{ row, mapped }], isAnother: row.reason === SUSPECT_DUPLICATE });
    const after = await lockParked(tx, id.messageId, id.record);
    return answerOf(after ?? row, false);
  });
}

/** The record as the connector maps it today. One that is not where it was cannot be told from its neighbours. */
async function mapAgain(deps: ResumeDeps, tx: Transaction, row: ParkedRow): Promise<MappedRecord> {
  const [message, connected] = await Promise.all([
    selectRawMessage(tx, row.message_id),
    deps.accounts.connect(row.account_id, tx),
  ]);
  const { at } = row;
  if (message === undefined || connected?.connector.intake === undefined) {
    return { is: "invalid", at, reason: row.reason, message: row.detail };
  }
  const { key, kind, body, headers } = message;
  const { records } = connected.connector.intake.map({ key, kind, body }, headers, connected.account);
  const found = records[row.record];
  if (found !== undefined && found.at === at) return storableRecord(found);
  const says = `The connector now maps this message into other records, so ${at} is not where it was. Drop the record and have the source send the message again.`;
  return { is: "invalid", at, reason: "mapped-differently", message: says };
}

/** Drops one record because a person has decided that nothing is to be made of it. Undefined when there is no such record. */
export async function dropParked(
  deps: ResumeDeps,
  id: { readonly messageId: MessageId; readonly record: number; readonly because: string },
): Promise<ParkedAnswer | undefined> {
  return deps.database.transaction(async (tx) => {
    const row = await lockParked(tx, id.messageId, id.record);
    if (row === undefined) return undefined;
    if (!isOpen(row.state)) return answerOf(row, true);
    await settleParked(tx, [dropped(row, id.because)], deps.clock.now());
    const after = await lockParked(tx, id.messageId, id.record);
    return answerOf(after ?? row, false);
  });
}

/** How a record stands, for whoever decided about it. */
export const answerOf = (row: ParkedRow, already: boolean): ParkedAnswer => ({
  state: row.state,
  already,
  reason: row.reason,
  detail: row.detail,
});
