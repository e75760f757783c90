import type { Hash } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { CsvError, parse } from "csv-parse";
import { FileRefused } from "../governance/index.ts";

/** A line of a file: the cells of its columns, in the order of the first line, which has the headings. */
export type FileLine = { readonly line: number; readonly cells: readonly string[] };

/** Longest line, in characters. */
const LINE_LENGTH_MAX = 100_000;
/** Most columns. */
const COLUMNS_MAX = 100;
/** Bytes of a file once it is unpacked: an archive of a few megabytes can be made to unpack to anything. */
export const FILE_BYTES_UNPACKED_MAX = 2 * 1024 ** 3;

/**
 * The lines of a CSV or NDJSON file, plain or gzipped, whatever it is called: its first bytes say what it is. It is read as it comes, in
 * memory that does not depend on how long it is; `hash` is given all of it, unpacked. Throws `FileRefused` where it stops being one.
 */
export async function* readStockFile(
  bytes: AsyncIterable<Uint8Array>,
  hash?: Hash,
): AsyncGenerator<FileLine> {
  const text = decoded(counted(unpacked(bytes), hash));
  let start = "";
  let isBegun = false;
  while (start.length <= LINE_LENGTH_MAX) {
    const piece = await text.next();
    if (piece.done === true) break;
    start += piece.value;
    isBegun ||= piece.value.trim() !== "";
    if (isBegun && /[\r\n]/.test(piece.value)) break;
  }
  if (start.trim() === "") throw new FileRefused("The file is empty. Its first line says what follows.");
  const whole = preceded(start, text);
  yield* start.trimStart().startsWith("{") ? readObjects(whole) : readSheet(start, whole);
}

async function* preceded<Piece>(start: Piece, rest: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  yield start;
  yield* rest;
}

/** Bytes by which files are told apart. */
const MAGIC_BYTES = 4;

async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = bytes[Symbol.asyncIterator]();
  let start = Buffer.alloc(0);
  while (start.length < MAGIC_BYTES) {
    const piece = await source.next();
    if (piece.done === true) break;
    start = Buffer.concat([start, piece.value]);
  }
  const whole = preceded<Uint8Array>(start, { [Symbol.asyncIterator]: () => source });
  const [one, two] = start;
  if (one === 0x50 && two === 0x4b) {
    throw new FileRefused("The file is a workbook or a ZIP archive. Save it as CSV, plain or gzipped.");
  }
  if ((one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff)) {
    throw new FileRefused("The file is UTF-16 text. Save it as CSV in UTF-8.");
  }
  yield* one === 0x1f && two === 0x8b ? gunzipped(whole) : whole;
}

async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // Its failure reaches whoever reads from it.
  pipeline(Readable.from(bytes, { objectMode: false }), gunzip, () => undefined);
  try {
    for await (const piece of gunzip) yield piece;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw new FileRefused("The file is gzipped and damaged, or ends too early.", { cause: error });
  }
}

const isZlibError = (error: unknown): boolean =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  hash: Hash | undefined,
): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const piece of bytes) {
    sum += piece.byteLength;
    if (sum > FILE_BYTES_UNPACKED_MAX)
      throw new FileRefused(`The file has more than ${FILE_BYTES_UNPACKED_MAX} bytes. Split it by location.`);
    hash?.update(piece);
    yield piece;
  }
}

async function* decoded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  // A byte order mark is left out by the decoder.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const piece of bytes) yield decoder.decode(piece, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new FileRefused("The file is not UTF-8 text. Save it as such.", { cause: error });
  }
}

/** The separator that the first line uses most, outside of quotes. */
function separatorOf(start: string): string {
  const [line = ""] = start.split(/\r|\n/, 1);
  const bare = line.slice(0, LINE_LENGTH_MAX).replace(/"[^"]*"/g, "");
  const used = [",", ";", "\t"].map((separator) => ({ separator, count: bare.split(separator).length }));
  return used.reduce((most, each) => (each.count > most.count ? each : most)).separator;
}

/** The lines of a CSV file (RFC 4180; also with semicolons or tabs, and any line ends). */
async function* readSheet(start: string, text: AsyncIterable<string>): AsyncGenerator<FileLine> {
  const parser = parse({
    delimiter: separatorOf(start),
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LINE_LENGTH_MAX,
    info: true,
  });
  pipeline(Readable.from(text), parser, () => undefined);
  let columns: number | undefined;
  try {
    for await (const each of parser) {
      const { record, info } = toParsed(each);
      columns ??= record.length;
      if (columns > COLUMNS_MAX)
        throw new FileRefused(`The first line has more than ${COLUMNS_MAX} columns.`);
      yield { line: info.lines, cells: record };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const at = typeof error.lines === "number" ? ` at line ${error.lines}` : "";
    throw new FileRefused(`The file stops being CSV${at}: ${error.message.split("\n")[0]}.`, {
      cause: error,
    });
  }
}

/** What the parser gives with `info`. */
function toParsed(value: unknown): { record: string[]; info: { lines: number } } {
  return value as { record: string[]; info: { lines: number } };
}

/** The lines of an NDJSON file: flat objects, of which the first says which keys there are. */
async function* readObjects(text: AsyncIterable<string>): AsyncGenerator<FileLine> {
  let keys: readonly string[] | undefined;
  for await (const { line, text: own } of linesOf(text)) {
    if (own.trim() === "") continue;
    const object = parsedObject(own);
    if (object === undefined)
      throw new FileRefused(`Line ${line} is no JSON object of texts and numbers, as NDJSON has one a line.`);
    if (keys === undefined) {
      keys = [...object.keys()].slice(0, COLUMNS_MAX);
      yield { line, cells: keys };
    }
    const known = keys;
    const other = [...object.keys()].find((key) => !known.includes(key));
    if (other !== undefined)
      throw new FileRefused(
        `Line ${line} has "${other}", which the first line has not. Give all lines the same keys.`,
      );
    yield { line, cells: known.map((key) => object.get(key) ?? "") };
  }
}

async function* linesOf(
  text: AsyncIterable<string>,
): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  let [rest, line] = ["", 0];
  for await (const piece of text) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > LINE_LENGTH_MAX)
      throw new FileRefused(`Line ${line + lines.length + 1} has more than ${LINE_LENGTH_MAX} characters.`);
    for (const each of lines) {
      line += 1;
      yield { line, text: each };
    }
  }
  if (rest !== "") yield { line: line + 1, text: rest };
}

function parsedObject(text: string): ReadonlyMap<string, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const cells = Object.entries(value).map(([key, cell]): [string, string | undefined] => [key, toCell(cell)]);
  const flat = cells.flatMap(([key, cell]): [string, string][] => (cell === undefined ? [] : [[key, cell]]));
  return flat.length === cells.length ? new Map(flat) : undefined;
}

function toCell(value: unknown): string | undefined {
  if (value === null) return "";
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}
