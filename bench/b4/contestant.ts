import type { ReaderTask } from "./reader.ts";
import type { Round } from "./workload.ts";

/** What an import came to. Slow ways are given a part of the rows, and their rate is of that part. */
export type Imported = { readonly rows: number; readonly phasesMs: Readonly<Record<string, number>> };

/** A way to bring a snapshot into a database of its own. */
export type Contestant = {
  readonly name: string;
  /** What its readers ask meanwhile; undefined where nobody would read. */
  readonly reads: Omit<ReaderTask, "perSecond"> | undefined;
  /** Brings it to where the first round leaves off. */
  prepare(): Promise<void>;
  import(round: Round): Promise<Imported>;
  /** What is wrong after a round; empty when nothing is. */
  audit(round: Round): Promise<readonly string[]>;
  close(): Promise<void>;
};
