import type { MappedRecord } from "@crossdock/connector-kit";
import { readableText } from "../delimiters.ts";
import type { Fault } from "../faults.ts";

/** Longest name, code or address line that an order takes. */
export const TEXT_LENGTH_MAX = 200;
/** Longest text of a record: what is wrong is said, and an upload is not quoted. */
const MESSAGE_LENGTH_MAX = 2_000;
const FAULTS_SHOWN_MAX = 8;
const NUMBER_LENGTH_MAX = 20;

/** One thing in a set that cannot be used, and where it stands. */
export type Problem = { readonly at: string; readonly message: string };

/**
 * An element as a text for people: the characters that its bytes stand for, control characters as spaces, without padding.
 * Undefined when nothing is left.
 */
export function textOf(value: string, lengthMax: number = TEXT_LENGTH_MAX): string | undefined {
  const plain = storable(readableText(value)).trim().slice(0, lengthMax).toWellFormed().trim();
  return plain === "" ? undefined : plain;
}

/** A text without what no database stores or no screen shows. */
export function storable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ").toWellFormed();
}

/** What an element identifies, or why it cannot. */
export type Identity = { readonly text: string } | { readonly problem: string };

/**
 * An element that identifies something; undefined when it is empty. A control character or an undue length is no identity,
 * because mending it would make it another one.
 */
export function identityOf(value: string, lengthMax: number): Identity | undefined {
  const text = readableText(value).trim();
  if (text === "") return undefined;
  if (/\p{Cc}/u.test(text)) return { problem: "holds a control character" };
  return text.length > lengthMax ? { problem: `has more than ${lengthMax} characters` } : { text };
}

/** A control number as places and reasons name it: partners' numbers are short, and other bytes may be anything. */
export function numberText(controlNumber: string): string {
  return storable(controlNumber).slice(0, NUMBER_LENGTH_MAX).toWellFormed();
}

/** A text that fits into a record, whatever it was made from. */
export function shortened(text: string): string {
  const plain = storable(text);
  return plain.length <= MESSAGE_LENGTH_MAX ? plain : `${plain.slice(0, MESSAGE_LENGTH_MAX)}…`.toWellFormed();
}

/** A record that says what cannot be used, and why. */
export function invalid(at: string, reason: string, message: string): MappedRecord {
  return { is: "invalid", at: shortened(at), reason, message: shortened(message) };
}

/** A record that says what nothing is made of. */
export function ignored(at: string, reason: string): MappedRecord {
  return { is: "ignored", at: shortened(at), reason: shortened(reason) };
}

/** The faults in a few lines, those that reject first. */
export function faultsText(faults: readonly Fault[]): string {
  const rejecting = faults.filter(({ severity }) => severity === "rejecting");
  const chosen = rejecting.length > 0 ? rejecting : faults;
  const shown = chosen
    .slice(0, FAULTS_SHOWN_MAX)
    .map(({ segment, position, message }) => `${segment} (segment ${position}): ${message}`);
  const more = chosen.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
