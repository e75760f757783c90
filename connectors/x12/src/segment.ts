import { type Delimiters, withoutLineBreaks } from "./delimiters.ts";

/** Where a segment lies in the text it was cut from, and in its file. */
export type Extent = {
  /** First character of the white space before the segment. */
  readonly start: number;
  /** First character of the segment id. */
  readonly from: number;
  /** Just after the last character of the last element. */
  readonly to: number;
  /** Just after the terminator; equal to `to` when the terminator is missing. */
  readonly end: number;
  /** Byte offset of `from` in the file. */
  readonly offset: number;
  /** Count of segments in the file up to this one, starting at 1. */
  readonly ordinal: number;
  readonly delimiters: Delimiters;
  /** Line breaks stand inside the segment. They are never data: the terminator would be one of them. */
  readonly broken: boolean;
  /** Where the data of a binary segment begins, or -1. */
  readonly dataFrom: number;
};

/**
 * One segment as it stands in the file, one character per byte. Elements are cut when they are first asked for,
 * because most readers want few segments and the tokenizer must not pay for the others.
 */
export class Segment {
  readonly kind = "segment";
  readonly id: string;
  readonly #text: string;
  readonly #extent: Extent;
  #elements: readonly string[] | undefined;

  constructor(text: string, extent: Extent) {
    this.#text = text;
    this.#extent = extent;
    this.id = extent.broken ? (this.elements[0] ?? "") : idIn(text, extent);
  }

  get offset(): number {
    return this.#extent.offset;
  }

  get ordinal(): number {
    return this.#extent.ordinal;
  }

  get delimiters(): Delimiters {
    return this.#extent.delimiters;
  }

  get terminated(): boolean {
    return this.#extent.end > this.#extent.to;
  }

  /** The text the segment was cut from; it lies between `from` and `to`. For those who read without cutting. */
  get source(): string {
    return this.#text;
  }

  /** Where the white space before the segment begins in `source`, and where its terminator ends. */
  get start(): number {
    return this.#extent.start;
  }

  get end(): number {
    return this.#extent.end;
  }

  get from(): number {
    return this.#extent.from;
  }

  get to(): number {
    return this.#extent.to;
  }

  get broken(): boolean {
    return this.#extent.broken;
  }

  get binary(): boolean {
    return this.#extent.dataFrom >= 0;
  }

  /** Everything from the white space before the segment to its terminator. */
  get raw(): string {
    return this.#text.slice(this.#extent.start, this.#extent.end);
  }

  /** The white space before the segment: line ends and indentation. */
  get lead(): string {
    return this.#text.slice(this.#extent.start, this.#extent.from);
  }

  /** The segment without white space before it and without its terminator. */
  get body(): string {
    return this.#text.slice(this.#extent.from, this.#extent.to);
  }

  /** The id and the elements after it: index 3 is the third element. */
  get elements(): readonly string[] {
    this.#elements ??= this.#cut();
    return this.#elements;
  }

  /** The element at a position counted from 1, or "" when the segment ends before it. */
  element(position: number): string {
    return this.elements[position] ?? "";
  }

  /** The segment put together again from its parts; equal to `raw` unless the cutting was wrong. */
  get rebuilt(): string {
    const { broken, to, end } = this.#extent;
    const body = broken ? this.body : this.elements.join(this.delimiters.element);
    return this.lead + body + this.#text.slice(to, end);
  }

  #cut(): readonly string[] {
    const { from, dataFrom, to, delimiters, broken } = this.#extent;
    if (dataFrom < 0) {
      const body = this.#text.slice(from, to);
      return (broken ? withoutLineBreaks(body) : body).split(delimiters.element);
    }
    const head = this.#text.slice(from, dataFrom - delimiters.element.length);
    return [...head.split(delimiters.element), this.#text.slice(dataFrom, to)];
  }
}

/** Ids seen so far by their characters. The same string each time compares and hashes faster than a new one. */
const ids = new Map<number, string>();
const idsMax = 4_096;
const idLengthMax = 3;

function idIn(text: string, { from, to, delimiters }: Extent): string {
  const { element } = delimiters;
  const separator = element.length === 1 ? element.charCodeAt(0) : -1;
  let key = 0;
  let end = from;
  while (end < to && text.charCodeAt(end) !== separator) {
    if (end === from + idLengthMax || separator < 0) return cutId(text, from, { to, element });
    key = key * 256 + text.charCodeAt(end++);
  }
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = text.slice(from, end);
  if (ids.size < idsMax) ids.set(key, id);
  return id;
}

function cutId(text: string, from: number, { to, element }: { to: number; element: string }): string {
  const separator = text.indexOf(element, from);
  return text.slice(from, separator < 0 || separator > to ? to : separator);
}
