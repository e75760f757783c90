import type { AccountId } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { Transaction } from "../platform/index.ts";
import type { ApplyDeps } from "./apply-service.ts";
import { awaitedName, ignoredReason, nameText } from "./ignored.ts";
import { ignoredAmong } from "./ignored-service.ts";
import { effectiveAtOf, referencesOf } from "./translate.ts";
import { type UncountedRow, uncountedRows, withoutUncountedRows } from "./translate-snapshot.ts";

/**
 * Splits rows that cannot be resolved off the pages of snapshots, with one look-up for all pages. What is split off stands behind the
 * other records, so that these keep their places. Records without a page among them cost nothing.
 */
export async function splitUnknownRows(
  deps: Pick<ApplyDeps, "governance" | "clock">,
  tx: Transaction,
  account: AccountId,
  records: readonly MappedRecord[],
): Promise<readonly MappedRecord[]> {
  const pages = records.filter((record) => record.is === "snapshot");
  if (pages.length === 0) return records;
  const named = pages.map(referencesOf);
  const resolutions = await deps.governance.resolve(tx, {
    items: named.flatMap(({ items }) => items),
    locations: named.flatMap(({ locations }) => locations),
  });
  const uncounted = new Map(
    pages.map((page) => [page, uncountedRows(page, resolutions.at(effectiveAtOf(page) ?? deps.clock.now()))]),
  );
  const ignoredBecause = await ignoredRows(tx, account, [...uncounted.values()].flat());
  const rest: MappedRecord[] = [];
  const own = records.map((record) => {
    if (record.is !== "snapshot") return record;
    const [page, ...rows] = withoutUncountedRows(record, uncounted.get(record) ?? [], ignoredBecause);
    rest.push(...rows);
    return page;
  });
  return [...own, ...rest];
}

/** Says of rows why nothing is awaited of them; undefined where something is. */
async function ignoredRows(
  tx: Transaction,
  account: AccountId,
  rows: readonly UncountedRow[],
): Promise<(row: UncountedRow) => string | undefined> {
  const names = rows.flatMap(({ obstacle }) => awaitedName(account, obstacle) ?? []);
  const ignored = await ignoredAmong(tx, names);
  return ({ obstacle }) => {
    const name = awaitedName(account, obstacle);
    const rule = name && ignored.get(nameText(name.accountId, name.kind, name.waitsFor));
    return rule && ignoredReason(rule);
  };
}
