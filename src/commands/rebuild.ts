import { type Difference, differenceText, type Rebuild, type RebuildReport } from "../ledger/index.ts";
import { openRebuild } from "../product.ts";
import { commandLog, openSession } from "./session.ts";

export type RebuildCommandOptions = { readonly check: boolean; readonly json: boolean };

/**
 * `crossdock rebuild [--check]`: makes positions, claims and what other systems say again from the log and the transfers, beside live traffic, and repairs what
 * differs, or only says so. Exit code 1 when something differs that was not repaired.
 */
export async function rebuildLedger(options: RebuildCommandOptions): Promise<number> {
  const log = commandLog();
  const session = await openSession({ applicationName: "crossdock rebuild", pending: "refuse", log });
  try {
    return await rebuild(openRebuild({ database: session.database, log }), options);
  } finally {
    await session.close();
  }
}

async function rebuild(rebuilding: Rebuild, { check, json }: RebuildCommandOptions): Promise<number> {
  const say = (difference: Difference) =>
    console.log(json ? JSON.stringify(difference) : differenceText(difference));
  const report = check ? await rebuilding.check(say) : await rebuilding.repair(say);
  console.log(json ? JSON.stringify(report) : summaryOf(report, check));
  return report.differences === report.repaired ? 0 : 1;
}

function summaryOf({ facts, differences, repaired }: RebuildReport, check: boolean): string {
  const compared = `${facts} fact(s) held against their transfers, and every position against its own`;
  if (differences === 0) return `${compared}: nothing differs`;
  if (check) return `${compared}: ${differences} difference(s); crossdock rebuild repairs all but facts`;
  const left = differences - repaired;
  return `${compared}: ${differences} difference(s), ${repaired} repaired, ${left} for a person to look at`;
}
