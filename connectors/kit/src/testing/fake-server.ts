import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout } from "node:timers/promises";
import { drawFault, type Fault, type FaultKind, type FaultRates, hasEffect } from "./faults.ts";
import { seededRandom } from "./seeded-random.ts";
import { type TokenBucket, tokenBucket } from "./token-bucket.ts";

/** A request as the fake vendor sees it. Header names are in lower case. */
export type FakeCall = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/** What the fake vendor answers when nothing goes wrong. */
export type FakeAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

/** A call that was made, for tests to look at. `status` is absent when it was never answered. */
export type RecordedCall = FakeCall & {
  readonly number: number;
  readonly fault?: FaultKind;
  readonly status?: number;
};

/** A budget of calls per key: one for everybody, unless `keyOf` tells accounts apart. */
export type CallBudget = {
  readonly capacity: number;
  readonly refillPerSecond: number;
  readonly keyOf?: (call: FakeCall) => string;
  readonly costOf?: (call: FakeCall) => number;
};

export type FakeServerOptions = {
  /** Does what the vendor does and says what it answers. Runs only for calls that have their effect. */
  readonly handle: (call: FakeCall) => FakeAnswer | Promise<FakeAnswer>;
  readonly seed?: number | string;
  readonly faults?: FaultRates;
  /** How long an answer takes, drawn between both bounds. Default: at once. */
  readonly latencyMs?: { readonly min: number; readonly max: number };
  readonly budget?: CallBudget;
  /** The clock of the budgets. */
  readonly now?: () => Date;
  readonly callsKept?: number;
};

export type FakeServer = {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string;
  /** The next calls fail in this way, one fault a call, before the seeded plan goes on. */
  failNext(...faults: readonly Fault[]): void;
  /** The last calls, oldest first. */
  calls(): readonly RecordedCall[];
  /** How many calls there were in all, kept or not. */
  callCount(): number;
  /** Resolves when there have been that many calls, and rejects when the server is closed before. */
  called(count: number): Promise<void>;
  /** Ends at once: sockets that are idle, active or held are closed. Closing twice is harmless. */
  close(): Promise<void>;
};

/** Calls kept for tests to look at: enough to read, too few to fill the memory of a demo that runs for days. */
export const CALLS_KEPT_DEFAULT = 200;
/** Larger requests are answered 413. */
export const FAKE_BODY_BYTES_MAX = 16 * 1024 * 1024;
/** Keys with a budget of their own; with more the oldest is forgotten, and starts full again. */
const BUDGET_KEYS_MAX = 1_000;
const SOCKETS_MAX = 1_000;

/** An answer that carries JSON. */
export function jsonAnswer(status: number, value: unknown, headers: FakeAnswer["headers"] = {}): FakeAnswer {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(value) };
}

/**
 * The base of the fake vendors: a real HTTP server on a free port of the loopback address, with faults that are seeded or
 * asked for. A vendor's own behaviour is `handle`; everything that goes wrong around it is here.
 */
export async function fakeServer(options: FakeServerOptions): Promise<FakeServer> {
  const faultOf = faultPlan(options);
  const limit = options.budget === undefined ? undefined : limiter(options.budget, options.now);
  const journal = callJournal(options.callsKept ?? CALLS_KEPT_DEFAULT);
  const closing = new AbortController();

  const server = createServer((request, response) => {
    // Only a caller that hangs up half-way ends here; nobody is left to answer.
    answer(request, response).catch(() => request.socket.destroy());
  });
  server.maxConnections = SOCKETS_MAX;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    if (call === undefined) return write(response, { status: 413 });
    const refused = limit?.(call);
    const { fault, delayMs } = refused === undefined ? faultOf.next() : { fault: undefined, delayMs: 0 };
    await pause(delayMs, closing.signal);
    const done = refused ?? (hasEffect(fault) ? await handled(options, call) : undefined);
    const told = fault === undefined ? done : answerOfFault(fault);
    journal.add({
      ...call,
      ...(fault === undefined ? {} : { fault: fault.kind }),
      ...(told === undefined ? {} : { status: told.status }),
    });
    if (told !== undefined) write(response, told);
    else if (fault?.kind.startsWith("reset")) request.socket.resetAndDestroy();
    // What is left is a time-out: the socket stays open until the caller gives up or the server closes. A client waits on after an
    // interim answer (RFC 9110, section 15.2); the IO of tests takes this one for the word that it would wait in vain.
    else if (!response.destroyed) response.writeProcessing();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  let closed: Promise<void> | undefined;

  return {
    url: `http://127.0.0.1:${port}`,
    failNext: faultOf.failNext,
    calls: journal.calls,
    callCount: journal.count,
    called: journal.called,
    close() {
      closed ??= new Promise((resolve) => {
        closing.abort();
        journal.close();
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closed;
    },
  };
}

/** A fake that breaks says so in its answer: a silent socket would look like one of the planned faults. */
async function handled(options: FakeServerOptions, call: FakeCall): Promise<FakeAnswer> {
  try {
    return await options.handle(call);
  } catch (error) {
    return jsonAnswer(500, { message: `the fake vendor's own code failed: ${String(error)}` });
  }
}

function faultPlan(options: FakeServerOptions) {
  const random = seededRandom(options.seed ?? 1);
  const delays = random.fork("latency");
  const asked: Fault[] = [];
  return {
    failNext: (...faults: readonly Fault[]): void => {
      asked.push(...faults);
    },
    next(): { fault: Fault | undefined; delayMs: number } {
      const { min, max } = options.latencyMs ?? { min: 0, max: 0 };
      const fault = asked.shift() ?? drawFault(random, options.faults ?? {});
      return { fault, delayMs: delays.integer(min, max) };
    },
  };
}

function limiter(budget: CallBudget, now: () => Date = () => new Date()) {
  const buckets = new Map<string, TokenBucket>();
  return (call: FakeCall): FakeAnswer | undefined => {
    const key = budget.keyOf?.(call) ?? "";
    const { capacity, refillPerSecond } = budget;
    const bucket = buckets.get(key) ?? tokenBucket({ capacity, refillPerSecond, now });
    buckets.set(key, bucket);
    for (const oldest of buckets.size > BUDGET_KEYS_MAX ? buckets.keys().take(1) : []) buckets.delete(oldest);
    const { taken, waitMs } = bucket.take(budget.costOf?.(call) ?? 1);
    return taken ? undefined : tooManyRequests(Math.ceil(waitMs / 1_000));
  };
}

function callJournal(kept: number) {
  const calls: RecordedCall[] = [];
  const waiting = new Set<{ count: number; resolve: () => void; reject: (reason: Error) => void }>();
  let total = 0;
  let isClosed = false;
  const closedError = () => new Error("the fake server was closed before it was called that often");
  return {
    add(call: Omit<RecordedCall, "number">): void {
      total += 1;
      calls.push({ ...call, number: total });
      if (calls.length > kept) calls.shift();
      for (const waiter of [...waiting].filter(({ count }) => count <= total)) {
        waiting.delete(waiter);
        waiter.resolve();
      }
    },
    calls: (): readonly RecordedCall[] => [...calls],
    count: (): number => total,
    called(count: number): Promise<void> {
      if (count <= total) return Promise.resolve();
      if (isClosed) return Promise.reject(closedError());
      return new Promise((resolve, reject) => {
        waiting.add({ count, resolve, reject });
      });
    },
    close(): void {
      isClosed = true;
      for (const waiter of waiting) waiter.reject(closedError());
      waiting.clear();
    },
  };
}

function answerOfFault(fault: Fault): FakeAnswer | undefined {
  switch (fault.kind) {
    case "too-many-requests":
      return tooManyRequests(fault.retryAfterSeconds);
    case "error-before-effect":
    case "error-after-effect":
      return jsonAnswer(fault.status ?? 500, { message: "the fake vendor was told to fail" });
    case "garbled-after-effect":
      return { status: 200, headers: { "content-type": "application/json" }, body: '{"half": [' };
    case "timeout-before-effect":
    case "timeout-after-effect":
    case "reset-before-effect":
    case "reset-after-effect":
      return undefined;
    default:
      return fault satisfies never;
  }
}

function tooManyRequests(retryAfterSeconds: number | undefined): FakeAnswer {
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return jsonAnswer(429, { message: "too many requests" }, headers);
}

async function readCall(request: IncomingMessage): Promise<FakeCall | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > FAKE_BODY_BYTES_MAX) return undefined;
    chunks.push(bytes);
  }
  const url = new URL(request.url ?? "/", "http://fake");
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value ?? "")]);
  return {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(headers),
    body: new Uint8Array(Buffer.concat(chunks)),
  };
}

function write(response: ServerResponse, answer: FakeAnswer): void {
  response.writeHead(answer.status, { ...answer.headers });
  response.end(answer.body ?? "");
}

/** Waits, but no longer than the server lives. */
async function pause(ms: number, until: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await setTimeout(ms, undefined, { signal: until }).catch(() => undefined);
}
