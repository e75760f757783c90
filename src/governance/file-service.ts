import type { MasterKind } from "@crossdock/canonical";
import { readHeadings, type SheetRow, toImportRow } from "./columns.ts";
import { readCsv } from "./csv-service.ts";
import { FileRefused } from "./file-refused.ts";
import type { ImportRow } from "./import-row.ts";
import { readXlsx } from "./xlsx-service.ts";

/** Rows that are decided and written together: enough to share their queries, few enough to fit into memory many times. */
const BATCH_ROWS = 2_000;
/** Rows of one file. */
export const FILE_ROWS_MAX = 500_000;

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, place) => bytes[place] === byte);

/** The rows of a file, whatever it is: what it is called says nothing, its first bytes do. Throws `FileRefused` for all others. */
export function readSheetFile(bytes: Uint8Array): AsyncGenerator<SheetRow> {
  if (bytes.length === 0) throw new FileRefused("The file is empty. Its first line has the headings.");
  if (startsWith(bytes, 0x50, 0x4b)) return readXlsx(bytes);
  if (startsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) {
    throw new FileRefused(
      "The file is an old Excel workbook (.xls), or is protected by a password. Save it as .xlsx or CSV.",
    );
  }
  if (startsWith(bytes, 0x1f, 0x8b)) throw new FileRefused("The file is compressed (gzip). Unpack it first.");
  if (startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff)) {
    throw new FileRefused("The file is UTF-16 text. Save it as CSV in UTF-8.");
  }
  // A byte order mark is no part of the first heading.
  return readCsv(startsWith(bytes, 0xef, 0xbb, 0xbf) ? bytes.subarray(3) : bytes);
}

/**
 * The statements of a file of a kind, in batches, with the lines they stand on. A line that is no statement is refused alone; a file
 * whose headings will not do, or that is no file, is refused whole with `FileRefused`.
 */
export async function* readMasterFile(
  kind: MasterKind,
  bytes: Uint8Array,
): AsyncGenerator<readonly ImportRow[]> {
  const rows = readSheetFile(bytes);
  const first = await rows.next();
  if (first.done === true) throw new FileRefused("The file has no line. Its first line has the headings.");
  const headings = readHeadings(kind, first.value.cells);
  if ("problem" in headings) throw new FileRefused(headings.problem);
  let batch: ImportRow[] = [];
  let count = 0;
  for await (const row of rows) {
    count += 1;
    if (count > FILE_ROWS_MAX)
      throw new FileRefused(`The file has more than ${FILE_ROWS_MAX} lines. Split it.`);
    batch.push(toImportRow(kind, headings.columns, row));
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
