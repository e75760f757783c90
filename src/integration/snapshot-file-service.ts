import { createHash } from "node:crypto";
import {
  type FactData,
  type Reference,
  SNAPSHOT_ROWS_MAX,
  type SnapshotRow,
  type SnapshotStatement,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { FileRefused, type Governance } from "../governance/index.ts";
import type { Clock, Database } from "../platform/index.ts";
import {
  type LineFault,
  readSnapshotHeadings,
  type SnapshotColumns,
  toSnapshotRow,
} from "./snapshot-columns.ts";
import {
  type CheckedFile,
  FAULTS_TOLD_MAX,
  FILE_LINES_MAX,
  FILE_LOCATIONS_MAX,
  type FilePlace,
  locationFault,
  pagesOfLines,
  placeFault,
  type SnapshotFileHeader,
  type StoredFile,
  snapshotIdOf,
} from "./snapshot-file.ts";
import { splitUnknownRows } from "./snapshot-pages-service.ts";
import { readStockFile } from "./stock-file-service.ts";
import type { Submission, SubmissionAnswer } from "./submission-service.ts";
import { snapshotFact, snapshotReferences } from "./translate-snapshot.ts";
import { beginTranslation } from "./translation.ts";

type FileDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Governance;
  readonly submit: (submission: Submission) => Promise<SubmissionAnswer>;
};

/** Pages that are kept and made facts of in one transaction. */
const PAGES_AT_ONCE = 5;

/** What became of a location's pages. */
export type PlaceTaken = {
  readonly location: string;
  readonly snapshotId: string;
  readonly lines: number;
  readonly pages: number;
  /** Pages that had come before, with the same content. */
  readonly duplicates: number;
  /** Pages that wait for a person; the first says why. */
  readonly parked: number;
  readonly why?: string | undefined;
  /** Lines that name something unknown, each of which waits by itself. */
  readonly linesParked: number;
};

/** A page whose names were looked up, and the names of its lines that mean nothing. */
export type ResolvedPage = {
  readonly location: string;
  readonly data: FactData<"StockSnapshotPage">;
  readonly unknown: readonly Reference[];
};

/** Files of stock, which are snapshots of the locations in them. */
export type SnapshotFiles = {
  /** Looks at every line. Throws `FileRefused` where the file cannot be read as one. */
  check(file: StoredFile, header: SnapshotFileHeader): Promise<CheckedFile>;
  /**
   * Takes a file that was checked, page by page in the order of its lines, as pages that come through the interface are taken. Nothing is
   * held against the books before the last page is there; taken again, pages that are there are duplicates.
   */
  take(
    file: StoredFile,
    header: SnapshotFileHeader,
    checked: CheckedFile,
  ): Promise<readonly PlaceTaken[] | { readonly refused: "unknown-account" }>;
  /** The pages of a file that was checked, with what their names meant when it was counted; nothing is kept. */
  resolve(file: StoredFile, header: SnapshotFileHeader, checked: CheckedFile): AsyncIterable<ResolvedPage>;
};

/** Opens the files. */
export function createSnapshotFiles(deps: FileDeps): SnapshotFiles {
  return {
    check: (file, header) => check(deps, file, header),
    take: (file, header, checked) => take(deps, { file, header, checked }),
    resolve: (file, header, checked) => resolvedPages(deps, { file, header, checked }),
  };
}

type Read = {
  readonly columns: SnapshotColumns;
  readonly lines: AsyncGenerator<{ line: number; cells: readonly string[] }>;
  /** Of all its bytes, once the last line was read. */
  digest(): string;
};

/** Reads the headings; gives them with the lines after them. */
async function begin(file: StoredFile, header: SnapshotFileHeader): Promise<Read> {
  const hash = createHash("sha256");
  const lines = readStockFile(file.open(), hash);
  const first = await lines.next();
  if (first.done === true) throw new FileRefused("The file has no line.");
  const columns = readSnapshotHeadings(first.value.cells, header.rules);
  if ("problem" in columns) throw new FileRefused(columns.problem);
  return { columns, lines, digest: () => hash.digest("hex") };
}

async function check(deps: FileDeps, file: StoredFile, header: SnapshotFileHeader): Promise<CheckedFile> {
  const { columns, lines, digest } = await begin(file, header);
  const places = new Map<string, { line: number; lines: number }>();
  const faults: LineFault[] = [];
  let [count, faultCount] = [0, 0];
  const blame = (fault: LineFault) => {
    faultCount += 1;
    if (faults.length < FAULTS_TOLD_MAX) faults.push(fault);
  };
  for await (const each of lines) {
    count += 1;
    if (count > FILE_LINES_MAX)
      throw new FileRefused(`The file has more than ${FILE_LINES_MAX} lines. Split it.`);
    const read = toSnapshotRow(columns, header.rules, each);
    if ("message" in read) {
      blame(read);
      continue;
    }
    const place = places.get(read.location) ?? { line: each.line, lines: 0 };
    place.lines += 1;
    places.set(read.location, place);
    if (places.size > FILE_LOCATIONS_MAX)
      throw new FileRefused(`The file names more than ${FILE_LOCATIONS_MAX} locations. Split it.`);
  }
  if (count === 0)
    throw new FileRefused("The file has headings and no line. An empty location is told with a page.");
  const found = [...places].map(([location, place]): FilePlace => ({ location, ...place }));
  for (const fault of await placeFaults(deps, header, found)) blame(fault);
  const { read: names, ignored } = columns;
  const conditions = columns.places.status !== undefined;
  const whole = { lines: count, columns: names, ignored, digest: digest() };
  return { ...whole, places: found, faults, faultCount, conditions };
}

/** A location that nobody knows would park all of its pages: that is said before anything is taken. */
async function placeFaults(
  { database, governance }: FileDeps,
  header: SnapshotFileHeader,
  places: readonly FilePlace[],
): Promise<readonly LineFault[]> {
  const referenceOf = ({ location }: FilePlace) => locationReference(header, location);
  const resolution = (
    await governance.resolve(database, { items: [], locations: places.map(referenceOf) })
  ).at(header.takenAt);
  return places.flatMap((place) => {
    const translation = beginTranslation(resolution);
    translation.location(referenceOf(place));
    const [obstacle] = translation.obstacles;
    if (obstacle !== undefined) return locationFault(place.line, referenceOf(place), obstacle);
    return placeFault(header, place) ?? [];
  });
}

const locationReference = ({ rules }: SnapshotFileHeader, location: string): Reference => ({
  ...{ scheme: rules.locationScheme ?? "code", value: location },
});

type Checked = {
  readonly file: StoredFile;
  readonly header: SnapshotFileHeader;
  readonly checked: CheckedFile;
};
type Page = { readonly location: string; readonly statement: SnapshotStatement };

/** A file that somebody wrote to between the two readings; pages of what it was may have come. */
const fileChanged = (): FileRefused =>
  new FileRefused(
    "The file changed while it was being read, so nothing of it was counted. Send it again when it is whole, under another snapshot id.",
  );

/**
 * The pages of a file, each when its last line has been read. Holds one page of each location, and the last of each until the whole file
 * has turned out to be what was checked: without its last page no snapshot is taken. Throws `FileRefused` when it is not.
 */
async function* pagesOf({ file, header, checked }: Checked): AsyncGenerator<Page> {
  const { columns, lines, digest } = await begin(file, header);
  const open = new Map<string, { page: number; rows: SnapshotRow[] }>();
  const counts = new Map(checked.places.map((place) => [place.location, pagesOfLines(place.lines)]));
  const toPage = (location: string, page: number, rows: readonly SnapshotRow[]): Page => {
    const pages = counts.get(location);
    if (pages === undefined || page > pages) throw fileChanged();
    const { takenAt, scope, watermark } = header;
    const whole = { snapshotId: snapshotIdOf(header, location), scope, conditions: checked.conditions };
    const place = { location: locationReference(header, location), page, pages };
    const data = { ...whole, ...place, ...(watermark === undefined ? {} : { watermark }), rows: [...rows] };
    return { location, statement: { type: "StockSnapshotPage", effectiveAt: takenAt, data } };
  };
  for await (const each of lines) {
    const read = toSnapshotRow(columns, header.rules, each);
    if ("message" in read) throw fileChanged();
    const { location, row } = read;
    const own = open.get(location) ?? { page: 1, rows: [] };
    open.set(location, own);
    if (own.rows.length === SNAPSHOT_ROWS_MAX) {
      yield toPage(location, own.page, own.rows.splice(0));
      own.page += 1;
    }
    own.rows.push(row);
  }
  if (digest() !== checked.digest) throw fileChanged();
  for (const [location, { page, rows }] of open) {
    if (rows.length > 0) yield toPage(location, page, rows);
  }
}

/** Pages of one location that follow each other, a few at once. */
async function* batched(pages: AsyncIterable<Page>): AsyncGenerator<readonly Page[]> {
  let batch: Page[] = [];
  for await (const page of pages) {
    const isOther = batch.some(({ location }) => location !== page.location);
    if (isOther || batch.length === PAGES_AT_ONCE) {
      yield batch;
      batch = [];
    }
    batch.push(page);
  }
  if (batch.length > 0) yield batch;
}

type Counting = { -readonly [Key in keyof PlaceTaken]: PlaceTaken[Key] };

async function take(
  { submit }: FileDeps,
  given: Checked,
): Promise<readonly PlaceTaken[] | { readonly refused: "unknown-account" }> {
  const { header, checked } = given;
  const { accountId } = header;
  const taken = new Map(
    checked.places.map(({ location, lines }): [string, Counting] => {
      const none = { pages: 0, duplicates: 0, parked: 0, linesParked: 0 };
      return [location, { location, snapshotId: snapshotIdOf(header, location), lines, ...none }];
    }),
  );
  for await (const batch of batched(pagesOf(given))) {
    const statements = batch.map(({ statement }) => statement);
    const answer = await submit({ accountId, statements, correlationId: correlationOf(header) });
    if ("refused" in answer) return { refused: answer.refused };
    countPages(taken, batch, answer);
  }
  return [...taken.values()];
}

/** One trail for all pages of a file. */
const correlationOf = ({ snapshotId }: SnapshotFileHeader): string => `snapshot ${snapshotId}`;

function countPages(
  taken: ReadonlyMap<string, Counting>,
  batch: readonly Page[],
  { outcomes }: Extract<SubmissionAnswer, { outcomes: unknown }>,
): void {
  const [first] = batch;
  const own = first === undefined ? undefined : taken.get(first.location);
  if (own === undefined) throw new Error("pages were taken of a location that the file did not have");
  for (const outcome of outcomes.slice(0, batch.length)) {
    own.pages += 1;
    if (outcome.is === "duplicate") own.duplicates += 1;
    if (outcome.is !== "parked") continue;
    own.parked += 1;
    own.why ??= outcome.obstacle.detail;
  }
  // Lines that were split off stand behind the pages.
  own.linesParked += outcomes.slice(batch.length).filter(({ is }) => is === "parked").length;
}

async function* resolvedPages(deps: FileDeps, given: Checked): AsyncGenerator<ResolvedPage> {
  const { header } = given;
  for await (const batch of batched(pagesOf(given))) {
    const named = batch.map(({ statement }) => snapshotReferences(statement));
    const resolution = (
      await deps.governance.resolve(deps.database, {
        items: named.flatMap(({ items }) => items),
        locations: named.flatMap(({ locations }) => locations),
      })
    ).at(header.takenAt);
    for (const { location, statement } of batch) {
      const record: MappedRecord = { is: "snapshot", at: "", statement };
      const [page, ...rest] = await deps.database.transaction(
        (tx) => splitUnknownRows(deps, tx, header.accountId, [record]),
        { readOnly: true },
      );
      const translation = beginTranslation(resolution);
      const fact = page?.is === "snapshot" ? snapshotFact(translation, page.statement) : undefined;
      if (fact?.type !== "StockSnapshotPage") {
        const why = translation.obstacles.map(({ detail }) => detail).join(" ");
        throw new FileRefused(why === "" ? `A page of ${location} is no page.` : why);
      }
      const unknown = rest.flatMap((row) =>
        row.is === "snapshot" ? row.statement.data.rows.map(({ item }) => item) : [],
      );
      yield { location, data: fact.data, unknown };
    }
  }
}
