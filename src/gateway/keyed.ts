import type { FastifyReply, FastifyRequest } from "fastify";
import type { KeepAnswer, Log } from "../platform/index.ts";
import {
  IDEMPOTENCY_FIELD,
  type KeyReading,
  REPLAYED_FIELD,
  readIdempotencyKey,
  requestFingerprint,
} from "./idempotency.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";
import { type Occurrence, PROBLEM_KINDS, PROBLEM_MEDIA_TYPE, toProblem } from "./problem.ts";
import type { KeptAnswer, KeyedAnswersPort } from "./services.ts";
import { callerOf, refuse, sendKept } from "./web.ts";

/** What a keyed request came to: an answer, or a refusal that would be the same next time. */
export type Outcome = KeptAnswer | Occurrence;

/** A JSON answer. */
export function jsonAnswer(status: number, body: object, location?: string): KeptAnswer {
  const answer = { status, contentType: "application/json; charset=utf-8", body: JSON.stringify(body) };
  return location === undefined ? answer : { ...answer, location };
}

/** The idempotency key of a request. */
export function keyOf(request: FastifyRequest): KeyReading {
  return readIdempotencyKey(request.headers[IDEMPOTENCY_FIELD]);
}

type Stores = { readonly keyedAnswers: KeyedAnswersPort; readonly log: Log };

/** Runs a request; what it changes is to be committed together with what it gives `keep`. */
type Run = (keep: KeepAnswer<Outcome>) => Promise<Outcome>;

const keepNothing = async () => undefined;

/**
 * Makes a change exactly once a key, and answers as `answerOnce` does. The change keeps its answer in its own transaction, so that not even
 * a crash between the two lets a repetition make it again. A refusal, which has changed nothing, need not be kept there.
 */
export function changeOnce<Answer>(
  reply: FastifyReply,
  stores: Stores,
  {
    change,
    outcomeOf,
  }: {
    readonly change: (keep: KeepAnswer<Answer>) => Promise<Answer>;
    readonly outcomeOf: (answer: Answer) => Outcome;
  },
): Promise<FastifyReply> {
  const run: Run = async (keep) => outcomeOf(await change((tx, answer) => keep(tx, outcomeOf(answer))));
  return answerOnce(reply, stores, run);
}

/**
 * Runs a request at most once a key, and answers. A repeated key gets the first answer; one that belongs to another request is
 * refused, and so is one whose first request is still running. A run that throws gives its claim back. Without a key the
 * request just runs.
 */
export async function answerOnce(
  reply: FastifyReply,
  stores: Stores,
  run: Run,
  /** The key, where it is not a header field: a form has it in a field of its own. */
  from?: { readonly key: string | undefined },
): Promise<FastifyReply> {
  const { request } = reply;
  const reading = from === undefined ? keyOf(request) : readIdempotencyKey(from.key);
  if (reading.is === "malformed") return refuse(reply, { code: "idempotency-key-malformed" });
  if (reading.is === "absent") return send(reply, await run(keepNothing));

  const { keyedAnswers } = stores;
  const key = { clientId: callerOf(request).clientId, key: reading.key };
  const claim = await keyedAnswers.claim(key, fingerprintOf(request));
  switch (claim.is) {
    case "reused":
      return refuse(reply, { code: "idempotency-key-reused" });
    case "in-flight":
      return refuse(reply, {
        code: "idempotency-key-in-flight",
        headers: { "retry-after": String(RETRY_AFTER_SECONDS) },
      });
    case "answered":
      return sendKept(reply.header(REPLAYED_FIELD, "true"), claim.answer);
    case "claimed":
      return send(reply, await runAndKeep(reply, { ...stores, key, claim: claim.claim }, run));
    default:
      return claim satisfies never;
  }
}

type Held = Stores & {
  readonly key: { readonly clientId: string; readonly key: string };
  readonly claim: string;
};

async function runAndKeep(reply: FastifyReply, held: Held, run: Run): Promise<Outcome> {
  const { keyedAnswers, key, claim } = held;
  let outcome: Outcome;
  let isKept = false;
  try {
    outcome = await run(async (tx, answer) => {
      await keyedAnswers.keepWithin(tx, key, claim, toAnswer(reply.request, answer));
      isKept = true;
    });
  } catch (error) {
    await keyedAnswers.release(key, claim).catch((cause: unknown) => tellUnkept(reply, held, cause));
    throw error;
  }
  if (isKept) return outcome;
  // The effect is there, so the caller is told, even when a repetition will have to be worked out again.
  await keyedAnswers
    .keep(key, claim, toAnswer(reply.request, outcome))
    .catch((cause: unknown) => tellUnkept(reply, held, cause));
  return outcome;
}

function tellUnkept(reply: FastifyReply, { log, key }: Held, cause: unknown): void {
  log.warn({ event: "gateway.answer-not-kept", correlationId: reply.request.id, ...key, err: cause });
}

function fingerprintOf(request: FastifyRequest): string {
  const { method, url, bodyText = "" } = request;
  return requestFingerprint({ method, path: url, body: bodyText });
}

function send(reply: FastifyReply, outcome: Outcome): FastifyReply {
  return "code" in outcome ? refuse(reply, outcome) : sendKept(reply, outcome);
}

function toAnswer(request: FastifyRequest, outcome: Outcome): KeptAnswer {
  if (!("code" in outcome)) return outcome;
  const problem = toProblem(outcome, { url: request.url, correlationId: request.id });
  const { status } = PROBLEM_KINDS[outcome.code];
  return { status, contentType: PROBLEM_MEDIA_TYPE, body: JSON.stringify(problem) };
}
