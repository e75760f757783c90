import { createHash } from "node:crypto";
import type { AccountId, MessageId } from "@crossdock/canonical";
import type { MessagePart } from "@crossdock/connector-kit";

/** The largest delivery that is taken. Its bytes are held in memory a few times while it is stored. */
export const DELIVERY_BYTES_MAX = 16 * 1024 * 1024;
/** How far the time of a signature may be from ours. Whoever overhears a message cannot send it again after that. */
export const SIGNATURE_AGE_MS_MAX = 5 * 60 * 1_000;
/** Parts of one delivery: a file of interchanges has dozens. They are stored in one transaction. */
export const PARTS_MAX = 5_000;
/** Header fields that are kept of a delivery, and the length of one: enough for every vendor, and no more than a page. */
const HEADERS_MAX = 60;
const HEADER_LENGTH_MAX = 2_000;

/** Bytes and header fields as they arrived for an account. Header names are in lower case. */
export type DeliveryIn = {
  readonly accountId: AccountId;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Whether the transport has proved who sends it: an API key was checked. Absent: it has not. */
  readonly isVouchedFor?: boolean | undefined;
  /** Names the journey; made when absent. */
  readonly correlationId?: string | undefined;
};

/** What became of a part, by the id of the message that it is. */
export type PartReceipt = {
  readonly messageId: MessageId;
  readonly key: string;
  readonly kind: string;
  readonly answer: "stored" | "duplicate" | "suspect";
};

/** What a delivery is answered. Nothing is answered before it is stored. */
export type Receipt =
  | {
      /** The gravest of the parts' answers: suspect before stored before duplicate. */
      readonly answer: "stored" | "duplicate" | "suspect";
      readonly messageIds: readonly MessageId[];
      readonly parts: readonly PartReceipt[];
      /** Of the first part's message, which for a duplicate is that of its first delivery. */
      readonly correlationId: string;
    }
  | {
      readonly refused: "unknown-account" | "not-genuine" | "no-intake" | "too-large";
      readonly reason: string;
    };

/** Header fields that prove who is calling. They are checked once, and worth stealing ever after. */
const secretHeader =
  /authorization|cookie|signature|hmac|token|secret|password|api-?key|credential|^x-amz-security|^cf-access/;

/** The header fields that are kept: what a mapping may need later, and nothing that authenticates. */
export function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), storable(value)])
    .filter(([name, value]) => !secretHeader.test(name) && value.length <= HEADER_LENGTH_MAX);
  return Object.fromEntries(kept.slice(0, HEADERS_MAX));
}

/** PostgreSQL stores no NUL, and no half of a surrogate pair as JSON. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\u0000", "\ufffd");
}

/** A part with its identity. The same part twice in one delivery is one with a count. */
export type PartToStore = {
  readonly messageId: string;
  readonly key: string;
  readonly kind: string;
  readonly body: Uint8Array;
  readonly hash: string;
  readonly count: number;
};

/** Text by which a part is found again: key and hash. */
export const partText = (part: { readonly key: string; readonly hash: string }): string =>
  `${part.hash} ${part.key}`;

/** SHA-256 in hexadecimal: what "the same bytes" means. */
export function hashOf(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}

/**
 * Distinct parts of a delivery in the order of their keys, so that two deliveries with the same parts wait for each other
 * instead of deadlocking. Ids are given in the order of the parts.
 */
export function partsToStore(
  parts: readonly MessagePart[],
  nextId: () => string,
): { readonly distinct: readonly PartToStore[]; readonly texts: readonly string[] } {
  const byText = new Map<string, PartToStore>();
  const texts = parts.map(({ key, kind, body }) => {
    const part = { key: storable(key), kind: storable(kind), body, hash: hashOf(body) };
    const text = partText(part);
    const known = byText.get(text);
    byText.set(
      text,
      known === undefined ? { ...part, messageId: nextId(), count: 1 } : { ...known, count: known.count + 1 },
    );
    return text;
  });
  const distinct = [...byText.values()].toSorted(
    (a, b) => compare(a.key, b.key) || compare(a.messageId, b.messageId),
  );
  return { distinct, texts };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** The gravest answer of a delivery's parts. */
export function gravest(parts: readonly PartReceipt[]): PartReceipt["answer"] {
  const answers = new Set(parts.map((part) => part.answer));
  if (answers.has("suspect")) return "suspect";
  return answers.has("stored") ? "stored" : "duplicate";
}
