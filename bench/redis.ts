import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { freePort } from "./server-process.ts";

/** In memory only, as people keep availability in it. */
export const IN_MEMORY = ["--appendonly", "no"];

/** A Redis server of the system's. */
export type RedisServer = { readonly port: number; stop(): Promise<void> };

/** Starts a Redis server, with arguments of its own. Undefined where none is installed. */
export async function startRedis(folder: string, how: readonly string[]): Promise<RedisServer | undefined> {
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, ...how];
  const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "ignore"] });
  const ready = new Promise<boolean>((done) => {
    child.on("error", () => done(false));
    child.on("exit", () => done(false));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("Ready to accept connections")) done(true);
    });
  });
  if (!(await ready)) return undefined;
  return {
    port,
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** A client for what is needed here: answers that are a word, or an array of texts; what does not exist is an empty one. */
export type RedisClient = {
  ask(words: readonly string[]): Promise<readonly string[]>;
  close(): void;
};

/** Connects. Commands are pipelined, as every client does (RESP2). */
export async function openRedis(port: number): Promise<RedisClient> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const waiting: ((lines: readonly string[]) => void)[] = [];
  let text = "";
  socket.setEncoding("latin1").on("data", (piece: string) => {
    text += piece;
    for (let answer = nextAnswer(text); answer !== undefined; answer = nextAnswer(text)) {
      text = text.slice(answer.length);
      waiting.shift()?.(answer.lines);
    }
  });
  const ask = (words: readonly string[]) =>
    new Promise<readonly string[]>((done) => {
      waiting.push(done);
      socket.write(`*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`);
    });
  return {
    ask,
    close: () => socket.destroy(),
  };
}

/** The first whole answer: its values, and how long it is. */
export function nextAnswer(
  text: string,
): { readonly lines: readonly string[]; readonly length: number } | undefined {
  const head = text.indexOf("\r\n");
  if (head < 0) return undefined;
  if (!text.startsWith("*")) return { lines: [text.slice(0, head)], length: head + 2 };
  const count = Number(text.slice(1, head));
  const lines: string[] = [];
  let at = head + 2;
  for (let index = 0; index < count; index += 1) {
    const lengthEnd = text.indexOf("\r\n", at);
    if (lengthEnd < 0) return undefined;
    const length = Number(text.slice(at + 1, lengthEnd));
    // What does not exist has the length -1, and neither text nor line break after it.
    const end = length < 0 ? lengthEnd + 2 : lengthEnd + 2 + length + 2;
    if (text.length < end) return undefined;
    lines.push(length < 0 ? "" : text.slice(lengthEnd + 2, end - 2));
    at = end;
  }
  return { lines, length: at };
}
