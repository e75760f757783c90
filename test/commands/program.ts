import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cleanup, type TestDatabase, testDatabase } from "../support/database.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** What a command came to, as whoever typed it sees it. */
export type Ending = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** The program, with a data folder of its own and the database of a test. */
export type Program = {
  readonly dataDir: string;
  /** Runs a command to its end; other settings come on top. A command that does not end fails the test by its time-out. */
  run(args: readonly string[], settings?: Readonly<Record<string, string>>): Promise<Ending>;
  /** Starts a command and waits until it has printed something like this. It is stopped when the test ends. */
  start(
    args: readonly string[],
    printed: RegExp,
    settings?: Readonly<Record<string, string>>,
  ): Promise<string>;
};

/** The program over a database: one of the test's own when none is given. */
export async function openProgram(
  t: Cleanup,
  given?: TestDatabase,
): Promise<Program & Pick<TestDatabase, "database">> {
  const { database, url } = given ?? (await testDatabase(t));
  const dataDir = await mkdtemp(join(tmpdir(), "crossdock-test-"));
  t.after(() => rm(dataDir, { recursive: true }));
  const environment = {
    PATH: process.env.PATH,
    DATABASE_URL: url,
    CROSSDOCK_DATA_DIR: dataDir,
    PORT: "0",
    CROSSDOCK_TEST_UNSAFE_DATABASE: "1",
  };
  const open = (args: readonly string[], settings: Readonly<Record<string, string>>): ChildProcess =>
    spawn(process.execPath, [main, ...args], {
      env: { ...environment, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });

  return {
    database,
    dataDir,
    async run(args, settings = {}) {
      const child = open(args, settings);
      const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
      const [code]: unknown[] = await once(child, "close");
      return { code: typeof code === "number" ? code : null, stdout: stdout(), stderr: stderr() };
    },
    async start(args, printed, settings = {}) {
      const child = open(args, settings);
      const ended = once(child, "close");
      t.after(async () => {
        child.kill("SIGTERM");
        await ended;
      });
      const text = collect(child.stdout);
      const errors = collect(child.stderr);
      const seen = new Promise<void>((resolve) => {
        child.stdout?.on("data", () => printed.test(text()) && resolve());
      });
      const failed = ended.then(() => {
        throw new Error(`it ended before it printed ${printed}:\n${text()}${errors()}`);
      });
      await Promise.race([seen, failed]);
      return text();
    },
  };
}

/** Collects what comes out of a stream; gives what there is so far. */
function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (some: string) => {
    text += some;
  });
  return () => text;
}
