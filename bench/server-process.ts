import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** A server to start: arguments for Node, and what it finds in its environment beside HOST and PORT. */
export type ServerToStart = {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

export type ServerProcess = {
  readonly port: number;
  readonly pid: number;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void>;
};

/** A server that is not ready by then will not be. With millions of facts its readers first pass by the opening stock. */
const START_MS_MAX = 300_000;
const STOP_MS_MAX = 20_000;
const POLL_MS = 50;
/** Where every contestant says that it is ready. */
const READY_PATH = "/health/ready";

/** Starts a server in a process of its own and waits until it is ready. Throws with its last words when it is not. */
export async function startServer(server: ServerToStart): Promise<ServerProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [...server.args], {
    cwd: ROOT,
    env: { ...process.env, NODE_ENV: "production", HOST: "127.0.0.1", PORT: String(port), ...server.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const words = lastWords(child);
  const until = performance.now() + START_MS_MAX;
  while (!(await isReady(port))) {
    if (child.exitCode !== null || performance.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`${server.name} did not start:\n${words()}`);
    }
    await pause(POLL_MS);
  }
  return { port, pid: child.pid ?? 0, stop: () => stop(child) };
}

function lastWords(child: ChildProcess): () => string {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4_000);
    });
  }
  return () => said;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${READY_PATH}`);
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}

/** A port that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no TCP port is free on 127.0.0.1");
  return address.port;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}
