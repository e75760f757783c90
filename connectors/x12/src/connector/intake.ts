import type { OrderStatement } from "@crossdock/canonical";
import type {
  Account,
  Authentication,
  Intake,
  MappedRecord,
  Mapping,
  MessagePart,
  RawMessage,
} from "@crossdock/connector-kit";
import { groupStatus, holdsOnlyAnswers, interchangeStatus, setStatus } from "../acknowledge.ts";
import { rejects } from "../faults.ts";
import type { Group, Interchange, TransactionSet } from "../interchange.ts";
import { readInterchanges } from "../read.ts";
import { type OutgoingInterchange, writeInterchange } from "../write.ts";
import {
  ACKNOWLEDGING_SETS,
  mapFunctionalAcknowledgement,
  mapInterchangeAcknowledgement,
} from "./acknowledgement-mapping.ts";
import { faultsText, ignored, invalid, numberText, shortened, storable } from "./element-text.ts";
import { addressProblem, framesOf, partsOf } from "./interchange-part.ts";
import { mapOrder } from "./order-mapping.ts";
import { answerOf, type ReplyContent, replyContent } from "./reply.ts";
import { type Profile, profileOf } from "./settings.ts";

/** Pieces of junk between interchanges that get a record of their own. */
const JUNK_TOLD_MAX = 10;

/**
 * Whether a delivery is this partner's. X12 carries no signature, so the transport has vouched for the sender already; what
 * is compared here is that every interchange is between this partner and us. Bytes without a readable interchange pass: they
 * are stored, told about, and answered where they can be.
 */
function authenticate(message: RawMessage, account: Account): Authentication {
  const profile = profileOf(account);
  for (const interchange of framesOf(message.body)) {
    const problem = interchange.addressed ? addressProblem(interchange, profile) : undefined;
    if (problem !== undefined) return { genuine: false, reason: shortened(problem) };
  }
  return { genuine: true };
}

function split(message: RawMessage): readonly MessagePart[] {
  return partsOf(message.body);
}

type Context = { readonly profile: Profile; readonly accountId: string };

/** An interchange is taken by its sets: each that is in order becomes its records, each that is rejected says why. */
function map(part: MessagePart, _headers: RawMessage["headers"], account: Account): Mapping {
  const context = { profile: profileOf(account), accountId: account.accountId };
  const { interchanges, faults } = readInterchanges(part.body);
  const junk = faults
    .slice(0, JUNK_TOLD_MAX)
    .map(({ offset, message }) => ignored(`byte ${offset}`, message));
  const torn = interchanges
    .filter(({ addressed }) => !addressed)
    .map((found) => invalid(`byte ${found.offset}`, "unreadable", faultsText(found.faults)));
  const [interchange, ...others] = interchanges.filter(({ addressed }) => addressed);
  const around = [...junk, ...torn];
  if (interchange === undefined) {
    const nothing = invalid("", "unreadable", `there is no interchange in it; ${faultsText(faults)}`);
    return { records: torn.length > 0 ? around : [...around, nothing] };
  }
  if (others.length > 0) {
    const message = `${others.length + 1} interchanges in one part, and each must be a part of its own`;
    return { records: [...around, invalid("", "several-interchanges", message)] };
  }
  const { records, reply } = mapInterchange(interchange, context);
  return { records: [...around, ...records], ...(reply === undefined ? {} : { reply }) };
}

function mapInterchange(interchange: Interchange, context: Context): Mapping {
  const at = `ISA ${numberText(interchange.header[13] ?? "")}`;
  const misdirected = addressProblem(interchange, context.profile);
  if (misdirected !== undefined) return { records: [invalid(at, "wrong-partner", misdirected)] };
  const { reply, records: unanswered } = replyTo(interchange, at, context.profile);
  const records = [...recordsOf(interchange, at, context), ...unanswered];
  const nothing = records.length > 0 ? [] : [ignored(at, "the interchange holds no sets")];
  return { records: [...records, ...nothing], ...(reply === undefined ? {} : { reply }) };
}

/** The content of the answer that is due, if it can be written: an answer that cannot is told to our own people. */
function replyTo(
  interchange: Interchange,
  at: string,
  profile: Profile,
): { readonly reply?: ReplyContent; readonly records: readonly MappedRecord[] } {
  const content = replyContent(interchange, profile);
  // Any date and number will do to see whether an answer is due and can be written.
  const answer = answerOf(content, { at: { date: "20000101", time: "0000" }, controlNumber: 1 }, profile);
  if (answer === undefined || holdsOnlyAnswers(interchange)) return { records: [] };
  const refused = "refused" in answer ? answer.refused : refusalOf(answer.interchange);
  if (refused === undefined) return { reply: content, records: [] };
  return {
    records: [invalid(at, "unanswerable", `no acknowledgement of it can be written: ${refused}`)],
  };
}

function refusalOf(answer: OutgoingInterchange): string | undefined {
  const written = writeInterchange(answer);
  return "refused" in written ? written.refused.message : undefined;
}

function recordsOf(interchange: Interchange, at: string, context: Context): readonly MappedRecord[] {
  if (interchangeStatus(interchange) === "R") {
    return [invalid(at, "interchange-rejected", faultsText(interchange.faults))];
  }
  const answers = interchange.acknowledgements.map((segment, index) =>
    mapInterchangeAcknowledgement(segment, `${at}, TA1 ${index + 1}`),
  );
  const usage = interchange.header[15] ?? "";
  const records = interchange.groups.flatMap((group) => groupRecords(group, usage, context));
  return [...answers, ...singled(records)];
}

function groupRecords(group: Group, usage: string, context: Context): readonly MappedRecord[] {
  const at = `GS ${numberText(group.controlNumber)}`;
  if (rejects(group.faults)) return [invalid(at, "group-rejected", faultsText(group.faults))];
  const records = group.sets.map((set) =>
    setRecord(set, `${at}, ST ${numberText(set.controlNumber)}`, { usage, context }),
  );
  return records.length > 0 ? records : [ignored(at, `a group of no sets (${groupStatus(group)})`)];
}

type SetContext = { readonly usage: string; readonly context: Context };

function setRecord(set: TransactionSet, at: string, { usage, context }: SetContext): MappedRecord {
  if (setStatus(set) === "R") return invalid(at, "set-rejected", faultsText(set.faults));
  if (ACKNOWLEDGING_SETS.includes(set.id)) return mapFunctionalAcknowledgement(set, at);
  if (set.id !== "850") {
    const message = `nothing can be made of the set ${storable(set.id)}: orders (850) and acknowledgements are taken`;
    return invalid(at, "set-not-taken", message);
  }
  const { profile } = context;
  if (usage !== "P" && profile.usage === "P") {
    return ignored(at, `ISA15 is ${storable(usage)}: a test, and this account is in production`);
  }
  if (usage === "P" && profile.usage !== "P") {
    return invalid(
      at,
      "wrong-usage",
      "ISA15 is P, and this account is still being tested; change its usage when it goes live",
    );
  }
  return mapOrder(set, at, context);
}

/** One order number names one order: of two different ones in a file the second is a mistake, and not a duplicate. */
function singled(records: readonly MappedRecord[]): readonly MappedRecord[] {
  const seen = new Map<string, OrderStatement>();
  return records.map((record) => {
    if (record.is !== "order") return record;
    const { statement, at } = record;
    const first = seen.get(statement.id) ?? statement;
    seen.set(statement.id, first);
    // Most orders are the only ones of their number, and comparing the content of each would cost as much as reading it.
    if (first === statement || JSON.stringify(first) === JSON.stringify(statement)) return record;
    return invalid(
      at,
      "order-number-reused",
      `order ${statement.id} stands in it twice, with different content`,
    );
  });
}

export const intake: Intake = { vouchedBy: "transport", authenticate, split, map };
