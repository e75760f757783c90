import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  type Config,
  describeConfig,
  describeSettings,
  type Environment,
  readConfig,
  readOrMakeSecretKey,
} from "../../src/platform/index.ts";

const folder = await mkdtemp(join(tmpdir(), "crossdock-config-"));
after(() => rm(folder, { recursive: true }));

const key = Buffer.alloc(32, 7).toString("base64");

function accepted(env: Environment): Config {
  const reading = readConfig(env);
  assert.ok("ok" in reading, "problems" in reading ? reading.problems.join("\n") : "");
  return reading.ok;
}

function problemsOf(env: Environment): readonly string[] {
  const reading = readConfig(env);
  assert.ok("problems" in reading, "it was accepted");
  return reading.problems;
}

test("with nothing set, everything has a default that works on one machine", () => {
  const config = accepted({});
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 8080);
  assert.equal(config.databaseUrl, undefined);
  assert.match(config.dataDir, /^\/.*\.crossdock$/);
  assert.ok(Object.isFrozen(config));
});

test("all problems are reported together, each with what to do", () => {
  const problems = problemsOf({
    PORT: "eighty",
    LOG_LEVEL: "loud",
    DATABASE_URL: "localhost",
    MIGRATE_ON_START: "perhaps",
    SECRET_KEY: "short",
    CROSSDOCK_DATADIR: "/data",
  });
  assert.deepEqual(problems, [
    "CROSSDOCK_DATADIR is not a setting; see `crossdock config` for those there are.",
    "DATABASE_URL is not of the form postgres://user:password@host:5432/database.",
    'PORT is "eighty"; set it to a whole number from 0 to 65535, or remove it to use 8080.',
    'LOG_LEVEL is "loud"; set it to one of debug, info, warn, error, silent, or remove it to use info.',
    'MIGRATE_ON_START is "perhaps"; set it to true or false, or remove it to use true.',
    "SECRET_KEY is not 32 bytes in base64; make one with: openssl rand -base64 32.",
  ]);
});

test("a number out of its range is refused", () => {
  for (const port of ["-1", "65536", "8080.5", "1e3"])
    assert.equal(problemsOf({ PORT: port }).length, 1, port);
});

test("a secret may stand in a file, but not in both places", async () => {
  const file = join(folder, "key");
  await writeFile(file, `${key}\n`);
  assert.equal(accepted({ SECRET_KEY_FILE: file }).secretKey, key);
  assert.match(problemsOf({ SECRET_KEY_FILE: file, SECRET_KEY: key }).join(), /both set; remove one/);
  assert.match(problemsOf({ SECRET_KEY_FILE: join(folder, "absent") }).join(), /cannot be read/);
});

test("an empty variable counts as absent", () => {
  assert.equal(accepted({ PORT: "", DATABASE_URL: "" }).port, 8080);
});

test("no secret is shown, neither in the description nor in a problem", () => {
  const config = accepted({ DATABASE_URL: "postgres://app:hunter2@db:5432/stock", SECRET_KEY: key });
  const shown = describeConfig(config);
  assert.equal(shown.DATABASE_URL, "postgres://app@db:5432/stock");
  assert.equal(shown.SECRET_KEY, "(set)");
  assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
  assert.doesNotMatch(problemsOf({ DATABASE_URL: "mysql://app:hunter2@db/x" }).join(), /hunter2/);
});

test("every setting says what it is", () => {
  for (const setting of describeSettings()) {
    assert.match(setting.env, /^[A-Z][A-Z0-9_]+$/);
    assert.match(setting.description, /^[A-Z].*\.$/);
  }
});

test("a secret key is made once, for our eyes only, and a configured one is preferred", async () => {
  const made = await readOrMakeSecretKey({ secretKey: undefined, dataDir: folder });
  assert.equal(made.length, 32);
  assert.deepEqual(await readOrMakeSecretKey({ secretKey: undefined, dataDir: folder }), made);
  assert.equal((await stat(join(folder, "secret.key"))).mode & 0o777, 0o600);
  assert.equal((await readOrMakeSecretKey({ secretKey: key, dataDir: folder })).toString("base64"), key);
  assert.equal((await readFile(join(folder, "secret.key"), "utf8")).trim(), made.toString("base64"));
});
