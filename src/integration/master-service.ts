import { accountSource, type MasterStatement } from "@crossdock/canonical";
import {
  EVERYWHERE,
  type Governance,
  type MasterOutcome,
  masterIdentity,
  type Owners,
} from "../governance/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { masterObstacle, measureOf, proposal } from "./master.ts";
import { lockMasterVersions, type MasterVersions } from "./master-version-service.ts";
import { incredibleTime } from "./obstacle.ts";
import type { RecordOutcome } from "./outcome.ts";
import type { RecordToApply } from "./record.ts";

export type MasterDeps = { readonly clock: Clock; readonly governance: Governance };

/** A record that says something about master data. */
export type MasterToApply = RecordToApply & { readonly statement: MasterStatement };

/** Master data that a record states; undefined for any other record. */
export function masterIn(record: RecordToApply): MasterToApply | undefined {
  return record.mapped.is === "master" ? { ...record, statement: record.mapped.statement } : undefined;
}

/**
 * Takes what accounts say about master data, message by message and in their order, and gives the outcome of each. The owner's word at the
 * time that a statement speaks of changes what is known; another's that would change something is parked as a proposal, and one that agrees
 * is a duplicate. Of versions of one thing an older one changes nothing. Must come before the facts of the same transaction: they may name
 * what is new here, and whoever changes master data waits for its turn before it writes anything else.
 */
export async function applyMaster(
  deps: MasterDeps,
  tx: Transaction,
  records: readonly MasterToApply[],
): Promise<ReadonlyMap<MasterToApply, RecordOutcome>> {
  const outcomes = new Map<MasterToApply, RecordOutcome>();
  if (records.length === 0) return outcomes;
  const now = deps.clock.now();
  const versions = await lockMasterVersions(tx, records, now);
  const [items, values] = await Promise.all([
    deps.governance.owners(tx, "item-master", [EVERYWHERE]),
    deps.governance.owners(tx, "valuation", [EVERYWHERE]),
  ]);
  const ownerOf = ({ statement }: MasterToApply) => ownerAt(statement, { items, values });
  for (const message of Map.groupBy(records, ({ messageId }) => messageId).values()) {
    const going = message.filter((record) => {
      const obstacle = incredibleTime(record.statement.effectiveAt, now);
      const standing: RecordOutcome | undefined =
        obstacle === undefined ? versions.standingOf(record) : { is: "parked", obstacle };
      if (standing !== undefined) outcomes.set(record, standing);
      return standing === undefined;
    });
    const isOwners = (record: MasterToApply) => {
      const owner = ownerOf(record);
      return (
        record.acceptedBy !== undefined || owner === undefined || owner === accountSource(record.accountId)
      );
    };
    const { own = [], others = [] } = Object.groupBy(going, (record) =>
      isOwners(record) ? "own" : "others",
    );
    await takeOwners(deps, tx, { records: own, versions, outcomes });
    await weighOthers(deps, tx, { records: others, versions, outcomes, ownerOf });
  }
  await versions.write();
  return outcomes;
}

function ownerAt(
  { data, effectiveAt }: MasterStatement,
  { items, values }: { readonly items: Owners; readonly values: Owners },
): string | undefined {
  return (measureOf(data) === "valuation" ? values : items).at(EVERYWHERE, effectiveAt);
}

type Taking = {
  readonly records: readonly MasterToApply[];
  readonly versions: MasterVersions;
  readonly outcomes: Map<MasterToApply, RecordOutcome>;
};

async function takeOwners(
  { governance }: MasterDeps,
  tx: Transaction,
  { records, versions, outcomes }: Taking,
): Promise<void> {
  const [first] = records;
  if (first === undefined) return;
  const { correlationId, acceptedBy } = first;
  const changer = { by: acceptedBy ?? accountSource(first.accountId), correlationId };
  const stated = await governance.stateMasterWithin(tx, dataOf(records), changer);
  for (const [index, record] of records.entries()) {
    const outcome = outcomeOf(record, stated[index]);
    if (outcome.is !== "parked") versions.counted(record);
    outcomes.set(record, outcome);
  }
}

const dataOf = (records: readonly MasterToApply[]) => records.map(({ statement }) => statement.data);

function outcomeOf({ statement }: MasterToApply, stated: MasterOutcome | undefined): RecordOutcome {
  if (stated === undefined) throw new Error(`nothing became of the statement ${statement.id}`);
  switch (stated.outcome) {
    case "created":
    case "changed":
      return { is: "applied", kind: statement.type };
    case "unchanged":
      return { is: "duplicate", kind: statement.type };
    case "refused":
      return { is: "parked", obstacle: masterObstacle(statement, stated) };
    default:
      return stated satisfies never;
  }
}

/** What somebody else than the owner says is looked at and changes nothing. */
async function weighOthers(
  { governance }: MasterDeps,
  tx: Transaction,
  {
    records,
    versions,
    outcomes,
    ownerOf,
  }: Taking & { readonly ownerOf: (record: MasterToApply) => string | undefined },
): Promise<void> {
  if (records.length === 0) return;
  const weighed = await governance.weighMaster(tx, dataOf(records));
  for (const [index, record] of records.entries()) {
    const outcome = weighed[index];
    if (outcome?.outcome !== "created" && outcome?.outcome !== "changed") {
      const made = outcomeOf(record, outcome);
      if (made.is !== "parked") versions.counted(record);
      outcomes.set(record, made);
      continue;
    }
    versions.counted(record);
    const source = accountSource(record.accountId);
    const about = masterIdentity(record.statement.data);
    const obstacle = proposal({ source, owner: ownerOf(record) ?? "", about }, outcome);
    outcomes.set(record, { is: "parked", obstacle });
  }
}
