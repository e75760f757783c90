import type { FastifyReply } from "fastify";
import type { After } from "./arrival-service.ts";
import { STREAM_STUCK_MS } from "./limits.ts";

/** One message of a stream. Without `data` it only says where whoever reads it stands. */
export type StreamEvent = {
  readonly event?: string;
  readonly id?: string | undefined;
  readonly data?: object;
};

/** A stream of events to one reader (WHATWG HTML, section 9.2). */
export type EventStream = {
  /** Aborted when the reader has gone, or when it is told to end. */
  readonly over: AbortSignal;
  /** Writes an event; done when the system has taken all of it from us, so that nothing waits here that grows old. */
  send(event: StreamEvent): Promise<void>;
  end(): void;
};

const textOf = ({ event, id, data }: StreamEvent): string =>
  [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    data === undefined ? ": still here" : `data: ${JSON.stringify(data)}`,
    "\n",
  ].join("\n");

/** Begins to answer with a stream. From now on the framework leaves the reply alone. */
export function beginStream(reply: FastifyReply, after: After, retryMs: number): EventStream {
  reply.hijack();
  reply.isStream = true;
  const { raw } = reply;
  const over = new AbortController();
  raw.once("close", () => over.abort());
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  // It ends with the stream: kept for another request it would outlive a server that stops by as long as idle ones may.
  raw.setHeader("connection", "close");
  // A proxy in front shall pass each event on as it comes.
  raw.setHeader("x-accel-buffering", "no");
  raw.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const write = (text: string) =>
    new Promise<void>((done) => {
      // A reader that takes nothing for so long has gone without saying so.
      const callOff = after(STREAM_STUCK_MS, () => raw.destroy());
      raw.write(text, () => {
        callOff();
        done();
      });
    });
  let isFirst = true;
  return {
    over: over.signal,
    send(event) {
      const text = isFirst ? `retry: ${retryMs}\n${textOf(event)}` : textOf(event);
      isFirst = false;
      return over.signal.aborted ? Promise.resolve() : write(text);
    },
    end() {
      over.abort();
      raw.end();
    },
  };
}
