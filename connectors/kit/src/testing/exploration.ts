import { checker, OutboundDocument } from "@crossdock/canonical";
import fc from "fast-check";
import type { RawMessage } from "../intake.ts";
import { editBytes, editJson, jsonOf } from "./mutation.ts";
import type { ConformanceSubject, DocumentSample, MessageSample } from "./subject.ts";

/** Samples above this size are checked as they are but not mutated: three hundred times a megabyte is a slow suite. */
export const MUTATED_BYTES_MAX = 64 * 1024;
/** Messages that each law is tried on. */
const RUNS_DEFAULT = 300;
/** Changed documents that are made for one that still fits its schema, more or less. */
const CHANGES_PER_DOCUMENT = 4;
/** A search, or the making of a smaller example, ends here: a slow connector has fewer messages tried on it. */
const EXPLORATION_MS_MAX = 15_000;
/** How much of a failing body is shown. */
const SHOWN_BYTES_MAX = 1_000;

/** Says what is wrong with a message, or nothing. */
export type Judge<Value> = (value: Value) => string | undefined;

/** Texts and tokens that have broken parsers before. Marked ones are written into the JSON as they stand. */
const RAW_TOKENS = ["1e400", "-0", "9007199254740993", "0.1", "1E2", "-1", "0"];
const NASTY: readonly unknown[] = [
  ...RAW_TOKENS.map((token) => `@raw:${token}@`),
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "__proto__",
  "constructor",
  "2026-02-31T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "2026-01-01T00:00:00+23:59",
  "9".repeat(40),
  "-1.5",
  "x".repeat(201),
  "😀".repeat(100),
  "/",
  "~",
  null,
  true,
  [],
  {},
  -1,
  0,
  1.5,
];

const nastyValue = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
);
const jsonEdit = fc.record({
  place: fc.nat(),
  change: fc.constantFrom("replace", "remove", "repeat", "add"),
  value: nastyValue,
});
const jsonEdits = fc.array(jsonEdit, { minLength: 1, maxLength: 4 });
/** Few at a time: a document is closed, and most changes make it one that cannot exist. */
const documentEdits = fc.array(jsonEdit, { minLength: 1, maxLength: 2 });
const byteEdits = fc.array(
  fc.record({
    place: fc.nat(),
    change: fc.constantFrom("flip", "insert", "remove", "truncate", "repeat"),
    byte: fc.integer({ min: 0, max: 255 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const noise = fc.uint8Array({ maxLength: 400 });
const noisyHeaders = fc.dictionary(
  fc.oneof(fc.constantFrom("content-type", "x-id", "__proto__"), fc.string({ maxLength: 20 })),
  fc.string({ maxLength: 300, unit: "binary" }),
  { maxKeys: 5 },
);

/** Writes a mutated value as JSON, with the marked tokens as they are: JSON.stringify itself can say no `1e400`. */
function jsonBytes(value: unknown): Uint8Array {
  const text = JSON.stringify(value) ?? "null";
  return new TextEncoder().encode(text.replace(/"@raw:([^@"]*)@"/g, "$1"));
}

function mutations({ message }: MessageSample): fc.Arbitrary<RawMessage> {
  const { headers, body } = message;
  const parsed = jsonOf(body);
  const bodies = [
    { weight: 3, arbitrary: byteEdits.map((edits) => editBytes(body, edits)) },
    { weight: 1, arbitrary: noise },
    { weight: 1, arbitrary: fc.jsonValue().map(jsonBytes) },
    ...(parsed === undefined
      ? []
      : [{ weight: 6, arbitrary: jsonEdits.map((edits) => jsonBytes(editJson(parsed.value, edits))) }]),
  ];
  const changedHeaders = fc.oneof(
    { weight: 3, arbitrary: fc.constant(headers) },
    { weight: 1, arbitrary: noisyHeaders.map((others) => ({ ...headers, ...others })) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(), nastyValue).map((edit) => editHeader(headers, edit)) },
  );
  const changedBody = fc.record({ headers: changedHeaders, body: fc.oneof(...bodies) });
  return fc.oneof(
    { weight: 5, arbitrary: changedBody },
    { weight: 1, arbitrary: changedHeaders.map((others) => ({ headers: others, body })) },
  );
}

function editHeader(
  headers: RawMessage["headers"],
  [place, value]: [number, unknown],
): RawMessage["headers"] {
  const names = Object.keys(headers);
  const chosen = names[place % Math.max(1, names.length)];
  const text = typeof value === "string" ? value : undefined;
  const entries = Object.entries(headers).map(([name, old]) => [name, name === chosen ? text : old] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Messages of every kind: noise, and the samples with some of their bytes, values and headers changed. */
function messages(samples: readonly MessageSample[]): fc.Arbitrary<RawMessage> {
  const small = samples.filter(({ message }) => message.body.length <= MUTATED_BYTES_MAX);
  const ofNoise = fc.record({ headers: noisyHeaders, body: noise });
  const mutated = small.map((sample) => ({ weight: 6, arbitrary: mutations(sample) }));
  return fc
    .oneof({ weight: 3, arbitrary: ofNoise }, ...mutated)
    .map(({ headers, body }) => ({ headers: { ...headers }, body }));
}

/**
 * Tries a law on all samples and on hundreds of messages made from them. Gives the samples' breaches, or the smallest
 * message found that breaks it, with the seed that finds it again.
 */
export function exploreMessages(subject: ConformanceSubject, judge: Judge<RawMessage>): string[] {
  const ofSamples = subject.samples.flatMap(({ name, message }) => {
    const problem = judge(message);
    return problem === undefined ? [] : [`sample "${name}": ${problem}`];
  });
  if (ofSamples.length > 0) return ofSamples;
  return smallestBreach(subject, messages(subject.samples), { judge, show: showMessage });
}

/** As `exploreMessages`, but only the bytes of one genuine sample change, and they always do. */
export function exploreForgeries(subject: ConformanceSubject, judge: Judge<RawMessage>): string[] {
  const genuine = subject.samples.filter(
    ({ message, expect }) => expect.genuine !== false && message.body.length <= MUTATED_BYTES_MAX,
  );
  if (genuine.length === 0) return [];
  const forged = fc
    .tuple(fc.constantFrom(...genuine), byteEdits)
    .map(([{ message }, edits]) => ({ original: message, body: editBytes(message.body, edits) }))
    .filter(({ original, body }) => Buffer.compare(original.body, body) !== 0)
    .map(({ original, body }) => ({ headers: original.headers, body }));
  return smallestBreach(subject, forged, { judge, show: showMessage });
}

const checkDocument = checker(OutboundDocument);

/** Tries a law on documents that are changed at some places and still fit the canonical schema. */
export function exploreDocuments(subject: ConformanceSubject, judge: Judge<OutboundDocument>): string[] {
  const samples: readonly DocumentSample[] = subject.documents ?? [];
  if (samples.length === 0) return [];
  const changed = fc
    .tuple(fc.constantFrom(...samples), documentEdits)
    .map(([{ document }, edits]) => editJson(document, edits))
    .map((value) => checkDocument(value));
  const judgeFitting = (checked: ReturnType<typeof checkDocument>) =>
    checked.ok ? judge(checked.value) : undefined;
  const show = (checked: ReturnType<typeof checkDocument>) => JSON.stringify(checked);
  const runs = (subject.runs ?? RUNS_DEFAULT) * CHANGES_PER_DOCUMENT;
  return smallestBreach({ ...subject, runs }, changed, { judge: judgeFitting, show });
}

type Search<Value> = { readonly judge: Judge<Value>; readonly show: (value: Value) => string };

function smallestBreach<Value>(
  subject: ConformanceSubject,
  values: fc.Arbitrary<Value>,
  { judge, show }: Search<Value>,
): string[] {
  const holds = fc.property(values, (value) => judge(value) === undefined);
  const numRuns = subject.runs ?? RUNS_DEFAULT;
  const interruptAfterTimeLimit = EXPLORATION_MS_MAX;
  const result = fc.check(holds, {
    numRuns,
    interruptAfterTimeLimit,
    ...(subject.seed === undefined ? {} : { seed: subject.seed }),
  });
  if (!result.failed) return [];
  const [value] = result.counterexample ?? [];
  const found = value === undefined ? String(result.errorInstance) : `${judge(value)}\n  for ${show(value)}`;
  return [`${found}\n  (seed ${result.seed}, after ${result.numRuns} runs)`];
}

function showMessage({ headers, body }: RawMessage): string {
  const text = Buffer.from(body.subarray(0, SHOWN_BYTES_MAX)).toString("latin1");
  return `headers ${JSON.stringify(headers)} and the ${body.length} bytes ${JSON.stringify(text)}`;
}
