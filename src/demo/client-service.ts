import { setTimeout } from "node:timers/promises";
import type { ConnectorIo, HttpFailure, HttpRequest, HttpResponse } from "@crossdock/connector-kit";
import { isHttpFailure } from "@crossdock/connector-kit";

/** How long the product may take to answer before the caller gives up on that attempt. */
const ANSWER_MS_MAX = 15_000;

/** An answer of the product; `body` is undefined when it is no JSON. */
export type Answer = { readonly status: number; readonly body: unknown };

/** The product as a guest sees it: over HTTP, with an API key. */
export type Client = {
  /** IO for simulated systems that send by themselves. */
  readonly io: ConnectorIo;
  /** The header that says who is calling, for what carries no signature. */
  readonly authorization: Readonly<Record<string, string>>;
  /** Where an account's messages are posted to. */
  messagesUrl(accountId: string): string;
  /** One request with the key. Undefined when there was no answer. */
  ask(request: {
    readonly method: "GET" | "POST" | "DELETE";
    readonly path: string;
    readonly body?: object;
    readonly idempotencyKey?: string;
  }): Promise<Answer | undefined>;
};

/** Opens the product for a guest. When `end` is aborted, running requests end at once and nothing is tried again. */
export function openClient(options: {
  readonly url: string;
  readonly key: string;
  readonly end: AbortSignal;
}): Client {
  const { url, key, end } = options;
  const io: ConnectorIo = {
    now: () => new Date(),
    newKey: () => crypto.randomUUID(),
    http: (request) => exchange(request, end),
  };
  const authorization = { authorization: `Bearer ${key}` };
  const messagesUrl = (accountId: string) => `${url}/system/v1/connectors/${accountId}/messages`;

  return {
    io,
    authorization,
    messagesUrl,
    async ask({ method, path, body, idempotencyKey }) {
      const json = body === undefined ? {} : { "content-type": "application/json" };
      const keyed = idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey };
      const outcome = await io.http({
        method,
        url: url + path,
        headers: { ...authorization, ...json, ...keyed },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return isHttpFailure(outcome) ? undefined : toAnswer(outcome);
    },
  };
}

/** Waits, but not longer than the signal lets it. */
export async function pause(ms: number, end: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal: end }).catch(() => undefined);
}

/** Waits for something, but not beyond a signal. */
export async function until(done: Promise<unknown>, end: AbortSignal): Promise<void> {
  // What fails after we have stopped waiting for it is nobody's concern any more, also when we never began to wait.
  done.catch(() => undefined);
  if (end.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  end.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([done, promise]);
  } finally {
    end.removeEventListener("abort", stop);
  }
}

async function exchange(request: HttpRequest, end: AbortSignal): Promise<HttpResponse | HttpFailure> {
  const { method, url, headers = {}, body, timeoutMs = ANSWER_MS_MAX } = request;
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      redirect: "manual",
      signal: AbortSignal.any([end, AbortSignal.timeout(timeoutMs)]),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: Object.fromEntries(response.headers), body: bytes };
  } catch (error) {
    return { failed: reasonOf(error), sent: true };
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function toAnswer(response: HttpResponse): Answer {
  try {
    return { status: response.status, body: JSON.parse(textOf(response)) };
  } catch {
    return { status: response.status, body: undefined };
  }
}

const textOf = ({ body }: HttpResponse): string => new TextDecoder().decode(body);
