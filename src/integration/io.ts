import {
  type IncomingMessage,
  Agent as PlainAgent,
  type RequestOptions,
  request as requestPlain,
} from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import type { ConnectorIo, HttpFailure, HttpRequest, HttpResponse } from "@crossdock/connector-kit";
import type { Clock, Ids, Lease } from "../platform/index.ts";

/** Time that a call may take unless the connector asks for less or more, and the most that it may ask for. */
export const HTTP_TIMEOUT_MS_DEFAULT = 15_000;
export const HTTP_TIMEOUT_MS_MAX = 60_000;
/** The largest answer that is read. A partner who sends more has sent something else than an answer. */
export const HTTP_RESPONSE_BYTES_MAX = 16 * 1024 * 1024;
/** Connections to one partner at a time, and how long one is kept open for the next call. */
const SOCKETS_PER_HOST_MAX = 16;
const SOCKET_IDLE_MS = 5_000;

export type HttpIoOptions = {
  readonly clock: Clock;
  readonly ids: Ids;
  /** The program's version, for the user agent. */
  readonly version: string;
  /** Largest answer in bytes; for tests. */
  readonly responseBytesMax?: number;
};

/** What a caller needs to know of a lease to send nothing after it. */
export type SendingRight = Pick<Lease, "isHeld" | "ended">;

/**
 * The product's IO for connectors. `until` makes an IO whose calls end at once when the signal is aborted or the right to send
 * has ended. The right is looked at before each call: a process that was paused for too long must not send what it had in hand.
 */
export type HttpIo = { until(end: AbortSignal, right?: SendingRight): ConnectorIo; close(): void };

/**
 * Opens HTTP for connectors: bounded in time and size, without redirects (a 3xx is an answer like any other: a partner's
 * document must not wander off to where nobody has configured it), with our user agent. Connections are kept for a few seconds.
 *
 * `sent` in a failure is false only while no byte of the request can have left: before the connection stands, and with TLS
 * before its handshake is done. After that the partner may have acted, whatever went wrong.
 */
export function openHttpIo(options: HttpIoOptions): HttpIo {
  const settings = { keepAlive: true, maxSockets: SOCKETS_PER_HOST_MAX, timeout: SOCKET_IDLE_MS };
  const agents = { plain: new PlainAgent(settings), secure: new SecureAgent(settings) };
  return {
    until(end, right) {
      const ends = right === undefined ? end : AbortSignal.any([end, right.ended]);
      return {
        now: () => options.clock.now(),
        newKey: () => options.ids.next(),
        http: async (request) =>
          right?.isHeld() === false
            ? { failed: "the right to send has ended", sent: false }
            : call(options, agents, { request, end: ends }),
      };
    },
    close() {
      agents.plain.destroy();
      agents.secure.destroy();
    },
  };
}

type Agents = { readonly plain: PlainAgent; readonly secure: SecureAgent };

async function call(
  options: HttpIoOptions,
  agents: Agents,
  { request, end }: { readonly request: HttpRequest; readonly end: AbortSignal },
): Promise<HttpResponse | HttpFailure> {
  const url = URL.parse(request.url);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return { failed: `${request.url} is not an address of HTTP`, sent: false };
  }
  const timeoutMs = Math.min(request.timeoutMs ?? HTTP_TIMEOUT_MS_DEFAULT, HTTP_TIMEOUT_MS_MAX);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  const stop = () => giveUp.abort(new Error("the call was ended before it was answered"));
  end.addEventListener("abort", stop, { once: true });
  if (end.aborted) stop();
  try {
    return await exchange(options, agents, { request, url, signal: giveUp.signal });
  } finally {
    clearTimeout(timer);
    end.removeEventListener("abort", stop);
  }
}

type Exchange = { readonly request: HttpRequest; readonly url: URL; readonly signal: AbortSignal };

async function exchange(
  { version, responseBytesMax = HTTP_RESPONSE_BYTES_MAX }: HttpIoOptions,
  agents: Agents,
  { request, url, signal }: Exchange,
): Promise<HttpResponse | HttpFailure> {
  const isSecure = url.protocol === "https:";
  let sent = false;
  try {
    signal.throwIfAborted();
    const headers = { "user-agent": `crossdock/${version}`, ...lengthOf(request), ...request.headers };
    const settings: RequestOptions = { method: request.method, headers, signal };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = isSecure
      ? requestSecure(url, { ...settings, agent: agents.secure })
      : requestPlain(url, { ...settings, agent: agents.plain });
    outgoing.on("socket", (socket) => {
      // A kept connection stands already, so nothing will tell when the first byte leaves.
      if (outgoing.reusedSocket) sent = true;
      else
        socket.once(isSecure ? "secureConnect" : "connect", () => {
          sent = true;
        });
    });
    outgoing.on("response", resolve).on("error", reject);
    outgoing.end(request.body);
    const response = await promise;
    const body = await readBody(response, responseBytesMax);
    return { status: response.statusCode ?? 0, headers: headersOf(response), body };
  } catch (error) {
    return { failed: reasonOf(error, signal), sent };
  }
}

/** Said beforehand, because Node would send an unknown length in chunks, which some partners refuse. */
function lengthOf({ method, body }: HttpRequest): Record<string, string> {
  if (body === undefined) return method === "GET" || method === "DELETE" ? {} : { "content-length": "0" };
  return { "content-length": String(Buffer.byteLength(body)) };
}

async function readBody(response: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes: Uint8Array = chunk;
    size += bytes.length;
    if (size > bytesMax) throw new RangeError(`the answer is larger than ${bytesMax} bytes`);
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const texts = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(", ") : (value ?? ""),
  ]);
  return Object.fromEntries(texts);
}

/** One line that says what went wrong. When we gave up ourselves, the reason is ours and not Node's. */
function reasonOf(error: unknown, signal: AbortSignal): string {
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0], signal);
  return cause instanceof Error ? cause.message : String(cause);
}
