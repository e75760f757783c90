import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ALL_SCOPES, createApiKeys } from "../../src/gateway/index.ts";
import {
  describeSettings,
  pendingMigrations,
  readMigrations,
  script,
  systemClock,
} from "../../src/platform/index.ts";
import { emptyDatabase } from "../support/database.ts";
import { openProgram } from "./program.ts";

/** One line that says what is wrong, and an end. */
function assertRefused({ code, stderr }: { code: number | null; stderr: string }, says: RegExp): void {
  assert.equal(code, 1, stderr);
  assert.match(stderr, says);
  assert.equal(stderr.trim().split("\n").length, 1, stderr);
}

describe("a start that cannot be", () => {
  it("says so in one line and ends, when the database is of a newer version", async (t) => {
    const program = await openProgram(t);
    await program.database.execute(
      script(
        `insert into platform.migration (number, name, checksum) values (9999, 'later', repeat('a', 64))`,
      ),
    );
    const says = /^platform\.schema-too-new: .*9999-later.*start the newer version/;
    for (const command of [["serve"], ["verify"]])
      assertRefused(await program.run(command, { LOG_LEVEL: "error" }), says);
  });

  it("says so in one line and ends, when the migrations fail", async (t) => {
    const program = await openProgram(t, await emptyDatabase(t));
    await program.database.execute(script("create schema platform"));
    const ending = await program.run(["serve"], { LOG_LEVEL: "error" });
    assertRefused(ending, /^platform\.migration-failed: migration 0001-platform failed: .*already exists/);
  });

  it("lists all that is wrong with the settings at once, and names a command that exists", async (t) => {
    const program = await openProgram(t);
    const { code, stderr } = await program.run(["serve"], { PORT: "http", CROSSDOCK_PORT: "1" });
    assert.equal(code, 1);
    assert.match(stderr, /CROSSDOCK_PORT is not a setting; see `crossdock config`/);
    assert.match(stderr, /PORT is "http"; set it to a whole number/);
    const shown = await program.run(["config"]);
    assert.equal(shown.code, 0, shown.stderr);
    for (const { env, description } of describeSettings()) {
      assert.ok(shown.stdout.includes(`${env}=`), env);
      assert.ok(shown.stdout.includes(description), description);
    }
    assert.doesNotMatch(shown.stdout, /:[^@/\s]+@/, "no password");
  });
});

describe("a command that only looks", () => {
  it("leaves the schema as it is: a newer program must not change what an older one is running on", async (t) => {
    const program = await openProgram(t, await emptyDatabase(t));
    for (const command of [["verify"], ["replay", "ledger"]])
      assertRefused(await program.run(command), /^platform\.schema-behind: .*run crossdock migrate/);
    const { code, stdout } = await program.run(["doctor"]);
    assert.match(stdout, /^ok {3}schema: \d+ migration\(s\) are pending; the next start applies them/m);
    assert.equal(code, 0, stdout);
    const refused = await program.run(["doctor"], { MIGRATE_ON_START: "false" });
    assert.match(refused.stdout, /^ILL {2}schema: .*\n {5}to mend it: crossdock migrate$/m);
    assert.equal(refused.code, 1);
    const migrations = await readMigrations();
    assert.equal((await pendingMigrations(program.database, migrations)).length, migrations.length);
  });

  it("makes no data folder and no database for being asked", async (t) => {
    const program = await openProgram(t);
    const dataDir = join(program.dataDir, "not", "there");
    const { code, stdout } = await program.run(["doctor"], { DATABASE_URL: "", CROSSDOCK_DATA_DIR: dataDir });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok {3}database: none yet/m);
    await assert.rejects(access(dataDir), /ENOENT/);
  });
});

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the doctor", () => {
  it("tells our own server at the port from somebody else's", async (t) => {
    const program = await openProgram(t);
    const stranger = createServer((_request, response) => response.end("hello"));
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    t.after(() => stranger.close());
    const other = await program.run(["doctor"], { PORT: String(portOf(stranger)) });
    assert.match(
      other.stdout,
      /^ILL {2}port: .*EADDRINUSE.*\n {5}to mend it: stop what uses it, or set PORT$/m,
    );
    assert.equal(other.code, 1);

    const ready = await program.start(["serve"], /"serve\.ready"/);
    const own = /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(ready)?.[1] ?? "";
    const { code, stdout } = await program.run(["doctor"], { PORT: own });
    assert.match(
      stdout,
      new RegExp(`^ok {3}port: Crossdock \\S+ answers at 127\\.0\\.0\\.1:${own}, and is ready$`, "m"),
    );
    assert.equal(code, 0, stdout);
  });
});

describe("API keys at the command line", () => {
  it("are made for some accounts and for some time, and listed with both", async (t) => {
    const program = await openProgram(t);
    const made = await program.run([
      ...[
        "key",
        "create",
        "pump",
        "--client",
        "acme",
        "--scopes",
        "orders:read",
        "--accounts",
        "shop",
        "edi",
      ],
      ...["--expires", "2027-01-31T00:00:00Z"],
    ]);
    assert.equal(made.code, 0, made.stderr);
    const keys = createApiKeys({ database: program.database, clock: systemClock });
    const [key] = await keys.list();
    assert.equal(made.stdout.includes(key?.keyId ?? "none"), true);
    assert.deepEqual(
      { ...key, createdAt: undefined, keyId: undefined },
      {
        keyId: undefined,
        clientId: "acme",
        name: "pump",
        scopes: ["orders:read"],
        accountIds: ["shop", "edi"],
        createdAt: undefined,
        expiresAt: new Date("2027-01-31T00:00:00Z"),
        revokedAt: undefined,
      },
    );
    const { stdout } = await program.run(["key", "list"]);
    assert.match(stdout, /acme +pump +valid until 2027-01-31T00:00:00\.000Z +orders:read +shop,edi$/m);
  });

  it("refuse a time that is none, in words", async (t) => {
    const program = await openProgram(t);
    const { code, stderr } = await program.run(["key", "create", "pump", "--expires", "tomorrow"]);
    assert.equal(code, 1);
    assert.match(stderr, /must be a time such as 2027-01-31T00:00:00Z/);
  });
});

describe("replay", () => {
  it("is told one place to begin at, not several", async (t) => {
    const program = await openProgram(t);
    const { code, stderr } = await program.run([
      "replay",
      "ledger",
      "--from",
      "1.1",
      "--since",
      "2026-01-01",
    ]);
    assert.equal(code, 2);
    assert.match(stderr, /give one of them/);
  });
});

describe("the demonstration", () => {
  it("refuses to run a second time on one company, and says where it runs", async (t) => {
    const program = await openProgram(t);
    const args = ["demo", "--no-traffic"];
    const printed = await program.start(args, /Ctrl-C stops everything/);
    const url = /export URL=(\S+)/.exec(printed)?.[1] ?? "none";
    assertRefused(await program.run(args), /^demo\.already-running: .* at http:\/\/127\.0\.0\.1:\d+ /);
    const keys = createApiKeys({ database: program.database, clock: systemClock });
    assert.deepEqual(
      (await keys.list()).map(({ scopes }) => scopes),
      [ALL_SCOPES],
    );
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
  });
});
