import type { MasterOutcome } from "./master-outcome.ts";
import type { PlacedRecord } from "./master-service.ts";

/** A row of a file: a statement, or why it is none. */
export type ImportRow = PlacedRecord | { readonly place: number; readonly refused: MasterOutcome };
