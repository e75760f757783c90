import { createHash } from "node:crypto";
import { checker, type MasterStatement, problemsText, type StockStatement } from "@crossdock/canonical";
import type { Intake, MappedRecord, Mapping, MessagePart, RawMessage } from "@crossdock/connector-kit";
import { readEvent } from "./event-problems.ts";
import { EVENTS_PER_MESSAGE_MAX, wmsBatchSchema } from "./event-schema.ts";
import { repeatedNames } from "./repeated-names.ts";
import { authenticate, DELIVERY_ID_HEADER } from "./signing.ts";
import { isSnapshot, snapshotRecord } from "./snapshot.ts";
import { statementOf } from "./statement.ts";

/** What every part of this connector is: a batch of events. */
export const PART_KIND = "events";

/** Longest text of an invalid record: the first problems say enough. */
const MESSAGE_LENGTH_MAX = 1_000;
/** The delivery ids that are kept as they are. Others are kept as their hash: they are just as good at being equal. */
const PLAIN_DELIVERY_ID = /^[\x21-\x7e]{1,150}$/;

const checkBatch = checker(wmsBatchSchema);

/** From signed batches and pages of snapshots to statements about stock and master data: one delivery is one part, one event or page one record. */
export const wmsIntake: Intake = {
  vouchedBy: "signature",
  authenticate,
  split: (message) => [partOf(message)],
  map: ({ body }) => mapBatch(body),
};

function partOf({ headers, body }: RawMessage): MessagePart {
  const deliveryId = headers[DELIVERY_ID_HEADER] ?? "";
  if (PLAIN_DELIVERY_ID.test(deliveryId)) return { key: deliveryId, kind: PART_KIND, body };
  // Without an id of its own a delivery is its bytes: a repeated one is recognised as long as they are the same.
  const key = deliveryId === "" ? `body-sha256:${sha256(body)}` : `delivery-sha256:${sha256(deliveryId)}`;
  return { key, kind: PART_KIND, body };
}

function sha256(value: string | Uint8Array): string {
  return createHash("sha256").update(value).digest("hex");
}

function invalid(at: string, reason: string, message: string): MappedRecord {
  return { is: "invalid", at: storable(at), reason, message: storable(message) };
}

/** The name of an unknown field is whatever its sender likes; here it becomes text that can be stored and read. */
function storable(text: string): string {
  return text.slice(0, MESSAGE_LENGTH_MAX).replace(/[\p{Cc}\p{Cs}]/gu, "\ufffd");
}

function mapBatch(body: Uint8Array): Mapping {
  const parsed = parse(body);
  if ("message" in parsed) return { records: [invalid("/", "not-json", parsed.message)] };
  if (isSnapshot(parsed.value)) return { records: [pageOf(parsed.value, parsed.text)] };
  const checked = checkBatch(parsed.value);
  if (!checked.ok) return { records: [invalid("/", "not-a-batch", problemsText(checked.problems))] };
  const repeated = repeatedIn(parsed.text);
  if (repeated.inBatch !== undefined) {
    const message = `The batch has ${repeated.inBatch} twice, and nothing says which is meant; nothing of it was applied.`;
    return { records: [invalid("/", "repeated-name", message)] };
  }
  const { warehouse, events } = checked.value;
  if (events.length > EVENTS_PER_MESSAGE_MAX) {
    const message = `The batch has ${events.length} events and may have ${EVENTS_PER_MESSAGE_MAX}; nothing of it was applied. Send it in parts.`;
    return { records: [invalid("/events", "too-many-events", message)] };
  }
  if (events.length === 0)
    return { records: [{ is: "ignored", at: "/events", reason: "the batch is empty" }] };
  const seen: Batch["seen"] = new Map();
  const batch = { warehouse, seen, repeated: repeated.inEvents };
  return { records: events.map((event, index) => recordOf(event, index, batch)) };
}

/** A body that is a page of a snapshot is one record. */
function pageOf(value: object, text: string): MappedRecord {
  const [repeated] = repeatedNames(text);
  const record = snapshotRecord(value, repeated === undefined ? undefined : `/${repeated.join("/")}`);
  return record.is === "invalid" ? invalid(record.at, record.reason, record.message) : record;
}

/** Names that stand twice in the batch itself, and by event the first that does. What is not read may say what it likes. */
function repeatedIn(text: string): {
  readonly inBatch: string | undefined;
  readonly inEvents: ReadonlyMap<number, string>;
} {
  const inEvents = new Map<number, string>();
  for (const [list, event, ...steps] of repeatedNames(text)) {
    if (list !== "events" || typeof event !== "number") return { inBatch: String(list), inEvents };
    if (steps[0] === "attributes" && steps.length > 1) continue;
    if (!inEvents.has(event)) inEvents.set(event, `/${steps.join("/")}`);
  }
  return { inBatch: undefined, inEvents };
}

type Parsed = { readonly value: unknown; readonly text: string } | { readonly message: string };

function parse(body: Uint8Array): Parsed {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return { value: JSON.parse(text), text };
  } catch {
    // The parser's own words quote the body, which may be long and anything at all.
    return { message: "The body is not JSON in UTF-8." };
  }
}

type Batch = {
  readonly warehouse: string;
  readonly seen: Map<string, StockStatement | MasterStatement>;
  readonly repeated: ReadonlyMap<number, string>;
};

function recordOf(value: unknown, index: number, { warehouse, seen, repeated }: Batch): MappedRecord {
  const at = `/events/${index}`;
  const twice = repeated.get(index);
  if (twice !== undefined) {
    return invalid(at + twice, "repeated-name", `${twice} is there twice, and nothing says which is meant.`);
  }
  const read = readEvent(value, warehouse);
  if (!read.ok) {
    const problems = read.problems.map((problem) => ({ ...problem, at: at + problem.at }));
    // An event may be wrong in many places; the first is where to begin.
    return invalid(problems[0]?.at ?? at, read.reason, problemsText(problems));
  }
  const statement = statementOf(read.event, warehouse);
  const first = seen.get(statement.id) ?? statement;
  seen.set(statement.id, first);
  // Both were built here in the same way, so that equal statements have equal texts.
  const isSame = first === statement || JSON.stringify(first) === JSON.stringify(statement);
  if (isSame) {
    return statement.type === "MasterDataStated"
      ? { is: "master", at, statement }
      : { is: "stock", at, statement };
  }
  return invalid(
    `${at}/eventId`,
    "repeated-event-id",
    "The same eventId names another event earlier in this batch.",
  );
}
