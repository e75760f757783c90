import { accountSource, itemId, locationId, quantityDelta } from "@crossdock/canonical";
import type {
  DriftPolicyChangeView,
  DriftTrend,
  DriftView,
  Reach,
  SnapshotConcluded,
  SnapshotState,
  SnapshotsPort,
  SnapshotView,
} from "../gateway/index.ts";
import type { DriftPolicyChange, Governance } from "../governance/index.ts";
import type { Integration } from "../integration/index.ts";
import type {
  DriftRow,
  HoldOutcome,
  Ledger,
  DriftTrend as LedgerTrend,
  ListedSnapshot,
  SnapshotHold,
  SnapshotRecord,
  TooMany,
} from "../ledger/index.ts";
import { numberCursor } from "./cursor.ts";
import { driftCauses } from "./drift-causes.ts";

const stateText = (state: SnapshotRecord["state"]): SnapshotState => (state === "ready" ? "taking" : state);

function toHold(hold: SnapshotHold): NonNullable<SnapshotView["hold"]> {
  const { decision, decided_at: at, decided_by: by, decided_because: because } = hold;
  return {
    reasons: [...hold.reasons],
    heldAt: hold.held_at.toISOString(),
    positions: { compared: hold.positions_compared, differing: hold.positions_differing },
    units: { expected: hold.units_expected, found: hold.units_found, missing: hold.units_missing },
    rows: { come: hold.rows_come, ...(hold.rows_before === null ? {} : { before: hold.rows_before }) },
    ...(hold.archive === null ? {} : { archive: hold.archive }),
    ...(hold.too_many === null ? {} : { tooMany: toTooMany(hold.too_many) }),
    ...(decision === null || at === null || by === null || because === null
      ? {}
      : { decided: { decision, at: at.toISOString(), by, because } }),
  };
}

function toTooMany({ itemId: item, lot, units }: TooMany) {
  return {
    units,
    ...(item === null ? {} : { itemId: itemId(item), ...(lot === null || lot === "" ? {} : { lot }) }),
  };
}

function toChange(row: DriftPolicyChange): DriftPolicyChangeView {
  const { source, location_id: place } = row;
  return {
    changeNumber: String(row.change_number),
    ...(source === null ? {} : { source }),
    ...(place === null ? {} : { locationId: locationId(place) }),
    before: row.before,
    after: row.after,
    changedAt: row.changed_at.toISOString(),
    changedBy: row.changed_by,
  };
}

function toView({ record, missing, hold }: ListedSnapshot): SnapshotView {
  const { watermark_stream: stream, watermark_number: number } = record;
  return {
    snapshotNumber: String(record.snapshot_number),
    snapshotId: record.snapshot_id,
    source: record.source,
    locationId: locationId(record.location_id),
    takenAt: record.taken_at.toISOString(),
    scope: record.scope,
    conditions: record.conditions,
    ...(stream === null || number === null ? {} : { watermark: { stream, number } }),
    state: stateText(record.state),
    pages: {
      come: record.pages_come,
      ...(record.pages === null ? {} : { count: record.pages }),
      missing: [...missing],
    },
    rows: { come: record.rows_come, unresolved: record.rows_unresolved },
    firstCameAt: record.first_come_at.toISOString(),
    lastCameAt: record.last_come_at.toISOString(),
    positions: {
      toTake: record.positions_total,
      taken: record.positions_done,
      corrected: record.positions_changed,
    },
    units: { found: record.units_found, missing: record.units_missing },
    ...(record.applied_at === null ? {} : { appliedAt: record.applied_at.toISOString() }),
    ...(hold === undefined ? {} : { hold: toHold(hold) }),
    ...conclusionOf(record),
  };
}

function conclusionOf({ concluded_at: at, concluded_by: by, concluded_because: because }: SnapshotRecord) {
  return at === null || by === null || because === null
    ? {}
    : { concluded: { at: at.toISOString(), by, because } };
}

function toDrift(row: DriftRow): DriftView {
  return {
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    status: row.status,
    difference: quantityDelta(row.difference),
  };
}

function toTrend({ days, items }: LedgerTrend): DriftTrend {
  const units = (row: { readonly units_found: number; readonly units_missing: number }) => ({
    found: row.units_found,
    missing: row.units_missing,
  });
  return {
    days: days.map((row) => ({
      day: row.day,
      source: row.source,
      snapshots: {
        applied: row.snapshots_applied,
        held: row.snapshots_held,
        dismissed: row.snapshots_dismissed,
      },
      positions: shareOf(row.positions_compared, row.positions_differing),
      units: units(row),
    })),
    items: items.map((row) => ({
      itemId: itemId(row.item_id),
      source: row.source,
      snapshots: row.snapshots,
      units: units(row),
    })),
  };
}

const shareOf = (compared: number, differing: number) => ({
  compared,
  differing,
  ...(compared === 0 ? {} : { differingPerMille: Math.floor((differing * 1_000) / compared) }),
});

const driftCursor = (row: DriftRow): string => `${row.event_number}~${row.transfer_id}`;

/** Where a list of differences goes on; undefined when the text is none of ours. */
function parseDriftCursor(text: string | undefined) {
  if (text === undefined) return { eventNumber: 0, transferId: 0 };
  const match = /^(\d{1,15})~(\d{1,15})$/.exec(text);
  return match === null ? undefined : { eventNumber: Number(match[1]), transferId: Number(match[2]) };
}

/** Lists that go from the newest number down go on below one. */
const below = (after: string | undefined) => numberCursor(after) ?? Number.MAX_SAFE_INTEGER;

/** What is said about how much snapshots may differ. */
function policies(governance: Governance): Pick<SnapshotsPort, "setPolicy" | "policyChanges"> {
  return {
    async setPolicy({ source, locationId: place, policy, caller }) {
      const change = { source, locationId: place, policy: policy ?? undefined, by: caller.clientId };
      return (await governance.setDriftPolicy(change)) ? "set" : "unknown-location";
    },
    async policyChanges({ after, limit, accountIds }) {
      const before = below(after);
      if (before === "bad-cursor") return before;
      const sources = accountIds?.map(accountSource);
      const rows = (await governance.driftPolicyChanges({ before, limit, sources })).map(toChange);
      return { rows, next: rows.length < limit ? undefined : rows.at(-1)?.changeNumber };
    },
  };
}

/** What people decide about snapshots that wait for it. */
function decisions(
  ledger: Ledger,
  find: SnapshotsPort["find"],
): Pick<SnapshotsPort, "decide" | "decideMany" | "conclude"> {
  return {
    async decideMany(asked, { caller, accountIds }, keep) {
      const seen = new Set<string>();
      for (const { snapshotNumber: each } of asked)
        if (!seen.has(each) && (await find(each, { accountIds })) !== undefined) seen.add(each);
      const known = asked.filter(({ snapshotNumber: each }) => seen.has(each));
      const resultsOf = (outcomes: readonly HoldOutcome[]) => {
        const waiting = outcomes.values();
        return asked.map(({ snapshotNumber }) => {
          const outcome = seen.has(snapshotNumber) ? waiting.next().value : undefined;
          return { snapshotNumber, outcome: outcome ?? ("not-found" as const) };
        });
      };
      const decided = known.map(({ snapshotNumber, ...each }) => ({
        ...{ snapshotNumber: Number(snapshotNumber), ...each, by: caller.clientId },
      }));
      return resultsOf(
        await ledger.snapshots.decideMany(decided, (tx, outcomes) => keep(tx, resultsOf(outcomes))),
      );
    },
    async decide(snapshotNumber, { decision, because, caller, accountIds }) {
      if ((await find(snapshotNumber, { accountIds })) === undefined) return undefined;
      const decided = { snapshotNumber: Number(snapshotNumber), decision, because, by: caller.clientId };
      const outcome = await ledger.snapshots.decide(decided);
      const snapshot = await find(snapshotNumber, { accountIds });
      return snapshot === undefined ? undefined : { outcome, snapshot };
    },
    async conclude(snapshotNumber, { because, caller, accountIds }, keep) {
      if ((await find(snapshotNumber, { accountIds })) === undefined) return undefined;
      const conclusion = { snapshotNumber: Number(snapshotNumber), because, by: caller.clientId };
      let answer: SnapshotConcluded | undefined;
      await ledger.snapshots.conclude(conclusion, async (tx, outcome) => {
        const found = await ledger.snapshots.find(conclusion.snapshotNumber, tx);
        if (found === undefined) return;
        answer = { outcome, snapshot: toView(found) };
        await keep?.(tx, answer);
      });
      return answer;
    },
  };
}

/** Snapshots, as the gateway asks for them. */
export function snapshotsPort({
  ledger,
  governance,
  integration,
}: {
  readonly ledger: Ledger;
  readonly governance: Governance;
  readonly integration: Pick<Integration, "intake">;
}): SnapshotsPort {
  const seen = async (snapshotNumber: string, { accountIds }: Reach) => {
    const found = await ledger.snapshots.find(Number(snapshotNumber));
    const isSeen = accountIds?.map(accountSource).includes(found?.record.source ?? "") ?? true;
    return isSeen ? found : undefined;
  };
  const find: SnapshotsPort["find"] = async (snapshotNumber, reach) => {
    const found = await seen(snapshotNumber, reach);
    return found === undefined ? undefined : toView(found);
  };
  return {
    find,
    async page({ after, limit, accountIds, locationId: place, state, isUnfinished }) {
      const before = below(after);
      if (before === "bad-cursor") return before;
      const listed = await ledger.snapshots.page({
        before,
        limit,
        sources: accountIds?.map(accountSource),
        locationId: place,
        state: state === "taking" ? "ready" : state,
        isUnfinished,
      });
      const next = listed.length < limit ? undefined : listed.at(-1)?.record.snapshot_number;
      return { rows: listed.map(toView), next: next === undefined ? undefined : String(next) };
    },
    async drift(snapshotNumber, { after: cursor, limit, ...reach }) {
      const after = parseDriftCursor(cursor);
      if (after === undefined) return "bad-cursor";
      if ((await find(snapshotNumber, reach)) === undefined) return undefined;
      const rows = await ledger.snapshots.drift({ snapshotNumber: Number(snapshotNumber), after, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toDrift), next: last === undefined ? undefined : driftCursor(last) };
    },
    async causes(snapshotNumber, reach) {
      const found = await seen(snapshotNumber, reach);
      if (found === undefined) return undefined;
      const { source, rows_unresolved: unknown, concluded_at: concluded } = found.record;
      return driftCauses(integration, { source, rows_unresolved: concluded === null ? unknown : 0 });
    },
    async trend({ locationId: place, from, to, accountIds }) {
      const asked = { locationId: place, from, to, sources: accountIds?.map(accountSource) };
      return toTrend(await ledger.snapshots.trend(asked));
    },
    ...decisions(ledger, find),
    ...policies(governance),
  };
}
