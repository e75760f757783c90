import type { AccountId, SupplyBasis, SupplyKind } from "@crossdock/canonical";
import type { Caller } from "./asking.ts";
import type { SupplyFileAnswer } from "./supply-file-views.ts";

/** A file of supply, and what it leaves unsaid. */
export type SupplyFileRequest = {
  readonly accountId: AccountId;
  readonly bytes: Uint8Array;
  /** As of when the file says what it says. */
  readonly saidAt: string;
  readonly kind: SupplyKind;
  readonly counts: SupplyBasis;
  readonly unit: string;
  readonly isRehearsal: boolean;
  readonly caller: Caller;
};

/** Files of what is to come. */
export type SupplyFilesPort = {
  /** Takes a file, or says what it would do. Nothing of it is taken where a line is faulty. */
  importFile(request: SupplyFileRequest): Promise<
    | { readonly is: "done"; readonly answer: SupplyFileAnswer }
    | { readonly is: "unreadable"; readonly problem: string }
    | {
        readonly is: "faulty";
        readonly faults: readonly {
          readonly line: number;
          readonly column?: string;
          readonly message: string;
        }[];
        readonly faultCount: number;
      }
    | { readonly is: "unknown-account" }
  >;
  /** A file with its headings and a line that shows what goes where. */
  template(): string;
};
