import { type Static, Type } from "typebox";
import { Check } from "typebox/value";

const count = Type.Integer({ minimum: 0 });
const instant = Type.Union([Type.String(), Type.Null()]);

const ArchiveFile = Type.Object({
  name: Type.String(),
  lines: count,
  bytes: count,
  sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
});
/** A file of an archive. The hash is of its bytes as they lie, compressed. */
export type ArchiveFile = Static<typeof ArchiveFile>;

const Manifest = Type.Object({
  format: Type.Literal("crossdock-archive/1"),
  log: Type.String(),
  firstNumber: count,
  endNumber: count,
  facts: count,
  transfers: count,
  outcomes: count,
  totals: count,
  lastTransfer: count,
  recordedFrom: instant,
  recordedTo: instant,
  effectiveFrom: instant,
  effectiveTo: instant,
  leaves: Type.Union([Type.Object({ first: count, count, checkpoint: Type.String() }), Type.Null()]),
  files: Type.Object({
    events: ArchiveFile,
    transfers: ArchiveFile,
    outcomes: ArchiveFile,
    totals: ArchiveFile,
  }),
});

/** What an archive says of itself: what is in it, and how to tell that all of it is there and unchanged. */
export type Manifest = Static<typeof Manifest>;
export type ArchivePart = keyof Manifest["files"];
export const ARCHIVE_PARTS = [
  "events",
  "transfers",
  "outcomes",
  "totals",
] as const satisfies readonly ArchivePart[];

export const MANIFEST_NAME = "manifest.json";

/** Reads a manifest; undefined when the text is none. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Check(Manifest, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The name of a stretch's folder: as many digits as sort well for ever. */
export const folderName = (firstNumber: number): string => `stretch-${String(firstNumber).padStart(15, "0")}`;
