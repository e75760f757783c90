import type { AccountId, MasterStatement } from "@crossdock/canonical";
import { masterIdentity } from "../governance/index.ts";
import type { Transaction } from "../platform/index.ts";
import { contradictedVersion, mixedVersions } from "./obstacle.ts";
import type { RecordOutcome } from "./outcome.ts";
import { compareRanks, contentHash, type Ranked, ranked } from "./version.ts";
import {
  type EntityRow,
  insertMissingEntities,
  lockEntities,
  updateVersions,
  type VersionRow,
} from "./version-store.ts";

/** What an account says, and says which version of something it is. */
type Told = { readonly accountId: AccountId; readonly statement: MasterStatement };

/** The newest versions that have counted, locked until the transaction ends. */
export type MasterVersions = {
  /** What becomes of a statement that is not newer than what has counted; undefined when it is, or has no version. */
  standingOf(told: Told): RecordOutcome | undefined;
  /** From now on this version has counted. */
  counted(told: Told): void;
  /** Writes what has counted. */
  write(): Promise<void>;
};

/**
 * Locks what statements tell versions of. One version of an item is told in several statements (the item, its names, its units), so each
 * thing that is said of it has a version of its own.
 */
export async function lockMasterVersions(
  tx: Transaction,
  all: readonly Told[],
  now: Date,
): Promise<MasterVersions> {
  const entities = new Map<string, EntityRow>();
  for (const told of all) {
    const own = versionOf(told);
    if (own === undefined || entities.has(keyOf(told.accountId, own.of))) continue;
    entities.set(keyOf(told.accountId, own.of), { accountId: told.accountId, entity: own.of, by: own.by });
  }
  const wanted = [...entities.values()];
  const [, found] =
    wanted.length === 0
      ? [0, []]
      : await Promise.all([insertMissingEntities(tx, wanted, now), lockEntities(tx, wanted)]);
  const rows = new Map(found.map((row) => [keyOf(row.account_id, row.entity), row]));
  const changed = new Set<string>();
  return {
    standingOf(told) {
      const own = versionOf(told);
      const row = own && rows.get(keyOf(told.accountId, own.of));
      return own === undefined || row === undefined ? undefined : standing(told.statement, own, row);
    },
    counted(told) {
      const own = versionOf(told);
      if (own === undefined) return;
      const { id } = told.statement;
      const key = keyOf(told.accountId, own.of);
      changed.add(key);
      rows.set(key, {
        ...{ account_id: told.accountId, entity: own.of, compared_by: own.by, newest: own.rank, fact_id: id },
        content_hash: contentHash(told.statement),
      });
    },
    async write() {
      const written = [...changed].flatMap((key) => rows.get(key) ?? []);
      if (written.length > 0) await updateVersions(tx, written, now);
    },
  };
}

const keyOf = (accountId: string, entity: string): string => JSON.stringify([accountId, entity]);

function versionOf({ statement }: Told): Ranked | undefined {
  const { version, data } = statement;
  if (version === undefined) return undefined;
  const own = ranked(version);
  return { ...own, of: `${own.of} ${masterIdentity(data)}` };
}

function standing(statement: MasterStatement, own: Ranked, row: VersionRow): RecordOutcome | undefined {
  const { newest, fact_id: factId } = row;
  if (newest === null || factId === null || factId === statement.id) return undefined;
  const of = statement.version?.of ?? own.of;
  if (row.compared_by !== own.by) {
    return {
      is: "parked",
      obstacle: mixedVersions(statement, { of, own: own.shown, rule: row.compared_by }),
    };
  }
  const order = compareRanks(own.rank, newest);
  if (order > 0) return undefined;
  if (order < 0) {
    const reason = `Version ${own.shown} of ${of} changes nothing, because a newer one (${factId}) has counted.`;
    return { is: "ignored", code: "older-version", reason };
  }
  if (row.content_hash === contentHash(statement)) {
    return { is: "duplicate", kind: statement.type, sameAs: factId };
  }
  return { is: "parked", obstacle: contradictedVersion(statement, { of, shown: own.shown, factId }) };
}
