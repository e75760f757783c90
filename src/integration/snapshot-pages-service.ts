import type { MappedRecord } from "@crossdock/connector-kit";
import type { Transaction } from "../platform/index.ts";
import type { ApplyDeps } from "./apply-service.ts";
import { effectiveAtOf, referencesOf } from "./translate.ts";
import { withoutUnknownRows } from "./translate-snapshot.ts";

/**
 * Splits rows that cannot be resolved off the pages of snapshots, with one look-up for all pages. What is split off stands behind the
 * other records, so that these keep their places. Records without a page among them cost nothing.
 */
export async function splitUnknownRows(
  deps: ApplyDeps,
  tx: Transaction,
  records: readonly MappedRecord[],
): Promise<readonly MappedRecord[]> {
  const pages = records.filter((record) => record.is === "snapshot");
  if (pages.length === 0) return records;
  const named = pages.map(referencesOf);
  const resolutions = await deps.governance.resolve(tx, {
    items: named.flatMap(({ items }) => items),
    locations: named.flatMap(({ locations }) => locations),
  });
  const rest: MappedRecord[] = [];
  const own = records.map((record) => {
    const at = effectiveAtOf(record) ?? deps.clock.now();
    const [page = record, ...rows] = withoutUnknownRows(record, resolutions.at(at));
    rest.push(...rows);
    return page;
  });
  return [...own, ...rest];
}
