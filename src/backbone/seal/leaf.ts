import { EVENT_TYPE_PREFIX } from "@crossdock/canonical";
import { positionText } from "../position.ts";

/** A fact as the log's table has it. `data` is PostgreSQL's text of it, times have microseconds that a `Date` has not. */
export type SealableRow = {
  readonly number: number;
  readonly transaction: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly effective_at: Date;
  readonly effective_micros: number;
  readonly recorded_at: Date;
  readonly recorded_micros: number;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly stream: string | null;
  readonly sequence_number: number | null;
  readonly data: string;
};

/**
 * A fact as the text that is hashed: its CloudEvent without what follows from the rest (`specversion`, `datacontenttype`,
 * `dataschema`, `subject`), in the canonical form of RFC 8785. Every column is in it, and no two rows have the same text.
 *
 * Two things go beyond a CloudEvent that passed through JavaScript: times have six digits after the second where the last three are not
 * zero, and numbers have the digits that PostgreSQL keeps. For the whole numbers that facts carry this is what RFC 8785 says.
 */
export function leafText(row: SealableRow): string {
  const causation = row.causation_id === null ? "" : `"causationid":${JSON.stringify(row.causation_id)},`;
  const sequence =
    row.stream === null ? "" : `"sequence":${JSON.stringify(`${row.stream}/${row.sequence_number}`)},`;
  // Written out in RFC 8785's order of names.
  return (
    `{${causation}"correlationid":${JSON.stringify(row.correlation_id)},"data":${canonicalText(row.data)},` +
    `"id":${JSON.stringify(row.id)},"position":"${positionText(row)}",` +
    `"recordedat":"${timeText(row.recorded_at, row.recorded_micros)}",${sequence}` +
    `"source":${JSON.stringify(row.source)},"time":"${timeText(row.effective_at, row.effective_micros)}",` +
    `"type":${JSON.stringify(EVENT_TYPE_PREFIX + row.type)}}`
  );
}

/** RFC 3339 in UTC. What no fact can carry (infinity, years that no Date has) is written as no time is. */
function timeText(time: Date, micros: number): string {
  if (!(time instanceof Date) || Number.isNaN(time.getTime())) return `no time: ${String(time)}`;
  const text = time.toISOString();
  return micros === 0 ? text : `${text.slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}

/**
 * Numbers in PostgreSQL's text that a double may not hold, or not write in the same way. It puts a space after a colon and a comma, by
 * which times are told from numbers; other strings may match as well, and are only read more slowly.
 */
const unusualNumber = /(?:^|\[|[:,] )-?\d+(?:\.|\d{15})/;

/** JSON as PostgreSQL writes it, in canonical form. */
export function canonicalText(text: string): string {
  const value: unknown = unusualNumber.test(text) ? parseExactly(text) : JSON.parse(text);
  return canonical(value);
}

/** A number by its digits. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function parseExactly(text: string): unknown {
  return JSON.parse(text, (_name, value: unknown, ...[context]: unknown[]) => {
    const source = typeof value === "number" ? sourceOf(context) : undefined;
    return source === undefined ? value : new Digits(source);
  });
}

/** The text that a value was parsed from. The compiler's library does not know yet that a reviver is told. */
function sourceOf(context: unknown): string | undefined {
  const isTold = typeof context === "object" && context !== null && "source" in context;
  return isTold && typeof context.source === "string" ? context.source : undefined;
}

function canonical(value: unknown): string {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let text = "";
  for (const name of inOrder(Object.keys(value))) {
    text += `${text === "" ? "" : ","}${nameText(name)}:${canonical(value[name])}`;
  }
  return `{${text}}`;
}

/** Names up to this many are put in order here, which is a tenth of the work of a call to the engine. */
const FEW_NAMES_MAX = 12;

/** By UTF-16 units, as RFC 8785, section 3.2.3 wants it, and as JavaScript compares by itself. */
function inOrder(names: string[]): readonly string[] {
  if (names.length > FEW_NAMES_MAX) return names.sort();
  for (let at = 1; at < names.length; at += 1) {
    const name = names[at] ?? "";
    let to = at;
    for (let before = names[to - 1]; before !== undefined && before > name; before = names[to - 1]) {
      names[to] = before;
      to -= 1;
    }
    names[to] = name;
  }
  return names;
}

/** Names that are remembered; facts have a few dozen, and what a partner's attributes are called is bounded by this. */
const NAMES_MAX = 1_000;
const nameTexts = new Map<string, string>();

function nameText(name: string): string {
  const known = nameTexts.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  if (nameTexts.size < NAMES_MAX) nameTexts.set(name, text);
  return text;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
