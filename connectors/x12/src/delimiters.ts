/** What separates the pieces of one interchange. Each is one character, which may be several bytes of UTF-8. */
export type Delimiters = {
  readonly element: string;
  /** Empty when what stands in ISA16 cannot separate: a letter, a digit, a space, or the element separator. */
  readonly component: string;
  /** Empty when the interchange declares none: before version 00402, or a letter, digit or other delimiter in ISA11. */
  readonly repetition: string;
  readonly terminator: string;
};

/** An ISA segment found in text: its extent, counted in bytes from its "I", and what it declares. */
export type Header = {
  readonly delimiters: Delimiters;
  readonly bodyLength: number;
  readonly length: number;
  /** Line breaks stand inside the ISA: the file was wrapped at a fixed column, so breaks are never data. */
  readonly wrapped: boolean;
};

export type HeaderReading =
  | { readonly outcome: "found"; readonly header: Header }
  | { readonly outcome: "incomplete" }
  | { readonly outcome: "absent" };

/** An ISA is 106 bytes; the slack is for wrapped lines, indentation and unpadded or multi-byte data. */
const headerBytesMax = 512;

/** How far an ISA can reach from its first byte: its elements, the last delimiters, wrapped lines among them. */
export const headerReach = headerBytesMax + 64;

const elementsInHeader = 16;

/** Finds the letters ISA even where a wrapped line breaks between them. */
export const headerSearch = /I[\r\n]{0,2}S[\r\n]{0,2}A/g;
const headerHere = /^I[\r\n]{0,2}S[\r\n]{0,2}A/;

/**
 * Reads the delimiters by position: the character after "ISA", the only character of ISA16, and the one after
 * it. ISA16 is found by counting separators, not bytes, because many senders do not pad the ISA to 106.
 * `text` holds one character per byte.
 */
export function readHeader(source: string, at: number): HeaderReading {
  // Only what an ISA can reach is looked at, or a file of many false ones would be read once for each.
  const text = source.slice(at, at + headerReach);
  const start = headerHere.exec(text);
  if (start === null) return { outcome: "absent" };
  const separatorAt = skipLineBreaks(text, start[0].length);
  const element = characterAt(text, separatorAt);
  if (element === undefined) return tooShortToTell(text);
  if (isLetterOrDigit(element) || element === " " || element === "\0") return { outcome: "absent" };
  let last = separatorAt;
  for (let count = 1; count < elementsInHeader; count++) {
    last = text.indexOf(element, last + element.length);
    if (last < 0 || last > headerBytesMax) return tooShortToTell(text);
  }
  return readTail(text, last, element);
}

function readTail(text: string, last: number, element: string): HeaderReading {
  const wrapped = hasLineBreak(text.slice(0, last));
  const skip = (from: number) => (wrapped ? skipLineBreaks(text, from) : from);
  const componentAt = skip(last + element.length);
  const component = characterAt(text, componentAt);
  if (component === undefined) return tooShortToTell(text);
  const terminatorAt = skip(componentAt + component.length);
  const terminator = characterAt(text, terminatorAt);
  if (terminator === undefined) return tooShortToTell(text);
  const elements = withoutLineBreaks(text.slice(0, terminatorAt)).split(element);
  const isa11 = repetitionSeparator(elements[11] ?? "", elements[12] ?? "");
  const repetition = isa11 === component || isa11 === terminator ? "" : isa11;
  const separates = component !== element && component !== " " && !isLetterOrDigit(component);
  const delimiters = { element, component: separates ? component : "", repetition, terminator };
  const length = terminatorAt + terminator.length;
  return { outcome: "found", header: { delimiters, bodyLength: terminatorAt, length, wrapped } };
}

/** ISA11 is the repetition separator from 00402 on; many senders leave the older "U" there, which means none. */
function repetitionSeparator(isa11: string, isa12: string): string {
  if (!/^\d{5}$/.test(isa12) || isa12 < "00402") return "";
  return isa11.length === 1 && !isLetterOrDigit(isa11) && isa11 !== " " ? isa11 : "";
}

/** Why these delimiters cannot be used to cut segments, or undefined when they can. */
export function unusableDelimiters(delimiters: Delimiters): string | undefined {
  const { element, component, terminator } = delimiters;
  if (isLetterOrDigit(terminator))
    return `the segment terminator is ${show(terminator)}, a letter or digit; ISA16 or the terminator is probably missing`;
  if (terminator === " ") return "the segment terminator is a space, which the ISA itself is padded with";
  if (terminator === element) return `the segment terminator equals the element separator ${show(element)}`;
  if (terminator === component)
    return `the segment terminator equals the component separator ${show(component)}`;
  return undefined;
}

/** One character: a whole UTF-8 sequence where the bytes form one, a single byte otherwise. */
function characterAt(text: string, at: number): string | undefined {
  if (at >= text.length) return undefined;
  const lead = text.charCodeAt(at);
  const length = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (length === 1 || lead > 0xf4) return text.charAt(at);
  for (let next = 1; next < length; next++) {
    if (at + next >= text.length) return undefined;
    const code = text.charCodeAt(at + next);
    if (code < 0x80 || code > 0xbf) return text.charAt(at);
  }
  return text.slice(at, at + length);
}

function tooShortToTell(text: string): HeaderReading {
  return { outcome: text.length < headerReach ? "incomplete" : "absent" };
}

function skipLineBreaks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 10 || text.charCodeAt(at) === 13) at++;
  return at;
}

export function isLetterOrDigit(text: string): boolean {
  return /^[A-Za-z0-9]$/.test(text);
}

export function hasLineBreak(text: string): boolean {
  return text.includes("\n") || text.includes("\r");
}

export function withoutLineBreaks(text: string): string {
  return hasLineBreak(text) ? text.replaceAll(/[\r\n]/g, "") : text;
}

/** Longest part of a value that a message quotes. */
const shownLengthMax = 80;

/** Shows a value to a person: control characters by name, UTF-8 as text, no more of it than helps. */
export function show(value: string): string {
  const long = value.length > shownLengthMax;
  const readable = readableText(value.slice(0, shownLengthMax)) + (long ? "…" : "");
  return `"${readable.replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** The characters behind a value of bytes: UTF-8 where the bytes are UTF-8, Latin-1 otherwise. */
export function readableText(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return strictUtf8.decode(Buffer.from(value, "latin1"));
  } catch {
    return value;
  }
}
