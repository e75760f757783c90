import { createHistogram, type Histogram } from "../measure/histogram.ts";
import type { Answer } from "./answer-parser.ts";
import { type Connection, openConnection } from "./connection.ts";
import { orderOfAsking } from "./order-of-asking.ts";
import {
  ACCEPTED,
  BUYER_DIGITS,
  keyOf,
  type LoadOrder,
  type LoadResult,
  type PhaseCount,
} from "./protocol.ts";

/** One connection with what it is waiting for. */
type Line = { connection: Connection | undefined; buyer: number; dueAt: number };

/** What is known of the run so far. */
type Tally = {
  readonly statuses: Uint16Array;
  readonly firstAnswers: Map<number, string>;
  readonly examples: Map<number, string>;
  readonly selling: Histogram;
  readonly soldOut: Histogram;
  accepted: number;
  retries: number;
  unlike: number;
  soldOutAt: number | undefined;
};

/** Runs a crowd against a server. Rejects when a connection breaks: a run with holes is not a run. */
export async function drive(order: LoadOrder): Promise<LoadResult> {
  const turns = orderOfAsking(order.crowd);
  const retrying = buyersWhoRetry(turns, order.crowd.buyers);
  const tally = emptyTally(order.crowd.buyers);
  const usedBefore = process.cpuUsage();
  const { startedAt, endedAt } = await run(order, turns, (line, answer, now) =>
    count(tally, { line, answer, now, units: order.units, retries: retrying.has(line.buyer) }),
  );
  const used = process.cpuUsage(usedBefore);
  const turnedAt = tally.soldOutAt ?? endedAt;
  return {
    selling: phase(tally.selling, turnedAt - startedAt),
    soldOut: phase(tally.soldOut, endedAt - turnedAt),
    statuses: tally.statuses,
    retries: tally.retries,
    unlike: tally.unlike,
    examples: Object.fromEntries(tally.examples),
    generatorMicros: used.user + used.system,
  };
}

function phase(latency: Histogram, elapsedMs: number): PhaseCount {
  return { requests: latency.count, elapsedMs, latency: latency.counts() };
}

function emptyTally(buyers: number): Tally {
  return {
    statuses: new Uint16Array(buyers),
    firstAnswers: new Map(),
    examples: new Map(),
    selling: createHistogram(),
    soldOut: createHistogram(),
    accepted: 0,
    retries: 0,
    unlike: 0,
    soldOutAt: undefined,
  };
}

function buyersWhoRetry(turns: Uint32Array, buyers: number): ReadonlySet<number> {
  const seen = new Uint8Array(buyers);
  const again = new Set<number>();
  for (const buyer of turns) {
    if (seen[buyer] === 1) again.add(buyer);
    seen[buyer] = 1;
  }
  return again;
}

type Counted = {
  readonly line: Line;
  readonly answer: Answer;
  readonly now: number;
  readonly units: number;
  readonly retries: boolean;
};

function count(tally: Tally, { line, answer, now, units, retries }: Counted): void {
  const { status, body } = answer;
  const micros = (now - line.dueAt) * 1_000;
  (tally.soldOutAt === undefined ? tally.selling : tally.soldOut).record(micros);
  const isFirst = tally.statuses[line.buyer] === 0;
  if (isFirst) {
    tally.statuses[line.buyer] = status;
    if (status === ACCEPTED) tally.accepted += 1;
    if (tally.accepted === units) tally.soldOutAt ??= now;
    if (!tally.examples.has(status)) tally.examples.set(status, body.toString());
  }
  if (retries) compare(tally, line.buyer, `${status} ${body.toString()}`);
}

function compare(tally: Tally, buyer: number, answer: string): void {
  const first = tally.firstAnswers.get(buyer);
  if (first === undefined) {
    tally.firstAnswers.set(buyer, answer);
    return;
  }
  tally.retries += 1;
  if (withoutJourney(first) !== withoutJourney(answer)) tally.unlike += 1;
  tally.firstAnswers.delete(buyer);
}

/** A problem names the journey of the request that it answers; that is the one thing that a retry may see differently. */
function withoutJourney(answer: string): string {
  return answer.replace(/"correlationId":"[^"]*"/, "");
}

type Times = { readonly startedAt: number; readonly endedAt: number };
type Answered = (line: Line, answer: Answer, now: number) => void;

/** Opens the connection of every line. */
async function connect(
  lines: readonly Line[],
  optionsOf: (line: Line) => Parameters<typeof openConnection>[0],
): Promise<void> {
  await Promise.all(
    lines.map(async (line) => {
      line.connection = await openConnection(optionsOf(line));
    }),
  );
}

/** Connects, sends every turn at its time, and resolves when the last is answered. */
async function run(order: LoadOrder, turns: Uint32Array, answered: Answered): Promise<Times> {
  const { target, keyPrefix, pace, connections, secondsMax = Number.POSITIVE_INFINITY } = order;
  const keyLength = keyPrefix.length + BUYER_DIGITS;
  const end = Promise.withResolvers<number>();
  const free: Line[] = [];
  const lines: Line[] = Array.from({ length: connections }, () => ({
    connection: undefined,
    buyer: 0,
    dueAt: 0,
  }));
  let next = 0;
  let inFlight = 0;
  let startedAt = 0;

  const isLast = (now: number) => next >= turns.length || now - startedAt >= secondsMax * 1_000;
  // In an open run a request is due at its time even when every connection is busy then.
  const dueAt = (turn: number, now: number) =>
    pace.is === "closed" ? now : startedAt + (turn * 1_000) / pace.perSecond;

  function send(line: Line, now: number): void {
    line.buyer = turns[next] ?? 0;
    line.dueAt = dueAt(next, now);
    next += 1;
    inFlight += 1;
    line.connection?.ask(keyOf(keyPrefix, line.buyer));
  }

  function sendDue(now: number): void {
    while (free.length > 0 && !isLast(now) && dueAt(next, now) <= now) {
      const line = free.pop();
      if (line !== undefined) send(line, now);
    }
  }

  function finish(line: Line, answer: Answer): void {
    const now = performance.now();
    inFlight -= 1;
    answered(line, answer, now);
    free.push(line);
    sendDue(now);
    if (inFlight === 0 && isLast(now)) end.resolve(now);
  }

  const { reject: failed } = end;
  await connect(lines, (line) => ({ target, keyLength, failed, answered: (answer) => finish(line, answer) }));
  startedAt = performance.now();
  free.push(...lines);
  sendDue(startedAt);
  // A timer is good to a millisecond, and what it adds counts against the server.
  const timer = pace.is === "open" ? setInterval(() => sendDue(performance.now()), 1) : undefined;
  try {
    return { startedAt, endedAt: await end.promise };
  } finally {
    clearInterval(timer);
    for (const { connection } of lines) connection?.close();
  }
}
