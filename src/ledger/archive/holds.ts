import { NUMBER_BLOCK_LIFETIME_MS, type Stretch, type StretchHolds } from "../../backbone/index.ts";
import type { LedgerHolds } from "./store.ts";

const DAY_MS = 86_400_000;
/** Beyond the lifetime of a block of numbers, for clocks that disagree and writers that were paused with numbers in their hands. */
const BLOCK_MARGIN_MS = DAY_MS;

/** What an operator wants archived. */
export type ArchiveRule = {
  /** Everything must have been recorded before this. */
  readonly before: Date;
  /** Every transfer must have taken effect so long ago: what arrives late is about younger times. */
  readonly ageDays: number;
};

const few = (names: readonly string[]): string => names.join(", ");

/** Why a stretch must stay, in words; empty when nothing needs it any more. */
export function reasonsToStay(
  { end_number: end }: Pick<Stretch, "end_number">,
  holds: StretchHolds & LedgerHolds,
  { before, ageDays, now }: ArchiveRule & { readonly now: Date },
): readonly string[] {
  const reasons: string[] = [];
  const { passed_at: passed, recorded_to: recorded, effective_to: effective } = holds;
  if (passed === null) return [`facts are still given its numbers: none from ${end} on is on the log yet`];
  const freeAt = passed.getTime() + NUMBER_BLOCK_LIFETIME_MS + BLOCK_MARGIN_MS;
  if (freeAt > now.getTime())
    reasons.push(`a process may still hold some of its numbers until ${new Date(freeAt).toISOString()}`);
  if (recorded !== null && recorded >= before)
    reasons.push(
      `its last fact was recorded at ${recorded.toISOString()}, not before ${before.toISOString()}`,
    );
  if (effective !== null && effective.getTime() > now.getTime() - ageDays * DAY_MS)
    reasons.push(`a transfer in it took effect at ${effective.toISOString()}, less than ${ageDays} days ago`);
  if (holds.transaction !== null && holds.transaction >= holds.horizon)
    reasons.push("an older transaction is still running, so not all of its facts are settled");
  if (holds.readers_behind.length > 0)
    reasons.push(`readers have not read all of it: ${few(holds.readers_behind)}`);
  if (holds.letters_open > 0)
    reasons.push(`${holds.letters_open} of its facts lie among the open dead letters; retry or dismiss them`);
  if (holds.snapshots_open > 0)
    reasons.push(`${holds.snapshots_open} snapshot(s) with pages in it are not taken yet`);
  if (holds.cases_open > 0)
    reasons.push(
      `${holds.cases_open} count(s) that wait for a decision would be held against it; decide them`,
    );
  if (!holds.sealed) reasons.push("not all of its facts are sealed yet");
  if (holds.forgotten > 0)
    reasons.push(
      `${holds.forgotten} of its facts are not in the memory of what was told; run crossdock verify`,
    );
  return reasons;
}
