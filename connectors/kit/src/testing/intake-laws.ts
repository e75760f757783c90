import { isDeepStrictEqual } from "node:util";
import {
  type Checked,
  checker,
  MasterStatement,
  OrderStatement,
  problemsText,
  SnapshotStatement,
  type Statement,
  StockStatement,
  snapshotPageId,
  unstorable,
} from "@crossdock/canonical";
import type { Account } from "../account.ts";
import type { Intake, MappedRecord, Mapping, RawMessage } from "../intake.ts";
import type { MessagePart } from "../message-part.ts";
import { embeddedCopy, joinBytes } from "./mutation.ts";
import type { ConformanceSubject, Law, MessageSample } from "./subject.ts";

/** Longest key that the inbox stores. */
export const KEY_LENGTH_MAX = 200;
/** Longest text that a record may carry for people. A message that quotes a whole upload helps nobody. */
export const RECORD_TEXT_LENGTH_MAX = 4_000;

const checkStock = checker(StockStatement);
const checkOrder = checker(OrderStatement);
const checkMaster = checker(MasterStatement);
const checkSnapshot = checker(SnapshotStatement);

/** A message with what the intake made of it. */
type Reading = { readonly parts: readonly MessagePart[]; readonly mappings: readonly Mapping[] };

function copyOf(message: RawMessage): RawMessage {
  return { headers: { ...message.headers }, body: embeddedCopy(message.body) };
}

function read(intake: Intake, message: RawMessage, account: Account): Reading {
  const parts = intake.split(message, account);
  return { parts, mappings: parts.map((part) => intake.map(part, message.headers, account)) };
}

/** What came of reading a message, or undefined when it threw: one law is about that, the others are not. */
function tryRead(intake: Intake, subject: ConformanceSubject, message: RawMessage): Reading | undefined {
  try {
    return read(intake, message, subject.account());
  } catch {
    return undefined;
  }
}

function recordsOf(reading: Reading): readonly MappedRecord[] {
  return reading.mappings.flatMap(({ records }) => records);
}

/** A law about every reading of every message. */
function readingLaw(
  name: string,
  why: string,
  judge: (reading: Reading, message: RawMessage) => string | undefined,
): Law {
  return explored(name, why, ({ intake, subject }, message) => {
    const reading = tryRead(intake, subject, copyOf(message));
    return reading === undefined ? undefined : judge(reading, message);
  });
}

type Tested = { readonly intake: Intake; readonly subject: ConformanceSubject };

function explored(
  name: string,
  why: string,
  judge: (tested: Tested, message: RawMessage) => string | undefined,
): Law {
  return {
    name,
    why,
    async check(subject) {
      const { intake } = subject.connector;
      if (intake === undefined) return [];
      // Loaded here, so that a fake that uses this package does not bring the property tester with it.
      const { exploreMessages } = await import("./exploration.ts");
      return exploreMessages(subject, (message) => judge({ intake, subject }, message));
    },
  };
}

const samplesMean: Law = {
  name: "samples mean what they are said to mean",
  why: "they are the vendor's own messages, and the reason for the connector",
  async check(subject) {
    const { intake } = subject.connector;
    if (intake === undefined) return [];
    if (subject.samples.length === 0) return ["there is no sample of a message"];
    return subject.samples.flatMap((sample) => sampleProblems(intake, subject, sample));
  },
};

function sampleProblems(
  intake: Intake,
  subject: ConformanceSubject,
  { name, message, expect }: MessageSample,
): string[] {
  const authentication = tryAuthenticate(intake, subject, message);
  const reading = tryRead(intake, subject, copyOf(message));
  if (authentication === undefined || reading === undefined) return [`sample "${name}": reading it threw`];
  const records = recordsOf(reading);
  const counts = Object.fromEntries(
    Object.keys(expect.counts ?? {}).map((is) => [is, records.filter((record) => record.is === is).length]),
  );
  const compared: [string, unknown, unknown][] = [
    ["genuine", authentication.genuine, expect.genuine ?? true],
    ["parts", expect.parts && reading.parts.map(({ key, kind }) => ({ key, kind })), expect.parts],
    ["records", expect.records && records, expect.records],
    ["counts", expect.counts && counts, expect.counts],
  ];
  return compared
    .filter(([, actual, expected]) => !isDeepStrictEqual(actual, expected))
    .map(([what, actual, expected]) => {
      return `sample "${name}": ${what} should be ${JSON.stringify(expected)} and is ${JSON.stringify(actual)}`;
    });
}

const neverThrows = explored(
  "no message makes the intake throw",
  "whatever a partner sends is stored and must be told about, and an exception in the worker would stop its neighbours",
  ({ intake, subject }, message) => {
    const account = subject.account();
    const steps: [string, () => unknown][] = [
      ["authenticate", () => intake.authenticate(copyOf(message), account)],
      ["split and map", () => read(intake, copyOf(message), account)],
      [
        "map alone",
        () => intake.map({ key: "k", kind: "k", body: embeddedCopy(message.body) }, message.headers, account),
      ],
    ];
    for (const [step, run] of steps) {
      try {
        run();
      } catch (error) {
        return `${step} threw ${String(error)}`;
      }
    }
    return;
  },
);

const deterministic = explored(
  "the same message always gives the same answer",
  "a message is mapped again after a crash and in a replay years later, and a redelivery is recognised by its key",
  ({ intake, subject }, message) => {
    const readings = [1, 2].map(() => tryRead(intake, subject, copyOf(message)));
    const answers = [1, 2].map(() => tryAuthenticate(intake, subject, message));
    if (!isDeepStrictEqual(answers[0], answers[1]))
      return "authenticate gave two answers to the same message";
    const [first, second] = readings;
    if (!isDeepStrictEqual(first?.parts, second?.parts)) return "split gave two answers to the same message";
    return isDeepStrictEqual(first, second) ? undefined : "map gave two answers to the same part";
  },
);

function tryAuthenticate(intake: Intake, subject: ConformanceSubject, message: RawMessage) {
  try {
    return intake.authenticate(copyOf(message), subject.account());
  } catch {
    return;
  }
}

const leavesInput = explored(
  "reading a message leaves it as it is",
  "its bytes are the evidence behind every number made from them, and the signature was checked on them",
  ({ intake, subject }, message) => {
    const given = copyOf(message);
    tryAuthenticate(intake, subject, given);
    tryRead(intake, subject, given);
    return isDeepStrictEqual(given, copyOf(message)) ? undefined : "the bytes or the headers were changed";
  },
);

const partsJoin = readingLaw(
  "the parts joined are the delivery",
  "a byte in no part is thrown away, and a byte in two parts counts twice",
  ({ parts }, message) => {
    if (parts.length === 0) return "there is no part, so nothing of the message would be stored";
    const joined = joinBytes(parts.map(({ body }) => body));
    if (Buffer.compare(joined, message.body) === 0) return;
    return `${parts.length} parts join to ${joined.length} bytes that are not the message's`;
  },
);

const keysFit = readingLaw(
  "a part has a key that can be stored",
  "the inbox recognises a second delivery by the account and this key, in a column of limited length",
  ({ parts }) => {
    for (const { key, kind } of parts) {
      if (key.length === 0 || key.length > KEY_LENGTH_MAX) {
        return `a key has ${key.length} characters, and may have 1 to ${KEY_LENGTH_MAX}`;
      }
      if (kind.length === 0 || kind.length > KEY_LENGTH_MAX) return `a kind has ${kind.length} characters`;
      const problem = unstorable({ key, kind });
      if (problem !== undefined) return problem;
    }
    return;
  },
);

const statementsFit = readingLaw(
  "every statement fits the canonical schema",
  "whatever comes after the mapping trusts the type, and would fail in the middle of a batch",
  (reading) => {
    for (const record of recordsOf(reading)) {
      const checked = checkedStatement(record);
      if (checked?.ok === false) return `the statement at ${record.at}: ${problemsText(checked.problems)}`;
    }
    return;
  },
);

type AnyStatement = Statement | SnapshotStatement | MasterStatement;

function checkedStatement(record: MappedRecord): Checked<AnyStatement> | undefined {
  switch (record.is) {
    case "master":
      return checkMaster(record.statement);
    case "stock":
      return checkStock(record.statement);
    case "order":
      return checkOrder(record.statement);
    case "snapshot":
      return checkSnapshot(record.statement);
    case "acknowledgement":
    case "ignored":
    case "invalid":
      return undefined;
    default:
      return record satisfies never;
  }
}

const mappingStorable = readingLaw(
  "what is mapped can be stored",
  "one NUL, half of a surrogate pair or a 31 February fails the whole batch it is written with, for ever",
  ({ mappings }) => mappings.map((mapping) => unstorable(mapping)).find((problem) => problem !== undefined),
);

const idsUnique = readingLaw(
  "a statement's id names one statement",
  "the log keeps the first of each id and counts the rest as duplicates, so a second meaning would be lost silently",
  (reading) => {
    const seen = new Map<string, AnyStatement>();
    for (const record of recordsOf(reading)) {
      if (!("statement" in record)) continue;
      const { statement } = record;
      const id = "id" in statement ? statement.id : snapshotPageId(statement.data);
      const first = seen.get(id) ?? statement;
      seen.set(id, first);
      if (!isDeepStrictEqual(first, statement)) return `the id ${id} names two different statements`;
    }
    return;
  },
);

const recordsExplain = readingLaw(
  "a record says where it stands, and why when it says nothing else",
  "an operator has to find the place in the message and mend the cause",
  (reading) => {
    for (const record of recordsOf(reading)) {
      const { at } = record;
      const texts = textsOf(record);
      if ([at, ...texts].some((text) => text.length > RECORD_TEXT_LENGTH_MAX)) {
        return `the record at ${at.slice(0, 80)} has a text of more than ${RECORD_TEXT_LENGTH_MAX} characters`;
      }
      if (texts.some((text) => text.trim() === ""))
        return `the record at ${at} is ${record.is} without saying why`;
    }
    return;
  },
);

function textsOf(record: MappedRecord): readonly string[] {
  switch (record.is) {
    case "invalid":
      return [record.reason, record.message];
    case "ignored":
      return [record.reason];
    case "acknowledgement":
      return [record.acknowledgement.controlNumber];
    case "stock":
    case "snapshot":
    case "master":
    case "order":
      return [];
    default:
      return record satisfies never;
  }
}

const forgeriesRefused: Law = {
  name: "a changed body is not genuine",
  why: "whoever can alter a message on its way could otherwise create stock",
  async check(subject) {
    const { intake } = subject.connector;
    if (intake?.vouchedBy !== "signature") return [];
    const genuine = subject.samples.filter(({ expect }) => expect.genuine !== false);
    if (genuine.length === 0)
      return ["no sample is genuine, and the intake says that signatures vouch for its messages"];
    const unsigned = genuine.flatMap(({ name, message }) => {
      const answer = tryAuthenticate(intake, subject, { headers: {}, body: message.body });
      return answer?.genuine === true ? [`sample "${name}" is genuine even without its headers`] : [];
    });
    const { exploreForgeries } = await import("./exploration.ts");
    const forged = exploreForgeries(subject, (message) => {
      const answer = tryAuthenticate(intake, subject, message);
      return answer?.genuine === true ? "bytes that the sender never signed are taken as genuine" : undefined;
    });
    return [...unsigned, ...forged];
  },
};

const noSecretNoTrust: Law = {
  name: "without its secrets nothing is genuine, and nothing throws",
  why: "an account is often set up before its secrets are, and a vendor calls as soon as it knows the address",
  async check(subject) {
    const { intake } = subject.connector;
    if (intake?.vouchedBy !== "signature") return [];
    const lacking: readonly (readonly [string, Account["secret"]])[] = [
      ["has no secrets", absentSecret],
      ["has empty secrets", () => ""],
    ];
    return subject.samples.flatMap(({ name, message }) =>
      lacking.flatMap(([says, secret]) => {
        const account: Account = { ...subject.account(), secret };
        try {
          const { genuine } = intake.authenticate(copyOf(message), account);
          return genuine ? [`sample "${name}" is genuine for an account that ${says}`] : [];
        } catch (error) {
          return [`sample "${name}": authenticate threw ${String(error)} for an account that ${says}`];
        }
      }),
    );
  },
};

function absentSecret(): string {
  throw new TypeError("the account has no secret of this name");
}

const refusalsKeepSecrets = explored(
  "a refusal says what to mend and not the secret",
  "its text goes to whoever sent the message",
  ({ intake, subject }, message) => {
    const answer = tryAuthenticate(intake, subject, message);
    if (answer === undefined || answer.genuine) return;
    if (answer.reason.trim() === "") return "a message is refused without a reason";
    const told = secretsOf(subject).find((secret) => answer.reason.includes(secret));
    return told === undefined ? undefined : "the reason of a refusal holds a secret of the account";
  },
);

/** The account's secrets that are long enough to be told from chance. */
function secretsOf(subject: ConformanceSubject): readonly string[] {
  const account = subject.account();
  return Object.keys(subject.connector.manifest.secrets).flatMap((name) => {
    try {
      const secret = account.secret(name);
      return secret.length >= 4 ? [secret] : [];
    } catch {
      return [];
    }
  });
}

/** The laws of everything that comes in. */
export const INTAKE_LAWS: readonly Law[] = [
  samplesMean,
  neverThrows,
  deterministic,
  leavesInput,
  partsJoin,
  keysFit,
  statementsFit,
  mappingStorable,
  idsUnique,
  recordsExplain,
  forgeriesRefused,
  noSecretNoTrust,
  refusalsKeepSecrets,
];
