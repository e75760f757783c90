import { acknowledge, groupStatus, interchangeStatus } from "./acknowledge.ts";
import { type EnvelopeOptions, EnvelopeReader } from "./envelope.ts";
import { type Fault, type FaultLevel, fault } from "./faults.ts";
import type { Group, Interchange } from "./interchange.ts";
import { checkerFor } from "./read.ts";
import { isSuspect, Repeats } from "./repeats.ts";
import { setDefinition } from "./schema/sets.ts";
import { pieceBytesMax, type Token, Tokenizer } from "./tokenizer.ts";
import { isDate, isTime } from "./validate-elements.ts";

export type FileVerdict = "accepted" | "accepted-with-errors" | "rejected";

export type FileError = {
  readonly segment: string;
  /** Inside a set, counted from ST = 1; elsewhere counted in the file. */
  readonly position: number;
  readonly element: number | null;
  /** The code in the list named by `list`. */
  readonly code: string;
  /** Where the code is sent back; null for what no acknowledgement can say. */
  readonly list: "TA105" | "AK905" | "AK502" | "AK304" | "AK403" | null;
  readonly message: string;
  /** Byte offset in the file. */
  readonly offset: number;
  readonly rejecting: boolean;
};

export type FileCheck = {
  readonly verdict: FileVerdict;
  readonly interchanges: number;
  readonly transactions: number;
  /**
   * Kinds of sets with their version, as "810 004010", that we have no definition of. Their frames were checked, and the answer
   * speaks of those; what is between ST and SE was not looked into.
   */
  readonly unchecked: readonly string[];
  /** In file order; at most `fileErrorsMax`. */
  readonly errors: readonly FileError[];
  readonly errorsOmitted: number;
  /**
   * The TA1 and 997 that would be sent, one interchange for each one answered; "" when none is due. A suspect interchange, whose
   * control number came before with other content, waits for a decision and is not answered yet.
   */
  readonly ack: string;
  /** Putting the parsed file together again gives the bytes it came from. */
  readonly roundTrip: boolean;
};

export type CheckOptions = {
  /** CCYYMMDD and HHMM to date the acknowledgement; those of the interchange answered when left out. */
  readonly date?: string;
  readonly time?: string;
  /** Control number of the first acknowledgement, 1 when left out. */
  readonly controlNumber?: number;
};

/** A list a person might still read; the count of the others is given. */
export const fileErrorsMax = 10_000;

/** Kinds of unchecked sets that are named. */
const uncheckedMax = 100;

const lists: Readonly<Record<FaultLevel, FileError["list"]>> = {
  file: null,
  interchange: "TA105",
  group: "AK905",
  set: "AK502",
  segment: "AK304",
  element: "AK403",
};

/**
 * Checks one file: what a partner would be told about it. Never throws, whatever the bytes.
 *
 * Rejected: no interchange, or every interchange and group of it rejected. Accepted with errors: something is
 * wrong, yet something can be used. Accepted: nothing is wrong.
 */
export function checkFile(bytes: Uint8Array, options: CheckOptions = {}): FileCheck {
  const checker = new FileChecker();
  // Pieces, so that the tokens of a large file are not all in memory at once.
  for (let from = 0; from < bytes.length; from += pieceBytesMax)
    checker.push(bytes.subarray(from, from + pieceBytesMax));
  return checker.end(options);
}

/** `checkFile` for bytes that arrive in pieces; memory does not grow with the file, only with its faults and sets. */
export class FileChecker {
  readonly #tokenizer = new Tokenizer();
  readonly #roundTrip = new RoundTrip();
  readonly #reader: EnvelopeReader;
  readonly #repeats = new Repeats();

  /** `limits` below the usual ones are for tests, which have no time for a million sets. */
  constructor(limits: Pick<EnvelopeOptions, "framesMax" | "setsFaultsMax"> = {}) {
    this.#reader = new EnvelopeReader({ ...limits, checkerFor });
  }

  push(bytes: Uint8Array): void {
    this.#take(bytes, this.#tokenizer.push(bytes));
  }

  #take(bytes: Uint8Array, tokens: readonly Token[]): void {
    this.#roundTrip.compare(bytes, tokens);
    for (const token of tokens) {
      this.#reader.accept(token);
      this.#repeats.accept(token);
    }
  }

  end(options: CheckOptions = {}): FileCheck {
    this.#take(new Uint8Array(), this.#tokenizer.end());
    this.#reader.end();
    const { faults, faultsOmitted } = this.#reader;
    const interchanges = this.#repeats.judge(this.#reader.interchanges);
    const all = allFaults(interchanges, faults);
    if (interchanges.length === 0 && all.length === 0) all.push(nothingFound);
    const groups = interchanges.flatMap((interchange) => interchange.groups);
    return {
      verdict: verdictOf(interchanges, all.length > 0),
      interchanges: interchanges.length,
      transactions: groups.reduce((sum, group) => sum + group.sets.length, 0),
      unchecked: uncheckedIn(groups),
      errors: all.slice(0, fileErrorsMax).map(describe),
      errorsOmitted: Math.max(0, all.length - fileErrorsMax) + faultsOmitted,
      ack: answers(interchanges, options),
      roundTrip: this.#roundTrip.complete,
    };
  }
}

const nothingFound = fault(
  "file",
  "022",
  { segment: "ISA", position: 1, offset: 0 },
  { message: "expected an ISA; the file holds nothing" },
);

/** Compares the tokens, one after another, with the bytes that went in. */
class RoundTrip {
  #expected = "";
  #same = true;

  compare(bytes: Uint8Array, tokens: readonly Token[]): void {
    this.#expected += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
    const rebuilt = tokens.map((token) => token.raw).join("");
    if (!this.#expected.startsWith(rebuilt)) this.#same = false;
    this.#expected = this.#expected.slice(rebuilt.length);
  }

  get complete(): boolean {
    return this.#same && this.#expected === "";
  }
}

function allFaults(interchanges: readonly Interchange[], fileFaults: readonly Fault[]): Fault[] {
  const inGroup = (group: Group) => [...group.faults, ...group.sets.flatMap((set) => set.faults)];
  const inInterchange = (one: Interchange) => [...one.faults, ...one.groups.flatMap(inGroup)];
  const all = [...fileFaults, ...interchanges.flatMap(inInterchange)];
  return all.sort((one, other) => one.offset - other.offset);
}

function uncheckedIn(groups: readonly Group[]): string[] {
  const kinds = new Set<string>();
  for (const { version, sets } of groups)
    for (const { id } of sets)
      if (kinds.size < uncheckedMax && setDefinition(id, version) === undefined)
        kinds.add(`${id} ${version}`);
  return [...kinds].sort();
}

function describe(found: Fault): FileError {
  const { segment, position, element, code, message, offset } = found;
  const rejecting = found.severity === "rejecting";
  return { segment, position, element, code, list: lists[found.level], message, offset, rejecting };
}

function verdictOf(interchanges: readonly Interchange[], faulty: boolean): FileVerdict {
  if (interchanges.every(isUseless)) return "rejected";
  return faulty ? "accepted-with-errors" : "accepted";
}

/** Nothing in it can be used. An interchange without groups is an answer or a sign of life, and is of use. */
function isUseless(interchange: Interchange): boolean {
  if (interchangeStatus(interchange) === "R") return true;
  const { groups } = interchange;
  return groups.length > 0 && groups.every((group) => groupStatus(group) === "R");
}

function answers(interchanges: readonly Interchange[], options: CheckOptions): string {
  let controlNumber = options.controlNumber ?? 1;
  let text = "";
  for (const interchange of interchanges) {
    if (isSuspect(interchange)) continue;
    const context = { date: dateOf(interchange, options), time: timeOf(interchange, options), controlNumber };
    const answer = acknowledge(interchange, { ...context, lineBreak: "\n" });
    if (answer === undefined || !("written" in answer)) continue;
    text += answer.written;
    controlNumber++;
  }
  return text;
}

function dateOf(interchange: Interchange, options: CheckOptions): string {
  const sent = interchange.header[9] ?? "";
  return options.date ?? (sent.length === 6 && isDate(sent) ? `20${sent}` : "20000101");
}

function timeOf(interchange: Interchange, options: CheckOptions): string {
  const sent = interchange.header[10] ?? "";
  return options.time ?? (isTime(sent) ? sent : "0000");
}
