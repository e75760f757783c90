import type { Readable } from "node:stream";
import { SaxesParser, type SaxesTagPlain } from "saxes";
import { type Entry, fromBuffer, type ZipFile } from "yauzl";
import { CELL_LENGTH_MAX, COLUMNS_MAX, type SheetRow } from "./columns.ts";
import { FileRefused } from "./file-refused.ts";

/** Files in a workbook, and bytes that it may unpack to: a bomb is small until it is opened. */
const ENTRIES_MAX = 500;
const UNPACKED_BYTES_MAX = 256 * 1024 * 1024;
/** Characters of all texts that cells share: they have to be kept, because any cell may name any of them. */
const SHARED_CHARACTERS_MAX = 64 * 1024 * 1024;

const SHARED_STRINGS = "xl/sharedStrings.xml";

type Workbook = { readonly zip: ZipFile; readonly entries: ReadonlyMap<string, Entry> };

/** The rows of the first sheet of a workbook (ECMA-376), with their numbers. Throws `FileRefused` where it is none. */
export async function* readXlsx(bytes: Uint8Array): AsyncGenerator<SheetRow> {
  const book = await openWorkbook(bytes);
  try {
    const shared = await readSharedStrings(book);
    yield* readSheet(book, await firstSheet(book), shared);
  } finally {
    book.zip.close();
  }
}

/** Lists what is in the archive, and adds up what it says it unpacks to; reading holds it to that. */
async function openWorkbook(bytes: Uint8Array): Promise<Workbook> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(buffer, { lazyEntries: true, validateEntrySizes: true }, (error, file) => {
      if (error === null) resolve(file);
      else
        reject(
          new FileRefused(
            `The file is a damaged archive (${error.message}). Save it again as .xlsx or CSV.`,
            { cause: error },
          ),
        );
    });
  });
  const entries = new Map<string, Entry>();
  let unpacked = 0;
  await new Promise<void>((resolve, reject) => {
    zip.on("entry", (entry: Entry) => {
      unpacked += entry.uncompressedSize;
      entries.set(entry.fileName, entry);
      if (entries.size > ENTRIES_MAX || unpacked > UNPACKED_BYTES_MAX) {
        reject(
          new FileRefused(
            `The workbook unpacks to more than ${UNPACKED_BYTES_MAX} bytes or ${ENTRIES_MAX} files. Split it, or save the sheet as CSV.`,
          ),
        );
      } else zip.readEntry();
    });
    zip.on("end", resolve);
    zip.on("error", (error: Error) => reject(new FileRefused(`The archive is damaged: ${error.message}.`)));
    zip.readEntry();
  });
  if (!entries.has("xl/workbook.xml")) {
    throw new FileRefused(
      "The file is an archive, but no workbook. Unpack it, and send the CSV or .xlsx file in it.",
    );
  }
  return { zip, entries };
}

function open({ zip, entries }: Workbook, name: string): Promise<Readable> {
  const entry = entries.get(name);
  if (entry === undefined)
    throw new FileRefused(`The workbook has no ${name}. Save it again as .xlsx or CSV.`);
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error === null) resolve(stream);
      else reject(new FileRefused(`${name} of the workbook cannot be unpacked: ${error.message}.`));
    });
  });
}

type Handlers = {
  readonly onOpen?: (tag: SaxesTagPlain) => void;
  readonly onClose?: (tag: SaxesTagPlain) => void;
  readonly onText?: (text: string) => void;
};

/** Feeds a part of the workbook to handlers, chunk by chunk. A document type is refused: entities are how XML explodes. */
async function* parsed(book: Workbook, name: string, handlers: Handlers): AsyncGenerator<void> {
  const parser = new SaxesParser();
  let problem: string | undefined;
  parser.on("error", (error) => {
    problem ??= error.message;
  });
  parser.on("doctype", () => {
    problem ??= "it has a document type";
  });
  parser.on("opentag", (tag) => handlers.onOpen?.(tag));
  parser.on("closetag", (tag) => handlers.onClose?.(tag));
  parser.on("text", (text) => handlers.onText?.(text));
  const decoder = new TextDecoder();
  const stream = await open(book, name);
  try {
    for await (const chunk of stream) {
      parser.write(decoder.decode(toBytes(chunk), { stream: true }));
      if (problem !== undefined) break;
      yield;
    }
  } catch (error) {
    if (error instanceof FileRefused) throw error;
    const says = error instanceof Error ? error.message : String(error);
    throw new FileRefused(`${name} of the workbook is damaged: ${says}.`, { cause: error });
  }
  if (problem !== undefined) throw new FileRefused(`${name} of the workbook cannot be read: ${problem}.`);
  parser.close();
}

function toBytes(chunk: unknown): Uint8Array {
  return chunk as Uint8Array;
}

async function readWhole(book: Workbook, name: string, handlers: Handlers): Promise<void> {
  for await (const _ of parsed(book, name, handlers));
}

/** The path of the first sheet: the workbook names it by a relation. */
async function firstSheet(book: Workbook): Promise<string> {
  let relation: string | undefined;
  await readWhole(book, "xl/workbook.xml", {
    onOpen({ name, attributes }) {
      if (name === "sheet") relation ??= attributes["r:id"];
    },
  });
  let target: string | undefined;
  await readWhole(book, "xl/_rels/workbook.xml.rels", {
    onOpen({ name, attributes }) {
      if (name === "Relationship" && attributes.Id === relation) target = attributes.Target;
    },
  });
  if (target === undefined)
    throw new FileRefused("The workbook has no sheet. Save it again as .xlsx or CSV.");
  return target.startsWith("/") ? target.slice(1) : `xl/${target}`;
}

async function readSharedStrings(book: Workbook): Promise<readonly string[]> {
  const strings: string[] = [];
  if (!book.entries.has(SHARED_STRINGS)) return strings;
  let text = "";
  let isText = false;
  let characters = 0;
  await readWhole(book, SHARED_STRINGS, {
    onOpen({ name }) {
      if (name === "si") text = "";
      // Phonetic texts (`rPh`) hold `t` too, and are left out by Excel's own readers as well.
      isText = name === "t";
    },
    onText(piece) {
      if (!isText) return;
      characters += piece.length;
      if (characters > SHARED_CHARACTERS_MAX)
        throw new FileRefused("The workbook holds more text than is taken. Save the sheet as CSV.");
      text += piece;
    },
    onClose({ name }) {
      if (name === "t") isText = false;
      if (name === "si") strings.push(text);
    },
  });
  return strings;
}

/** The row that is being read. */
type Reading = {
  line: number;
  cells: string[];
  problem: string | undefined;
  place: number;
  type: string;
  text: string;
  takes: boolean;
};

async function* readSheet(book: Workbook, name: string, shared: readonly string[]): AsyncGenerator<SheetRow> {
  let rows: SheetRow[] = [];
  const reading: Reading = {
    line: 0,
    cells: [],
    problem: undefined,
    place: 0,
    type: "",
    text: "",
    takes: false,
  };
  const handlers: Handlers = {
    onOpen: ({ name: tag, attributes }) => openTag(reading, tag, attributes),
    onText(text) {
      if (reading.takes && reading.text.length <= CELL_LENGTH_MAX) reading.text += text;
    },
    onClose({ name: tag }) {
      if (tag === "v" || tag === "t") reading.takes = false;
      if (tag === "c") closeCell(reading, shared);
      const { line, cells, problem } = reading;
      const isEmpty = cells.every((cell) => cell.trim() === "") && problem === undefined;
      if (tag === "row" && !isEmpty) rows.push({ line, cells, problem });
    },
  };
  for await (const _ of parsed(book, name, handlers)) {
    yield* rows;
    rows = [];
  }
  yield* rows;
}

function openTag(reading: Reading, tag: string, attributes: Readonly<Record<string, string>>): void {
  switch (tag) {
    case "row":
      reading.line = Number(attributes.r ?? reading.line + 1);
      reading.cells = [];
      reading.problem = undefined;
      reading.place = -1;
      return;
    case "c":
      reading.place = attributes.r === undefined ? reading.place + 1 : columnOf(attributes.r);
      reading.type = attributes.t ?? "n";
      reading.text = "";
      return;
    case "f":
      reading.problem ??= `Cell ${columnName(reading.place)}${reading.line} holds a formula. Paste its value in its place.`;
      return;
    case "v":
    case "t":
      reading.takes = true;
      return;
    default:
  }
}

function closeCell(reading: Reading, shared: readonly string[]): void {
  const { place, type, text } = reading;
  if (place > COLUMNS_MAX) {
    if (text !== "")
      reading.problem ??= `The line has a cell in column ${columnName(place)}, far right of the headings.`;
    return;
  }
  while (reading.cells.length < place) reading.cells.push("");
  reading.cells[place] =
    type === "s" ? (shared[Number(text)] ?? "") : type === "n" ? plainNumber(text) : text;
  if (type === "e") reading.problem ??= `Cell ${columnName(place)}${reading.line} holds the error ${text}.`;
}

/** A number as it was typed: 4006381333931 may be stored as 4.006381333931E12. */
function plainNumber(text: string): string {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) return text;
  return Number.isSafeInteger(value) ? String(value) : text;
}

/** The place of a column, from 0, out of a cell's name such as `AB12`. */
function columnOf(cell: string): number {
  let place = 0;
  for (const letter of /^[A-Z]{1,3}/.exec(cell)?.[0] ?? "A") place = place * 26 + letter.charCodeAt(0) - 64;
  return place - 1;
}

function columnName(place: number): string {
  const letter = String.fromCharCode(65 + (place % 26));
  return place < 26 ? letter : `${columnName(Math.floor(place / 26) - 1)}${letter}`;
}
