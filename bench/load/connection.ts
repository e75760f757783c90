import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { type Answer, createAnswerParser } from "./answer-parser.ts";

/** Where requests go, and everything of them that stays the same. */
export type Target = {
  /** `POST` unless another is said. */
  readonly method?: "GET" | "POST";
  readonly port: number;
  readonly path: string;
  /** Beside Host, Content-Length, Content-Type and Idempotency-Key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** A keep-alive connection with one request in flight at most. */
export type Connection = {
  /** Sends the request under a key; the answer goes to `answered`. The key must be of the length that was agreed. */
  ask(key: string): void;
  close(): void;
};

export type ConnectionOptions = {
  readonly target: Target;
  /** Length of every key: the request is written once, and only its key changes. */
  readonly keyLength: number;
  readonly answered: (answer: Answer) => void;
  /** The connection broke, or what came cannot be read. */
  readonly failed: (error: Error) => void;
};

/** A request with a place for its key. */
export function requestTemplate(
  { method = "POST", port, path, headers, body }: Target,
  keyLength: number,
): { readonly bytes: Buffer; readonly keyAt: number } {
  const before = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "Idempotency-Key: ",
  ].join("\r\n");
  const bytes = Buffer.from(`${before}${"-".repeat(keyLength)}\r\n\r\n${body}`);
  return { bytes, keyAt: Buffer.byteLength(before) };
}

// One for all connections: Node hands the bytes over within the same turn, and the parser copies what it keeps.
const received = Buffer.alloc(64 * 1024);

/** Connects. A raw socket, because a general HTTP client would take as much of the machine as the server that is measured. */
export function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { target, keyLength, answered, failed } = options;
  const { bytes, keyAt } = requestTemplate(target, keyLength);
  const parser = createAnswerParser();
  let closed = false;

  function take(size: number): void {
    try {
      const answer = parser.feed(received.subarray(0, size));
      if (answer !== undefined) answered(answer);
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  return new Promise((done, fail) => {
    const socket: Socket = connect({
      host: "127.0.0.1",
      port: target.port,
      noDelay: true,
      onread: {
        buffer: received,
        callback(size) {
          take(size);
          return true;
        },
      },
    });
    socket.on("error", (error) => {
      fail(error);
      failed(error);
    });
    socket.on("close", () => {
      if (!closed) failed(new Error("the server closed a connection"));
    });
    socket.on("connect", () =>
      done({
        ask(key) {
          if (key.length !== keyLength) throw new RangeError(`the key ${key} is not ${keyLength} long`);
          // The request before was answered, so its bytes have left and may be written over.
          bytes.write(key, keyAt, "latin1");
          socket.write(bytes);
        },
        close() {
          closed = true;
          socket.destroy();
        },
      }),
    );
  });
}
