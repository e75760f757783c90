import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A Redis server of the system's, without persistence, as people keep availability in it. Undefined where there is none. */
export async function startRedis(
  folder: string,
): Promise<{ readonly port: number; stop(): Promise<void> } | undefined> {
  const port = await freePort();
  const args = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    folder,
  ];
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

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no TCP port is free on 127.0.0.1");
  return address.port;
}

/** A client for what is needed here: arrays of bulk strings as answers to `MGET`, and `OK` to `MSET`. */
export type RedisClient = {
  getAll(keys: readonly string[]): Promise<readonly string[]>;
  setAll(pairs: readonly (readonly [key: string, value: string])[]): Promise<void>;
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
    getAll: (keys) => ask(["MGET", ...keys]),
    async setAll(pairs) {
      await ask(["MSET", ...pairs.flat()]);
    },
    close: () => socket.destroy(),
  };
}

/** The first whole answer: its values, and how long it is. The values are numbers, so that no line break stands in them. */
function nextAnswer(
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
    const end = lengthEnd + 2 + length + 2;
    if (text.length < end) return undefined;
    lines.push(text.slice(lengthEnd + 2, end - 2));
    at = end;
  }
  return { lines, length: at };
}
