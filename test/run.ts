/**
 * Runs the tests against one PostgreSQL server: `npm test`, `npm test -- test/platform`, `npm test -- --test-only`.
 * Arguments that name files or folders choose what is run; the others go to `node --test` as they are.
 */

import { spawn } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serverUrlVariable, startTestServer, warmTemplate } from "./support/database.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folders = ["test", "canonical", "connectors", "src", "bench"];

// A test that waits for what never comes must not hold up the run for ever. The longest takes a minute alone on two processors.
const testTimeoutMs = 600_000;

/** Test files under these files and folders; with none given, all of them. */
function testFiles(paths: readonly string[]): string[] {
  const patterns = (paths.length > 0 ? paths : folders).map((path) =>
    statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? `${path}/**/*.test.ts` : path,
  );
  const inside = (path: string) => path.includes("node_modules");
  return [...new Set(patterns.flatMap((pattern) => globSync(pattern, { exclude: inside })))].sort();
}

/** Shows the run as it goes, and keeps the end of it, where the counts are. */
async function runNode(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ code: number; tail: string }> {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: environment,
    stdio: ["inherit", "pipe", "inherit"],
  });
  let tail = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    process.stdout.write(text);
    tail = (tail + text).slice(-200_000);
  });
  // The terminal interrupts the child as well; we stay to stop the server after it.
  process.on("SIGINT", () => undefined).on("SIGTERM", () => child.kill("SIGTERM"));
  const code = await new Promise<number>((done) => {
    child.on("close", (status) => done(status ?? 1));
  });
  return { code, tail };
}

function count(tail: string, name: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the reporter colours its lines on a terminal.
  const plain = tail.replace(/\u001b\[[0-9;]*m/g, "");
  return Number([...plain.matchAll(new RegExp(`^\\S+ ${name} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
}

/** Flags of `node --test` whose value may stand in the next argument. */
const flagsWithValue = new Set([
  "--test-name-pattern",
  "--test-skip-pattern",
  "--test-timeout",
  "--test-shard",
]);

function isFlag(argument: string, index: number, all: readonly string[]): boolean {
  return argument.startsWith("-") || flagsWithValue.has(all[index - 1] ?? "");
}

async function main(): Promise<number> {
  const given = process.argv.slice(2);
  const flags = given.filter(isFlag);
  const files = testFiles(given.filter((...argument) => !isFlag(...argument)));
  if (files.length === 0) {
    process.stderr.write("no test file matches\n");
    return 1;
  }
  const server = await startTestServer();
  try {
    await warmTemplate(server.url);
    const colour = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
    const environment = { ...process.env, ...colour, [serverUrlVariable]: server.url };
    const limits = ["--test-concurrency=2", `--test-timeout=${testTimeoutMs}`, "--test-reporter=spec"];
    const { code, tail } = await runNode(["--test", ...limits, ...flags, ...files], environment);
    const [passed, failed, skipped] = [count(tail, "pass"), count(tail, "fail"), count(tail, "skipped")];
    const cancelled = count(tail, "cancelled");
    const skips = skipped > 0 ? `, ${skipped} skipped` : "";
    process.stdout.write(`\n${passed} passed, ${failed + cancelled} failed${skips}\n`);
    return code;
  } finally {
    await server.stop();
  }
}

process.exitCode = await main();
