import type { MasterRecord } from "@crossdock/canonical";
import type { MasterOutcome } from "./master-outcome.ts";

/** A statement of master data with the place that it is known by: its index, or its line in a file. */
export type PlacedRecord = { readonly place: number; readonly record: MasterRecord };

/** A row of a file: a statement, or why it is none. */
export type ImportRow = PlacedRecord | { readonly place: number; readonly refused: MasterOutcome };
