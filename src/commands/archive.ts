import { createStretches } from "../backbone/index.ts";
import {
  type ArchiveDeps,
  type ArchiveOutcome,
  type ArchiveReport,
  archiveStretches,
  checkArchive,
  restoreArchive,
} from "../ledger/index.ts";
import { openServedProduct } from "./serve.ts";
import { commandLog, openSession } from "./session.ts";

/** The exit code of a command that was asked for what cannot be. */
const EXIT_MISUSED = 2;

export type ArchiveOptions = {
  readonly before?: Date;
  readonly to?: string;
  readonly ageDays: number;
  readonly check?: string;
  readonly restore?: string;
  readonly json: boolean;
};

/**
 * `crossdock archive`: moves old stretches of the log to files, checks such files, or puts them back. Exit code 1 when a check found
 * something, or nothing could be done.
 */
export async function archive(options: ArchiveOptions): Promise<number> {
  const work = workOf(options);
  if (work === undefined) {
    console.error("give --before with --to, or --check, or --restore");
    return EXIT_MISUSED;
  }
  const session = await openSession({
    applicationName: "crossdock archive",
    pending: "refuse",
    log: commandLog(),
  });
  const product = await openServedProduct(session);
  try {
    return await work({ ...product, stretches: createStretches(product) });
  } finally {
    await product.close();
    await session.close();
  }
}

function workOf(options: ArchiveOptions): ((deps: ArchiveDeps) => Promise<number>) | undefined {
  const { before, to, check, restore, ageDays, json } = options;
  const asked = [before ?? to, check, restore].filter((each) => each !== undefined);
  if (asked.length !== 1) return undefined;
  if (check !== undefined) return (deps) => checkFolder(deps, check, json);
  if (restore !== undefined) return (deps) => restoreFolder(deps, restore, json);
  if (before === undefined || to === undefined) return undefined;
  return async (deps) => tell(await archiveStretches(deps, { before, to, ageDays }), json);
}

function tell(report: ArchiveReport, json: boolean): number {
  if (json) console.log(JSON.stringify(report));
  else if (report.isBusy) console.log("another process is moving stretches; nothing was done");
  else for (const outcome of report.outcomes) console.log(outcomeText(outcome));
  return report.isBusy ? 1 : 0;
}

function outcomeText(outcome: ArchiveOutcome): string {
  const { first_number: first, end_number: end } = outcome.stretch;
  const numbers = `facts ${first} to ${end - 1}`;
  switch (outcome.is) {
    case "archived": {
      const { facts, transfers } = outcome.manifest;
      return `${numbers}: ${facts} fact(s) and ${transfers} transfer(s) archived in ${outcome.folder}`;
    }
    case "held":
      return [`${numbers} stay:`, ...outcome.reasons.map((reason) => `  ${reason}`)].join("\n");
    default:
      return outcome satisfies never;
  }
}

async function checkFolder(deps: ArchiveDeps, folder: string, json: boolean): Promise<number> {
  const { manifest, faults } = await checkArchive(deps, folder);
  if (json) console.log(JSON.stringify({ folder, manifest, faults }));
  else if (faults.length > 0) for (const fault of faults) console.log(`BROKEN ${fault}`);
  else
    console.log(
      `${folder}: ${manifest?.facts ?? 0} fact(s) and ${manifest?.transfers ?? 0} transfer(s), as they were archived`,
    );
  return faults.length === 0 ? 0 : 1;
}

async function restoreFolder(deps: ArchiveDeps, folder: string, json: boolean): Promise<number> {
  const outcome = await restoreArchive(deps, folder);
  if (json) console.log(JSON.stringify(outcome));
  else if (outcome.is === "restored")
    console.log(`${folder}: ${outcome.manifest.facts} fact(s) are back on the log; the stretch stays closed`);
  else for (const reason of outcome.reasons) console.log(`not restored: ${reason}`);
  return outcome.is === "restored" ? 0 : 1;
}
