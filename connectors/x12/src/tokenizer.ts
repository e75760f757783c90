import {
  type Delimiters,
  hasLineBreak,
  headerReach,
  headerSearch,
  readHeader,
  unusableDelimiters,
} from "./delimiters.ts";
import { Segment } from "./segment.ts";

/** Bytes that are no segment. They are kept, so that the tokens together are always the whole file. */
export type Gap = {
  readonly kind: "gap";
  /** One character per byte. */
  readonly raw: string;
  readonly offset: number;
  readonly reason: GapReason;
};

export type GapReason =
  /** White space, NUL, Ctrl-Z or a byte order mark with no segment after it. */
  | "blank"
  /** Bytes outside an interchange. */
  | "junk"
  /** Two terminators with nothing between them. */
  | "empty-segment"
  /** A piece of a segment longer than `segmentBytesMax`. */
  | "oversize"
  /** The file ends inside a segment. */
  | "unterminated"
  /** The file ends inside an ISA. */
  | "unterminated-header";

export type Token = Segment | Gap;

/** Longest ordinary segment: sixteen 80-character pairs are 1.4 KB, an MTX is 8 KB; the rest bounds memory. */
export const segmentBytesMax = 262_144;

/** Longest BIN or BDS segment: what one attached drawing may cost in memory. */
export const binaryBytesMax = 16_777_216;

/** Gaps longer than this come in pieces, so that a gigabyte of junk needs no gigabyte of memory. */
export const gapBytesMax = 65_536;

/** A larger push is taken in pieces of this size, so that a search that finds nothing reads a megabyte and no more. */
export const pieceBytesMax = 1_048_576;

/** Bytes that cannot complete a segment are joined to it this many at a time, not once for every push. */
const waitingBytesMax = 16_384;

const byteOrderMark = "\xef\xbb\xbf";

const noDelimiters: Delimiters = { element: "*", component: "", repetition: "", terminator: "" };

/** "ISA" with a wrapped line between its letters. */
const headerLettersMax = 7;

/** Room for BDS, a filter id, a length of fifteen digits and the separators, with some to spare. */
const binaryHeadMax = 40;

const letterB = 66;
const letterI = 73;

/**
 * Cuts bytes into segments as they arrive. It never throws and never drops a byte: the raw text of the tokens,
 * in order, is the input. How the input is cut into pushes makes no difference to the tokens.
 *
 * White space before a segment (line ends after the terminator before it, indentation) belongs to it as `lead`.
 */
export class Tokenizer {
  /** One character per byte; starts at the first byte not yet given out. */
  #text = "";
  #at = 0;
  /** Where the next search starts: everything before it is known to hold no terminator (or no ISA). */
  #searchFrom = 0;
  #base = 0;
  #waiting: string[] = [];
  #waitingBytes = 0;
  /** No token can be cut before this many bytes are at hand: a binary segment has announced its length. */
  #bytesWanted = 0;
  #delimiters: Delimiters | undefined;
  #oversize = false;
  #ordinal = 0;
  #ended = false;
  readonly #lineFeed = new Finder("\n");
  readonly #carriageReturn = new Finder("\r");
  #tokens: Token[] = [];

  push(bytes: Uint8Array): Token[] {
    if (bytes.length > pieceBytesMax) return this.#pushPieces(bytes);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    if (this.#putAside(text)) return [];
    this.#append(text);
    return this.#drain();
  }

  #pushPieces(bytes: Uint8Array): Token[] {
    const tokens: Token[] = [];
    for (let from = 0; from < bytes.length; from += pieceBytesMax)
      for (const token of this.push(bytes.subarray(from, from + pieceBytesMax))) tokens.push(token);
    return tokens;
  }

  /** The rest: whatever the last push left open. */
  end(): Token[] {
    this.#ended = true;
    this.#append("");
    return this.#drain();
  }

  /** True when the bytes were put aside because no token can end in them. */
  #putAside(text: string): boolean {
    const bytes = this.#waitingBytes + text.length;
    const terminator = this.#delimiters?.terminator;
    const searched = terminator?.length === 1 && this.#searchFrom === this.#text.length;
    const endless = searched && bytes < waitingBytesMax && !text.includes(terminator);
    if (!endless && this.#text.length - this.#at + bytes >= this.#bytesWanted) return false;
    this.#waiting.push(text);
    this.#waitingBytes = bytes;
    return true;
  }

  #append(text: string): void {
    const carry = this.#text.slice(this.#at);
    this.#base += this.#at;
    this.#searchFrom = Math.max(0, this.#searchFrom - this.#at);
    this.#text = flat(carry + this.#waiting.join(""), text);
    this.#at = 0;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#bytesWanted = 0;
    this.#lineFeed.reset();
    this.#carriageReturn.reset();
  }

  #drain(): Token[] {
    this.#tokens = [];
    while (this.#at < this.#text.length) {
      const moved = this.#delimiters === undefined ? this.#outside() : this.#inside(this.#delimiters);
      if (!moved) break;
    }
    return this.#tokens;
  }

  #take(end: number): string {
    const raw = this.#text.slice(this.#at, end);
    this.#at = end;
    this.#searchFrom = end;
    return raw;
  }

  #gap(end: number, reason: GapReason): true {
    const offset = this.#base + this.#at;
    const raw = this.#take(end);
    const given = reason === "junk" && blankFrom(raw, 0) === raw.length ? "blank" : reason;
    this.#tokens.push({ kind: "gap", raw, offset, reason: given });
    return true;
  }

  /** Between interchanges: everything up to the next ISA is a gap. False when more bytes are needed. */
  #outside(): boolean {
    const text = this.#text;
    const start = this.#nextHeader();
    if (start.outcome === "found" && start.index - this.#at <= gapBytesMax) {
      const blank = blankSuffix(text, this.#at, start.index);
      if (blank > this.#at) this.#gap(blank, "junk");
      return this.#header(start.index);
    }
    const certain = start.outcome === "absent" ? text.length : start.index;
    if (certain - this.#at >= gapBytesMax + headerReach || start.outcome === "found")
      return this.#gap(this.#at + gapBytesMax, "junk");
    if (!this.#ended) return false;
    if (certain > this.#at) this.#gap(certain, "junk");
    if (certain < text.length) this.#gap(text.length, "unterminated-header");
    return true;
  }

  #nextHeader(): { outcome: "found" | "incomplete"; index: number } | { outcome: "absent" } {
    let from = Math.max(this.#at, this.#searchFrom);
    while (true) {
      headerSearch.lastIndex = from;
      const start = headerSearch.exec(this.#text);
      if (start === null) break;
      const { outcome } = readHeader(this.#text, start.index);
      if (outcome === "found") return { outcome, index: start.index };
      if (outcome === "incomplete") {
        this.#searchFrom = start.index;
        return { outcome, index: start.index };
      }
      from = start.index + 1;
    }
    // The last bytes may be the beginning of "ISA" with a wrapped line inside it.
    this.#searchFrom = Math.max(this.#at, this.#text.length - headerLettersMax);
    return { outcome: "absent" };
  }

  #header(index: number): true {
    const reading = readHeader(this.#text, index);
    if (reading.outcome !== "found") return this.#gap(index, "junk");
    const { header } = reading;
    const usable = unusableDelimiters(header.delimiters) === undefined;
    this.#delimiters = header.delimiters;
    this.#segment(index, { to: index + header.bodyLength, broken: header.wrapped });
    if (!usable) this.#delimiters = undefined;
    return true;
  }

  /** Inside an interchange: one segment. False when more bytes are needed. */
  #inside(delimiters: Delimiters): boolean {
    if (this.#oversize) return this.#oversizePiece(delimiters);
    const from = blankFrom(this.#text, this.#at);
    if (from - this.#at > gapBytesMax) return this.#gap(this.#at + gapBytesMax, "blank");
    if (from === this.#text.length) return this.#ended && this.#gap(from, "blank");
    const first = this.#text.charCodeAt(from);
    const special = first === letterI ? this.#nextInterchange(from) : undefined;
    if (special !== undefined) return special;
    return (
      (first === letterB ? this.#binary(from, delimiters) : undefined) ?? this.#ordinary(from, delimiters)
    );
  }

  /** An ISA inside an interchange begins the next one: the one before it was cut off. */
  #nextInterchange(from: number): boolean | undefined {
    const { outcome } = readHeader(this.#text, from);
    if (outcome === "found") return this.#header(from);
    if (outcome === "incomplete") return this.#ended && this.#gap(this.#text.length, "unterminated-header");
    const undecided = this.#text.length - from < headerLettersMax && !this.#ended;
    return undecided ? false : undefined;
  }

  #ordinary(from: number, delimiters: Delimiters): boolean {
    const text = this.#text;
    const { terminator } = delimiters;
    const to = text.indexOf(terminator, Math.max(from, this.#searchFrom));
    if (to < 0) {
      if (text.length - from > segmentBytesMax + terminator.length) return this.#startOversize();
      this.#searchFrom = Math.max(from, text.length - terminator.length + 1);
      return this.#ended && this.#unterminated(from, delimiters);
    }
    if (to - from > segmentBytesMax) return this.#startOversize();
    if (to === from) return this.#gap(to + terminator.length, "empty-segment");
    const broken = this.#lineFeed.within(text, from, to) || this.#carriageReturn.within(text, from, to);
    return this.#segment(from, { to, broken });
  }

  /** An IEA whose terminator was cut off still closes its interchange; any other torn segment is a gap. */
  #unterminated(from: number, delimiters: Delimiters): true {
    const text = this.#text;
    const to = text.length;
    if (!text.startsWith(`IEA${delimiters.element}`, from)) return this.#gap(to, "unterminated");
    return this.#segment(from, { to, broken: hasLineBreak(text.slice(from)) });
  }

  #startOversize(): true {
    this.#oversize = true;
    this.#searchFrom = this.#at;
    return true;
  }

  #oversizePiece(delimiters: Delimiters): boolean {
    const { terminator } = delimiters;
    const to = this.#text.indexOf(terminator, this.#at);
    if (to >= 0 && to < this.#at + gapBytesMax) {
      this.#oversize = false;
      return this.#gap(to + terminator.length, "oversize");
    }
    if (this.#text.length - this.#at >= gapBytesMax + terminator.length)
      return this.#gap(this.#at + gapBytesMax, "oversize");
    return this.#ended && this.#gap(this.#text.length, "oversize");
  }

  /**
   * BIN*length*data or BDS*filter*length*data: the data is as many bytes as its length says, whatever they are.
   * When the length is nonsense or no terminator follows the data, the segment is cut like any other and the
   * check of its elements says what is wrong with it.
   */
  #binary(from: number, delimiters: Delimiters): boolean | undefined {
    const { element, terminator } = delimiters;
    const text = this.#text;
    const head = text.slice(from, from + binaryHeadMax).split(element);
    const lengthAt = head[0] === "BIN" ? 1 : 2;
    const short = text.length - from < binaryHeadMax && !this.#ended;
    if (head.length <= lengthAt + 1) return short && mayBeBinary(head[0] ?? "") ? false : undefined;
    const length = head[lengthAt] ?? "";
    if (!mayBeBinary(head[0] ?? "") || !/^\d{1,15}$/.test(length) || Number(length) > binaryBytesMax)
      return undefined;
    const dataFrom = from + head.slice(0, lengthAt + 1).join(element).length + element.length;
    const to = dataFrom + Number(length);
    if (to + terminator.length > text.length) {
      this.#bytesWanted = to + terminator.length - this.#at;
      return this.#ended ? undefined : false;
    }
    if (!text.startsWith(terminator, to)) return undefined;
    return this.#segment(from, { to, broken: false, dataFrom });
  }

  #segment(from: number, extent: { to: number; broken: boolean; dataFrom?: number }): true {
    const { to, broken, dataFrom = -1 } = extent;
    const delimiters = this.#delimiters ?? noDelimiters;
    const end = Math.min(to + delimiters.terminator.length, this.#text.length);
    const offset = this.#base + from;
    const ordinal = ++this.#ordinal;
    const start = this.#at;
    const segment = new Segment(this.#text, {
      start,
      from,
      to,
      end,
      offset,
      ordinal,
      delimiters,
      broken,
      dataFrom,
    });
    this.#tokens.push(segment);
    this.#at = end;
    this.#searchFrom = end;
    if (segment.id === "IEA") this.#delimiters = undefined;
    return true;
  }
}

/** The tokens of a whole file. */
export function tokenize(bytes: Uint8Array): Token[] {
  const tokenizer = new Tokenizer();
  return [...tokenizer.push(bytes), ...tokenizer.end()];
}

/** Remembers where the next occurrence is, so that asking about every segment reads the text once. */
class Finder {
  readonly #wanted: string;
  #next = -1;

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  reset(): void {
    this.#next = -1;
  }

  within(text: string, from: number, to: number): boolean {
    if (this.#next < from) {
      const found = text.indexOf(this.#wanted, from);
      this.#next = found < 0 ? Number.POSITIVE_INFINITY : found;
    }
    return this.#next < to;
  }
}

/**
 * Joins two strings so that the characters lie in one row. What "+" gives is two rows behind one name, and reading it
 * character by character, as the scan of elements does, takes about twice as long.
 */
function flat(one: string, other: string): string {
  if (one === "" || other === "") return one + other;
  const bytes = Buffer.allocUnsafe(one.length + other.length);
  bytes.write(one, 0, "latin1");
  bytes.write(other, one.length, "latin1");
  return bytes.toString("latin1");
}

/** True of BIN and BDS, and of their first letters while the rest has not arrived. */
function mayBeBinary(id: string): boolean {
  return "BIN".startsWith(id) || "BDS".startsWith(id);
}

/** Space, tab, line ends, form feed, NUL and Ctrl-Z: what mainframes, editors and transfers add around segments. */
function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0 || code === 26;
}

function blankFrom(text: string, from: number): number {
  let at = from;
  while (true) {
    if (isBlank(text.charCodeAt(at))) at++;
    else if (text.charCodeAt(at) === 0xef && text.startsWith(byteOrderMark, at)) at += byteOrderMark.length;
    else return at;
  }
}

/** Where the blanks that end at `to` begin, not before `from`. */
function blankSuffix(text: string, from: number, to: number): number {
  let at = to;
  while (at > from) {
    if (isBlank(text.charCodeAt(at - 1))) at--;
    else if (at - from >= 3 && text.slice(at - 3, at) === byteOrderMark) at -= 3;
    else break;
  }
  return at;
}
