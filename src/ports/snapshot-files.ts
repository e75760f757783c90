import {
  accountSource,
  type FactData,
  locationId,
  type Reference,
  referenceText,
} from "@crossdock/canonical";
import type { SnapshotFileAnswer, SnapshotFileRequest, SnapshotFilesPort } from "../gateway/index.ts";
import { FileRefused } from "../governance/index.ts";
import {
  type CheckedFile,
  type Integration,
  type ResolvedPage,
  SNAPSHOT_FIELDS,
  type SnapshotFileHeader,
  type SnapshotFiles,
  type StoredFile,
} from "../integration/index.ts";
import type { Ledger, Rehearsed } from "../ledger/index.ts";

type Parts = { readonly integration: Integration; readonly ledger: Ledger };

/** Unknown names that are told of each location. */
const NAMES_TOLD_MAX = 10;

/** Files of stock, as the gateway and the command line ask for them. */
export function snapshotFilesPort({ integration, ledger }: Parts): SnapshotFilesPort {
  const { snapshotFiles } = integration;
  return {
    async importFile(file, request) {
      const account = await integration.accounts.connect(request.accountId);
      if (account?.enabled !== true) return { is: "unknown-account" };
      try {
        const header = headerOf(request);
        const checked = await snapshotFiles.check(file, header);
        const { faults, faultCount } = checked;
        if (faultCount > 0)
          return { is: "faulty", faults: faults.map((fault) => ({ ...fault })), faultCount };
        const given = { file, header, checked };
        const snapshots = request.isRehearsal
          ? await rehearse(ledger, snapshotFiles, given)
          : await take(snapshotFiles, given);
        if (snapshots === "unknown-account") return { is: "unknown-account" };
        const { lines, columns, ignored } = checked;
        const is = request.isRehearsal ? "rehearsed" : "taken";
        return {
          is: "done",
          answer: { is, lines, columns: { ...columns }, ignored: [...ignored], snapshots: [...snapshots] },
        };
      } catch (error) {
        if (error instanceof FileRefused) return { is: "unreadable", problem: error.message };
        throw error;
      }
    },
  };
}

function headerOf(request: SnapshotFileRequest): SnapshotFileHeader {
  const { accountId, snapshotId, takenAt, scope, watermark } = request;
  const { location, locationScheme, itemScheme, unit, columns } = request;
  const unknown = Object.keys(columns).find((name) => !SNAPSHOT_FIELDS.some((field) => field === name));
  if (unknown !== undefined) throw new FileRefused(fieldProblem(unknown));
  const rules = { headings: columns, itemScheme, locationScheme, unit, location };
  return { accountId, snapshotId, takenAt, scope, watermark, rules };
}

const fieldProblem = (name: string): string =>
  `"${name}" is nothing that a column may hold; there are ${SNAPSHOT_FIELDS.join(", ")}.`;

type Given = {
  readonly file: StoredFile;
  readonly header: SnapshotFileHeader;
  readonly checked: CheckedFile;
};
type SnapshotOfFile = SnapshotFileAnswer["snapshots"][number];

async function take(
  files: SnapshotFiles,
  { file, header, checked }: Given,
): Promise<readonly SnapshotOfFile[] | "unknown-account"> {
  const taken = await files.take(file, header, checked);
  if ("refused" in taken) return taken.refused;
  return taken.map(({ location, snapshotId, lines, why, ...counts }) => ({
    ...{ location, snapshotId, lines },
    taken: { ...counts, ...(why === undefined ? {} : { why }) },
  }));
}

/** What a rehearsal has seen of a location while its pages went by. */
type Seen = { locationId: string; snapshotId: string; unknown: string[]; linesUnknown: number };

async function rehearse(
  ledger: Ledger,
  files: SnapshotFiles,
  { file, header, checked }: Given,
): Promise<readonly SnapshotOfFile[]> {
  const seen = new Map<string, Seen>();
  const pages = noted(files.resolve(file, header, checked), seen);
  const source = accountSource(header.accountId);
  const takenAt = new Date(header.takenAt);
  const rehearsed = await ledger.snapshots.rehearse({ source, takenAt, pages });
  const byLocation = new Map(rehearsed.map((each) => [each.locationId, each]));
  return checked.places.map(({ location, lines }) => {
    const own = seen.get(location);
    const found = own === undefined ? undefined : byLocation.get(own.locationId);
    if (own === undefined || found === undefined) throw new Error(`nothing was rehearsed of ${location}`);
    return { location, snapshotId: own.snapshotId, lines, would: toWould(own, found) };
  });
}

async function* noted(
  pages: AsyncIterable<ResolvedPage>,
  seen: Map<string, Seen>,
): AsyncGenerator<FactData<"StockSnapshotPage">> {
  for await (const { location, data, unknown } of pages) {
    const { location: id, snapshotId } = data;
    const own = seen.get(location) ?? { locationId: id, snapshotId, unknown: [], linesUnknown: 0 };
    seen.set(location, own);
    own.linesUnknown += unknown.length;
    own.unknown.push(...namesOf(unknown).slice(0, NAMES_TOLD_MAX - own.unknown.length));
    yield data;
  }
}

const namesOf = (references: readonly Reference[]): readonly string[] => references.map(referenceText);

function toWould(
  { unknown, linesUnknown }: Seen,
  { locationId: place, weight, money, holdReasons, owner }: Rehearsed,
): NonNullable<SnapshotOfFile["would"]> {
  return {
    locationId: locationId(place),
    positions: { compared: weight.positions_compared, differing: weight.positions_differing },
    units: { expected: weight.units_expected, found: weight.units_found, missing: weight.units_missing },
    value: money.map((each) => ({ ...each })),
    ...{ linesUnknown, unknown },
    wouldBeHeld: [...holdReasons],
    isClaim: owner !== undefined,
  };
}
