import { createHash } from "node:crypto";
import type { MessagePart } from "@crossdock/connector-kit";
import { interchangeStatus } from "../acknowledge.ts";
import { EnvelopeReader } from "../envelope.ts";
import type { Interchange } from "../interchange.ts";
import { tokenize } from "../tokenizer.ts";
import { numberText } from "./element-text.ts";
import type { Profile } from "./settings.ts";

/** Kinds of sets that are named; a file of more kinds says so by its first ones. */
const SETS_NAMED_MAX = 6;
/** Longest key that the inbox stores. */
const KEY_LENGTH_MAX = 200;

/** What a part is when no interchange can be read in it. */
export const UNREADABLE = "unreadable";

/** The interchanges of a delivery by their frames alone: what is in their sets is not looked at. */
export function framesOf(bytes: Uint8Array): readonly Interchange[] {
  const reader = new EnvelopeReader();
  for (const token of tokenize(bytes)) reader.accept(token);
  reader.end();
  return reader.interchanges;
}

/**
 * One part for each interchange, from its ISA to the next one; what stands before the first belongs to it. Bytes without any
 * interchange are one part, so that they are stored and somebody sees them.
 */
export function partsOf(bytes: Uint8Array): readonly MessagePart[] {
  const interchanges = framesOf(bytes);
  const starts = interchanges.map(({ offset }, index) => (index === 0 ? 0 : offset));
  const bodies = starts.map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length));
  if (bodies.length === 0) return [unreadable(bytes)];
  return bodies.map((body, index) => {
    const interchange = interchanges[index];
    return interchange?.addressed === true
      ? { key: keyOf(interchange, body), kind: kindOf(interchange), body }
      : unreadable(body);
  });
}

function unreadable(body: Uint8Array): MessagePart {
  return { key: hashKey(body), kind: UNREADABLE, body };
}

function hashKey(body: Uint8Array): string {
  return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}

/**
 * Sender, receiver and control number, which is what partners repeat an interchange by. What has no usable control number
 * goes under its content, and so does what is rejected whole: it has not used its number up, and its sender may send it
 * again, mended, under the same one.
 */
function keyOf(interchange: Interchange, body: Uint8Array): string {
  if (interchangeStatus(interchange) === "R") return hashKey(body);
  const { header } = interchange;
  const field = (position: number) => header[position] ?? "";
  const number = field(13);
  const key = `ISA:${field(5)}/${field(6)}:${field(7)}/${field(8)}:${number.padStart(9, "0")}`;
  return /^\d{1,9}$/.test(number) && /^[ -~]{1,200}$/.test(key) && key.length <= KEY_LENGTH_MAX
    ? key
    : hashKey(body);
}

/** The sets of an interchange: `850`, `850+860`, `997`. */
function kindOf(interchange: Interchange): string {
  const sets = interchange.groups.flatMap((group) => group.sets.map(({ id }) => id));
  const named = [...new Set(sets)].filter((id) => /^[A-Z0-9]{3}$/.test(id));
  if (interchange.acknowledgements.length > 0) named.unshift("TA1");
  return named.length === 0 ? "empty" : named.slice(0, SETS_NAMED_MAX).join("+");
}

/** Why an interchange is not between this partner and us, or undefined when it is. The text goes to its sender. */
export function addressProblem({ header }: Interchange, { us, partner }: Profile): string | undefined {
  const [, , , , , fromQualifier = "", from = "", toQualifier = "", to = ""] = header;
  const shown = (qualifier: string, id: string) => JSON.stringify(`${qualifier}/${id.slice(0, 40)}`);
  const number = numberText(header[13] ?? "");
  if (fromQualifier !== partner.qualifier || from !== partner.id) {
    const expected = shown(partner.qualifier, partner.id);
    return `interchange ${number} is from ${shown(fromQualifier, from)} (ISA05, ISA06), and this account is for ${expected}`;
  }
  if (toQualifier !== us.qualifier || to !== us.id) {
    const expected = shown(us.qualifier, us.id);
    return `interchange ${number} is for ${shown(toQualifier, to)} (ISA07, ISA08), and this account is ${expected}`;
  }
  return undefined;
}
