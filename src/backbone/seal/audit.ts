import type { LogPosition } from "../position.ts";
import { leafText, type SealableRow } from "./leaf.ts";
import { type Hash, leafHash } from "./merkle.ts";

/** Something that is not as it was sealed. `from` and `to`: the first and last leaf that it may be about, counted from 0. */
export type Finding = {
  readonly is:
    | "fact-changed"
    | "fact-missing"
    | "fact-moved"
    | "fact-added"
    | "seal-damaged"
    | "root-differs"
    | "not-signed"
    | "another-log"
    | "log-shorter";
  readonly says: string;
  readonly number?: number;
  readonly from?: number;
  readonly to?: number;
};

/** What was sealed in one place of the tree. */
export type SealedFact = LogPosition & { readonly index: number; readonly hash: Hash };

/** Facts that are on the log by their number, wherever they stand now. */
export type Whereabouts = ReadonlyMap<number, LogPosition>;

/** Holds the facts of a stretch of the log against what was sealed there. Missing ones are given apart: they may have moved. */
export function compare(
  sealed: readonly SealedFact[],
  rows: readonly SealableRow[],
): { readonly findings: readonly Finding[]; readonly missing: readonly SealedFact[] } {
  const found = new Map(rows.map((row) => [row.number, row]));
  const findings: Finding[] = [];
  const missing: SealedFact[] = [];
  for (const fact of sealed) {
    const row = found.get(fact.number);
    if (row === undefined || row.transaction !== fact.transaction) {
      missing.push(fact);
      continue;
    }
    found.delete(fact.number);
    if (!leafHash(leafText(row)).equals(fact.hash)) findings.push(changed(fact, row));
  }
  return { findings: [...findings, ...[...found.values()].map(added)], missing };
}

function changed({ index, number }: SealedFact, row: SealableRow): Finding {
  const says = `fact ${number} (${row.type}, id ${row.id}) at ${positionOf(row)} is not what was sealed as leaf ${index}`;
  return { is: "fact-changed", number, from: index, to: index, says };
}

function added(row: SealableRow): Finding {
  const says = `fact ${row.number} (${row.type}, id ${row.id}) at ${positionOf(row)} stands among sealed facts and was never sealed`;
  return { is: "fact-added", number: row.number, says };
}

/** Says what became of sealed facts that do not stand where they were sealed. */
export function lost(missing: readonly SealedFact[], whereabouts: Whereabouts): readonly Finding[] {
  return missing.map((fact) => {
    const { index, number } = fact;
    const now = whereabouts.get(number);
    const sealed = `fact ${number} was sealed as leaf ${index} at ${positionOf(fact)}`;
    return now === undefined
      ? { is: "fact-missing", number, from: index, to: index, says: `${sealed} and is gone` }
      : {
          is: "fact-moved",
          number,
          from: index,
          to: index,
          says: `${sealed} and stands at ${positionOf(now)}`,
        };
  });
}

const positionOf = ({ transaction, number }: LogPosition) => `${transaction}.${number}`;
