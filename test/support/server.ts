import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A server of the product in a process of its own. */
export type ServerProcess = {
  readonly url: string;
  readonly pid: number;
  /** Ends it as an operator would; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
};

export type ServerOptions = {
  readonly databaseUrl: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** The key that seals secrets, the same for all processes of a test. */
export const testSecretKey = Buffer.alloc(32, 7).toString("base64");

/** Starts `crossdock serve` and waits until it answers. Throws with what it printed when it does not. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, [main, ...(options.args ?? ["serve"])], {
    env: {
      ...process.env,
      DATABASE_URL: options.databaseUrl,
      PORT: "0",
      LOG_LEVEL: "info",
      SECRET_KEY: testSecretKey,
      CROSSDOCK_TEST_UNSAFE_DATABASE: "1",
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit").then(([code]: unknown[]) => (typeof code === "number" ? code : null));
  const url = await readyUrl(child, ended);
  return {
    url,
    pid: child.pid ?? 0,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Reads the child's lines until it says where it listens. Goes on reading afterwards, so that it never blocks on a full pipe. */
async function readyUrl(child: ChildProcess, ended: Promise<number | null>): Promise<string> {
  const printed: string[] = [];
  if (child.stdout === null || child.stderr === null) throw new Error("the server's output is not connected");
  createInterface(child.stderr).on("line", (line) => keep(printed, line));
  const ready = new Promise<string>((resolve) => {
    createInterface(child.stdout ?? process.stdin).on("line", (line) => {
      keep(printed, line);
      const url = urlIn(line);
      if (url !== undefined) resolve(url);
    });
  });
  const first = await Promise.race([ready, ended]);
  if (typeof first === "string") return first;
  throw new Error(`the server ended with ${first} before it was ready:\n${printed.join("\n")}`);
}

const LINES_KEPT = 50;

function keep(lines: string[], line: string): void {
  lines.push(line);
  if (lines.length > LINES_KEPT) lines.shift();
}

function urlIn(line: string): string | undefined {
  if (!line.includes('"serve.ready"')) return;
  const fields: unknown = JSON.parse(line);
  return typeof fields === "object" && fields !== null && "url" in fields ? String(fields.url) : undefined;
}
