import type { AccountId, Sequence } from "@crossdock/canonical";
import type { Caller } from "./asking.ts";
import type { LineFaultView, SnapshotFileAnswer } from "./snapshot-file-views.ts";

/** What a file of stock is said to be. */
export type SnapshotFileRequest = {
  readonly accountId: AccountId;
  readonly snapshotId: string;
  readonly takenAt: string;
  readonly scope: "full" | "partial";
  readonly watermark?: Sequence | undefined;
  readonly location?: string | undefined;
  readonly locationScheme?: string | undefined;
  readonly itemScheme?: string | undefined;
  readonly unit: string;
  /** Headings by field, where the file calls fields otherwise. */
  readonly columns: Readonly<Record<string, string>>;
  readonly isRehearsal: boolean;
  readonly caller: Caller;
};

/** Files of stock. */
export type SnapshotFilesPort = {
  /** Reads a file from its beginning, twice, and takes it or says what it would do. Nothing of it is taken where a line is faulty. */
  importFile(
    file: { open(): AsyncIterable<Uint8Array> },
    request: SnapshotFileRequest,
  ): Promise<
    | { readonly is: "done"; readonly answer: SnapshotFileAnswer }
    | { readonly is: "unreadable"; readonly problem: string }
    | { readonly is: "faulty"; readonly faults: readonly LineFaultView[]; readonly faultCount: number }
    | { readonly is: "unknown-account" }
  >;
};
