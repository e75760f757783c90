import { randomUUID } from "node:crypto";
import { type IncomingMessage, request as startRequest } from "node:http";
import type { ConnectorIo, HttpFailure, HttpRequest, HttpResponse } from "../lent-io.ts";

/** What a test may settle about the IO that it lends. */
export type LoopbackIoOptions = {
  readonly now?: () => Date;
  readonly newKey?: () => string;
  /** The longest that a call may take, whatever the connector asks for. */
  readonly timeoutMs?: number;
};

/** Generous: a busy machine is no fault. Who is not answered on purpose is told so, and does not wait for it. */
const TIMEOUT_MS_DEFAULT = 30_000;
/** By this interim answer a fake server says that it has decided not to answer. */
const STATUS_PROCESSING = 102;
/** A fake vendor's answers are small; what is larger is a mistake. */
export const RESPONSE_BYTES_MAX = 4 * 1024 * 1024;
const LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"];

/**
 * The IO that tests lend to a connector: bounded in time and size, redirects are answers, and it never leaves the machine. A
 * call that a fake server holds open for ever ends at once, so that no outcome depends on how fast the machine is.
 * `sent` in a failure is true from the moment a connection stands, because from then on the bytes may have arrived.
 */
export function loopbackIo(options: LoopbackIoOptions = {}): ConnectorIo {
  const timeoutMsMax = options.timeoutMs ?? TIMEOUT_MS_DEFAULT;
  return {
    now: options.now ?? (() => new Date()),
    newKey: options.newKey ?? (() => randomUUID()),
    http(request) {
      const url = URL.parse(request.url);
      if (url === null || url.protocol !== "http:" || !LOOPBACK_HOSTS.includes(url.hostname)) {
        const failed = `${request.url} is not an http address of this machine, and tests go nowhere else`;
        return Promise.resolve({ failed, sent: false });
      }
      const timeoutMs = Math.min(request.timeoutMs ?? timeoutMsMax, timeoutMsMax);
      return exchange(url, request, timeoutMs);
    },
  };
}

function exchange(url: URL, request: HttpRequest, timeoutMs: number): Promise<HttpResponse | HttpFailure> {
  const { promise, resolve } = Promise.withResolvers<HttpResponse | HttpFailure>();
  let sent = false;
  const giveUp = new AbortController();
  const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
  const end = (outcome: HttpResponse | HttpFailure) => {
    clearTimeout(timer);
    resolve(outcome);
  };
  const fail = (failed: string) => {
    end({ failed, sent });
    giveUp.abort();
  };
  try {
    const { method, headers = {}, body } = request;
    // A connection of its own for every call: a reused one may already be half closed, which would blur `sent`.
    const outgoing = startRequest(url, { method, headers, agent: false, signal: giveUp.signal });
    outgoing.on("socket", (socket) => {
      socket.once("connect", () => {
        sent = true;
      });
    });
    outgoing.on("error", (error) => fail(error.message));
    outgoing.on("information", ({ statusCode }) => {
      if (statusCode === STATUS_PROCESSING) fail("no answer will come");
    });
    outgoing.on("response", (response) => {
      const { statusCode: status = 0 } = response;
      readBody(response).then(
        (bytes) => end({ status, headers: headersOf(response), body: bytes }),
        (error: unknown) => fail(messageOf(error)),
      );
    });
    outgoing.end(body);
  } catch (error) {
    // Node refuses a header or a method that cannot be written; nothing has left.
    fail(messageOf(error));
  }
  return promise;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > RESPONSE_BYTES_MAX)
      throw new RangeError(`the answer is larger than ${RESPONSE_BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function headersOf(response: IncomingMessage): Record<string, string> {
  const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value ?? "")]);
  return Object.fromEntries(headers);
}
