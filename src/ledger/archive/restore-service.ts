import type { Stretch } from "../../backbone/index.ts";
import { faultOf, readLines } from "./file-service.ts";
import { ARCHIVE_PARTS, type Manifest } from "./manifest.ts";
import { ARCHIVE_LEASE, type ArchiveDeps, readManifest } from "./service.ts";
import { countOtherTotals, forgetTotals, sumQuantities, sumTotals } from "./store.ts";

/** What a look at an archive found: what is wrong with it, in words. */
export type ArchiveCheck = { readonly manifest: Manifest | undefined; readonly faults: readonly string[] };

/** Holds the files of an archive against its manifest, and both against what the database kept of the stretch. Changes nothing. */
export async function checkArchive(deps: ArchiveDeps, folder: string): Promise<ArchiveCheck> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) return { manifest, faults: [`${folder} has no manifest of an archive`] };
  const faults: string[] = [];
  for (const part of ARCHIVE_PARTS) {
    const fault = await faultOf(folder, manifest.files[part]);
    if (fault !== undefined) faults.push(fault);
  }
  if (faults.length > 0) return { manifest, faults };
  return {
    manifest,
    faults: [...(await factFaults(deps, folder, manifest)), ...(await totalFaults(deps, folder, manifest))],
  };
}

/** The facts against the seal of this log, and against its memory of what was told. */
async function factFaults(
  { seal, stretches }: ArchiveDeps,
  folder: string,
  manifest: Manifest,
): Promise<readonly string[]> {
  const { events } = manifest.files;
  const found = await seal.checkStretch(manifest, readLines(folder, events.name));
  const faults = [...found.faults];
  if (found.facts !== manifest.facts)
    faults.push(`${events.name} has ${found.facts} facts, and should have ${manifest.facts}`);
  let forgotten = 0;
  for await (const lines of readLines(folder, events.name))
    forgotten += await stretches.countForgotten(lines);
  if (forgotten > 0) faults.push(`${forgotten} fact(s) are not in the memory of what was told`);
  return faults;
}

/** The transfers against what they came to, and that against what the database keeps. */
async function totalFaults(
  { database }: ArchiveDeps,
  folder: string,
  manifest: Manifest,
): Promise<readonly string[]> {
  const { files, firstNumber, totals, transfers } = manifest;
  const faults: string[] = [];
  let [others, lines, units, moved] = [0, 0, 0, 0];
  for await (const page of readLines(folder, files.totals.name)) {
    others += await countOtherTotals(database, firstNumber, page);
    lines += page.length;
  }
  for await (const page of readLines(folder, files.transfers.name)) {
    units += await sumQuantities(database, page);
    moved += page.length;
  }
  const kept = await sumTotals(database, firstNumber);
  if (others > 0)
    faults.push(`${others} of the closing totals are not what the database keeps of this stretch`);
  if (lines !== totals || kept.rows !== totals)
    faults.push(
      `the archive has ${lines} closing totals, its manifest says ${totals}, and the database keeps ${kept.rows}`,
    );
  if (moved !== transfers)
    faults.push(`the archive has ${moved} transfers, and its manifest says ${transfers}`);
  if (units !== kept.units_in || units !== kept.units_out)
    faults.push(
      `its transfers move ${units} units, and what is kept of them says ${kept.units_in} in and ${kept.units_out} out`,
    );
  return faults;
}

/** What became of a restoring. */
export type RestoreOutcome =
  | { readonly is: "restored"; readonly manifest: Manifest }
  | { readonly is: "refused"; readonly reasons: readonly string[] };

/**
 * Puts an archived stretch back, closed as it was. The tables are made and filled beside the log, and attached in one transaction, so
 * that a run that is stopped leaves the stretch archived, and the next begins again.
 */
export async function restoreArchive(deps: ArchiveDeps, folder: string): Promise<RestoreOutcome> {
  const [lease] = await deps.leases.take([ARCHIVE_LEASE]);
  if (lease === undefined) return { is: "refused", reasons: ["another process is moving stretches"] };
  try {
    const { manifest, faults } = await checkArchive(deps, folder);
    if (manifest === undefined || faults.length > 0) return { is: "refused", reasons: faults };
    const stretch = (await deps.stretches.list()).find((each) => each.first_number === manifest.firstNumber);
    if (stretch?.state !== "archived" || stretch.end_number !== manifest.endNumber)
      return {
        is: "refused",
        reasons: [`the stretch from ${manifest.firstNumber} is ${stretch?.state ?? "unknown here"}`],
      };
    await load(deps, { folder, manifest, stretch });
    return { is: "restored", manifest };
  } finally {
    await lease.giveBack();
  }
}

async function load(
  { stretches, log }: ArchiveDeps,
  {
    folder,
    manifest,
    stretch,
  }: { readonly folder: string; readonly manifest: Manifest; readonly stretch: Stretch },
): Promise<void> {
  const first = stretch.first_number;
  const { events, transfers, outcomes } = manifest.files;
  await stretches.makeParts(first);
  let loaded = 0;
  for await (const lines of readLines(folder, events.name)) loaded += await stretches.loadFacts(first, lines);
  if (loaded !== manifest.facts)
    throw new Error(`${loaded} of ${manifest.facts} facts could be loaded from ${folder}`);
  for await (const lines of readLines(folder, transfers.name))
    await stretches.loadPart({ schema: "ledger", table: "transfer", first }, lines);
  for await (const lines of readLines(folder, outcomes.name))
    await stretches.loadPart({ schema: "ledger", table: "fact_outcome", first }, lines);
  await stretches.attach(stretch, (tx) => forgetTotals(tx, first));
  log.info({ event: "ledger.stretch-restored", first, facts: loaded, folder });
}
