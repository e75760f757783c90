import {
  type AccountId,
  type Reference,
  referenceText,
  type Sequence,
  SNAPSHOT_PAGES_MAX,
  SNAPSHOT_ROWS_MAX,
} from "@crossdock/canonical";
import type { Obstacle } from "./obstacle.ts";
import type { LineFault, SnapshotColumnRules, SnapshotField } from "./snapshot-columns.ts";

/** What a file of stock is said to be. With that and its lines it is a snapshot of each location in it. */
export type SnapshotFileHeader = {
  readonly accountId: AccountId;
  /** A file of one location is the snapshot of this id; of a file of several, each has the location after it. */
  readonly snapshotId: string;
  /** RFC 3339. */
  readonly takenAt: string;
  readonly scope: "full" | "partial";
  readonly watermark?: Sequence | undefined;
  readonly rules: SnapshotColumnRules;
};

/** A file that may be read several times, each time from its beginning. */
export type StoredFile = { open(): AsyncIterable<Uint8Array> };

/** Lines of one file at most: every position of the largest companies. */
export const FILE_LINES_MAX = 5_000_000;
/** Locations of one file at most: a page of each is kept while it is read. */
export const FILE_LOCATIONS_MAX = 500;
/** Faults that are told: enough to see what is wrong, and a person mends no more at once. */
export const FAULTS_TOLD_MAX = 100;

/** What one location of a file has. */
export type FilePlace = { readonly location: string; readonly line: number; readonly lines: number };

/** What a file holds, once all its lines have been looked at and nothing was done with them. */
export type CheckedFile = {
  readonly lines: number;
  readonly columns: Partial<Readonly<Record<SnapshotField, string>>>;
  readonly ignored: readonly string[];
  readonly places: readonly FilePlace[];
  /** The first of them; `faultCount` is how many there are. */
  readonly faults: readonly LineFault[];
  readonly faultCount: number;
  /** Says whether a later reading saw the same bytes. */
  readonly digest: string;
  /** The lines that say the condition of what they count, each condition is then held against its own balance. */
  readonly conditions: boolean;
};

/** The pages that so many lines of one location make. */
export const pagesOfLines = (lines: number): number => Math.ceil(lines / SNAPSHOT_ROWS_MAX);

/** The id of the snapshot that a location's lines are. */
export function snapshotIdOf(header: SnapshotFileHeader, location: string): string {
  return header.rules.location === undefined ? `${header.snapshotId} ${location}` : header.snapshotId;
}

/** Why a location's lines cannot be one snapshot. */
export function placeFault(header: SnapshotFileHeader, place: FilePlace): LineFault | undefined {
  const { line, location, lines } = place;
  if (pagesOfLines(lines) > SNAPSHOT_PAGES_MAX) {
    return { line, message: `${location} has more lines than a snapshot may have` };
  }
  if (snapshotIdOf(header, location).length > SNAPSHOT_ID_LENGTH_MAX) {
    return { line, message: `the snapshot's id with the location ${location} is too long` };
  }
  return undefined;
}

/**
 * Why lines cannot be of the location that they name. A record waits until a name is known; of a file nothing was taken, so nothing of it
 * waits.
 */
export function locationFault(line: number, reference: Reference, obstacle: Obstacle): LineFault {
  if (obstacle.reason !== "unknown-location") return { line, message: obstacle.detail };
  const name = referenceText(reference);
  const message = `${name} is no location that we know. Make it an alias of a location, or correct the file, and send it again.`;
  return { line, message };
}

const SNAPSHOT_ID_LENGTH_MAX = 120;
