import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LogSeal, Stretch, Stretches, StretchHolds } from "../../backbone/index.ts";
import { type Clock, type Database, type Leases, type Log, writeWhole } from "../../platform/index.ts";
import { lockPositionsById } from "../store.ts";
import { faultOf, syncFolder, writeLines } from "./file-service.ts";
import { type ArchiveRule, reasonsToStay } from "./holds.ts";
import { ARCHIVE_PARTS, folderName, MANIFEST_NAME, type Manifest, parseManifest } from "./manifest.ts";
import {
  keepBoundaries,
  keepTotals,
  type LedgerHolds,
  type LinesAfter,
  selectLedgerHolds,
  selectOutcomeLines,
  selectTotalLines,
  selectTouched,
  selectTransferLines,
} from "./store.ts";

export type ArchiveDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly leases: Leases;
  readonly log: Log;
  readonly seal: LogSeal;
  readonly stretches: Stretches;
};

/** Held by the one process that moves stretches. */
export const ARCHIVE_LEASE = "ledger.archive";
/** Lines read at once. */
const PAGE_LINES = 2_000;
/** Positions that are locked together while they are given a checkpoint. */
const SLICE_POSITIONS = 200;

/** What became of a stretch. */
export type ArchiveOutcome =
  | {
      readonly is: "archived";
      readonly stretch: Stretch;
      readonly folder: string;
      readonly manifest: Manifest;
    }
  | { readonly is: "held"; readonly stretch: Stretch; readonly reasons: readonly string[] };

/** What archiving came to: stretches in their order, the last of them the one that has to stay. */
export type ArchiveReport = { readonly outcomes: readonly ArchiveOutcome[]; readonly isBusy: boolean };

/**
 * Moves stretches to a folder, the oldest first, up to the first that something still needs. Stopped anywhere, it has lost nothing, and
 * the next run goes on: a stretch leaves in one transaction, after its files are on the disk and have been read again.
 */
export async function archiveStretches(
  deps: ArchiveDeps,
  options: ArchiveRule & { readonly to: string },
): Promise<ArchiveReport> {
  const [lease] = await deps.leases.take([ARCHIVE_LEASE]);
  if (lease === undefined) return { outcomes: [], isBusy: true };
  try {
    const outcomes: ArchiveOutcome[] = [];
    await mkdir(options.to, { recursive: true });
    await deps.seal.checkpoint();
    for (const stretch of await deps.stretches.list()) {
      if (stretch.state === "archived") continue;
      const outcome = await archiveOne(deps, stretch, options);
      outcomes.push(outcome);
      if (outcome.is === "held") break;
    }
    return { outcomes, isBusy: false };
  } finally {
    await lease.giveBack();
  }
}

type Holds = StretchHolds & LedgerHolds;

async function holdsOf({ database, stretches }: ArchiveDeps, stretch: Stretch): Promise<Holds> {
  const [own, ledger] = [await stretches.holds(stretch), await selectLedgerHolds(database, stretch)];
  return { ...own, ...ledger };
}

async function archiveOne(
  deps: ArchiveDeps,
  stretch: Stretch,
  options: ArchiveRule & { readonly to: string },
): Promise<ArchiveOutcome> {
  const { clock, stretches } = deps;
  const judge = (holds: Holds) => reasonsToStay(stretch, holds, { ...options, now: clock.now() });
  const before = judge(await holdsOf(deps, stretch));
  if (before.length > 0) return { is: "held", stretch, reasons: before };
  if (stretch.state === "open") await stretches.close(stretch.first_number);
  // Nothing lands in it from here on: what is seen now is what leaves.
  const holds = await holdsOf(deps, stretch);
  const reasons = judge(holds);
  if (reasons.length > 0) return { is: "held", stretch: { ...stretch, state: "closed" }, reasons };
  await settleAccounts(deps, stretch);
  const folder = join(options.to, folderName(stretch.first_number));
  const manifest =
    (await standing(folder, stretch, holds)) ?? (await exportStretch(deps, { stretch, holds, folder }));
  const left = {
    archive: folderName(stretch.first_number),
    recordedTo: holds.recorded_to ?? clock.now(),
    lastTransfer: holds.last_transfer ?? 0,
  };
  await stretches.drop(stretch.first_number, left);
  deps.log.info({
    event: "ledger.stretch-archived",
    first: stretch.first_number,
    facts: manifest.facts,
    folder,
  });
  return { is: "archived", stretch: { ...stretch, state: "archived" }, folder, manifest };
}

/** What stays of the stretch: its sums, what it speaks of, and a checkpoint of each position at its end. */
async function settleAccounts({ database, stretches }: ArchiveDeps, stretch: Stretch): Promise<void> {
  await stretches.keepSubjects(stretch);
  await database.transaction(async (tx) => {
    stretches.takeTime(tx);
    await keepTotals(tx, stretch);
  });
  const first = stretch.first_number;
  for (let after = 0; ; ) {
    const positionIds = await selectTouched(database, { first, after, limit: SLICE_POSITIONS });
    const last = positionIds.at(-1);
    if (last === undefined) return;
    await database.transaction(async (tx) => {
      await lockPositionsById(tx, positionIds);
      await keepBoundaries(tx, { positionIds, first });
    });
    after = last;
  }
}

/** The manifest of a folder that an earlier run has finished; undefined where there is none, or one of its files is not whole. */
async function standing(folder: string, stretch: Stretch, holds: Holds): Promise<Manifest | undefined> {
  const manifest = await readManifest(folder);
  if (manifest === undefined || manifest.firstNumber !== stretch.first_number) return undefined;
  if (manifest.facts !== holds.facts || manifest.transfers !== holds.transfers) return undefined;
  for (const part of ARCHIVE_PARTS)
    if ((await faultOf(folder, manifest.files[part])) !== undefined) return undefined;
  return manifest;
}

/** Reads the manifest of a folder; undefined where there is none. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return parseManifest(await readFile(join(folder, MANIFEST_NAME), "utf8"));
  } catch {
    return undefined;
  }
}

/** Pages of rows as one list of their lines. */
async function* linesOf(
  page: (asked: {
    readonly after: LinesAfter;
    readonly limit: number;
  }) => Promise<readonly ({ readonly line: string } & LinesAfter)[]>,
): AsyncGenerator<string> {
  for (let after: LinesAfter = { number: 0, id: 0 }; ; ) {
    const rows = await page({ after, limit: PAGE_LINES });
    for (const row of rows) yield row.line;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_LINES) return;
    after = last;
  }
}

/** Writes the files beside their place, reads them again, and only then gives them their name. */
async function exportStretch(
  { database, seal }: ArchiveDeps,
  { stretch, holds, folder }: { readonly stretch: Stretch; readonly holds: Holds; readonly folder: string },
): Promise<Manifest> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const exported = await seal.exportStretch(stretch);
  const files = {
    events: await writeLines(partial, "events.ndjson.gz", exported.lines),
    transfers: await writeLines(
      partial,
      "transfers.ndjson.gz",
      linesOf((asked) => selectTransferLines(database, stretch, asked)),
    ),
    outcomes: await writeLines(
      partial,
      "outcomes.ndjson.gz",
      linesOf((asked) => selectOutcomeLines(database, stretch, asked)),
    ),
    totals: await writeLines(
      partial,
      "totals.ndjson.gz",
      linesOf((asked) => selectTotalLines(database, stretch, asked)),
    ),
  };
  const text = (at: Date | null) => at?.toISOString() ?? null;
  const manifest: Manifest = {
    format: "crossdock-archive/1",
    log: exported.log,
    firstNumber: stretch.first_number,
    endNumber: stretch.end_number,
    facts: exported.facts(),
    transfers: files.transfers.lines,
    outcomes: files.outcomes.lines,
    totals: files.totals.lines,
    lastTransfer: holds.last_transfer ?? 0,
    recordedFrom: text(holds.recorded_from),
    recordedTo: text(holds.recorded_to),
    effectiveFrom: text(holds.effective_from),
    effectiveTo: text(holds.effective_to),
    leaves: exported.leaves,
    files,
  };
  mustBeAll(manifest, holds);
  await writeWhole(join(partial, MANIFEST_NAME), `${JSON.stringify(manifest, undefined, 2)}\n`, 0o644);
  await mustBeTrue(partial, manifest);
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  await syncFolder(join(folder, ".."));
  return manifest;
}

/** Throws where less was written than there is: facts that are on the log and in no leaf of its seal. */
function mustBeAll(written: Manifest, there: Holds): void {
  for (const what of ["facts", "transfers", "outcomes"] as const) {
    if (written[what] !== there[what])
      throw new Error(
        `the stretch from ${written.firstNumber} has ${there[what]} ${what}, and ${written[what]} were written; run crossdock audit verify`,
      );
  }
}

/** Waits until the disk has the files, and reads them again. */
async function mustBeTrue(folder: string, { files }: Manifest): Promise<void> {
  await syncFolder(folder);
  for (const part of ARCHIVE_PARTS) {
    const fault = await faultOf(folder, files[part]);
    if (fault !== undefined) throw new Error(`the archive in ${folder} cannot be trusted: ${fault}`);
  }
}
