import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Database,
  EmbeddedPostgres,
  type EmbeddedServer,
  openDatabase,
  script,
  sql,
  Terminal,
} from "../../src/platform/index.ts";

// One cluster serves all of these tests, each of which leaves it stopped: making one is what takes the time.
const dataDir = await openFolder();
const folders = [dataDir];
const children: ChildProcess[] = [];

after(async () => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "crossdock-test-"));
  await chmod(folder, 0o755);
  return folder;
}

type Ready = { readonly url: string; readonly adopted: boolean };

async function startChild(): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = fork(fileURLToPath(new URL("embedded-child.ts", import.meta.url)), [dataDir]);
  children.push(child);
  const [message]: unknown[] = await once(child, "message");
  assert.ok(typeof message === "object" && message !== null && "url" in message && "adopted" in message);
  return { child, ready: { url: String(message.url), adopted: message.adopted === true } };
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

async function postmasterPid(): Promise<number> {
  const text = await readFile(join(dataDir, "postgres", "cluster", "postmaster.pid"), "utf8");
  return Number(text.split("\n")[0]);
}

async function withDatabase(url: string, work: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(url, { poolMax: 2 });
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

/** Stops the server also when the work fails, so that the next test begins as it expects to. */
async function withServer(work: (server: EmbeddedServer) => Promise<void>, folder = dataDir): Promise<void> {
  const server = await EmbeddedPostgres.start({ dataDir: folder });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function isDown(url: string): Promise<boolean> {
  return await openDatabase(url).then(
    (database) => database.close().then(() => false),
    () => true,
  );
}

/** Asks until the server answers: it comes back by itself, and tells nobody when. */
async function answers(url: string): Promise<void> {
  const until = Date.now() + 60_000;
  while (await isDown(url)) assert.ok(Date.now() < until, "the server did not come back");
}

test("a first start makes a durable, checksummed cluster that only this machine can reach", async () => {
  await withServer(async ({ url }) => {
    await withDatabase(url, async (database) => {
      const [found] = await database.query(sql`
        select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit,
               current_setting('full_page_writes') as full_page_writes, current_setting('data_checksums') as checksums,
               current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding,
               (select format('%s %s', datlocprovider, datlocale) from pg_database
                where datname = current_database()) as locale`);
      assert.deepEqual(found, {
        fsync: "on",
        synchronous_commit: "on",
        full_page_writes: "on",
        checksums: "on",
        addresses: "127.0.0.1",
        encoding: "UTF8",
        locale: "b C.UTF-8",
      });
      await database.execute(script("create table kept (number integer primary key)"));
      await database.execute(sql`insert into kept values (1)`);
    });
  });
});

test("a stopped server is down", async () => {
  const server = await EmbeddedPostgres.start({ dataDir });
  await server.stop();
  assert.ok(await isDown(server.url));
});

test("a server that outlives its killed process is taken over by the next start, and then stopped by it", async () => {
  const { child, ready } = await startChild();
  await kill(child);
  await withServer(async ({ started, url }) => {
    assert.deepEqual({ adopted: started.adopted, url }, { adopted: true, url: ready.url });
  });
  assert.ok(await isDown(ready.url));
});

test("a killed postmaster comes back on its port with everything that was committed", async () => {
  await withServer(async ({ url }) => {
    await withDatabase(url, async (database) => {
      await database.execute(sql`insert into kept values (2)`);
    });
    process.kill(await postmasterPid(), "SIGKILL");
    await answers(url);
    await withDatabase(url, async (database) => {
      assert.deepEqual(await database.query(sql`select number from kept order by 1`), [
        { number: 1 },
        { number: 2 },
      ]);
    });
  });
});

test("after everything was killed at once, the next start recovers", async () => {
  const { child, ready } = await startChild();
  await withDatabase(ready.url, async (database) => {
    await database.execute(sql`insert into kept values (3)`);
  });
  const pid = await postmasterPid();
  await kill(child);
  process.kill(pid, "SIGKILL");
  await withServer(async ({ started, url }) => {
    assert.equal(started.adopted, false);
    await withDatabase(url, async (database) => {
      assert.equal((await database.query(sql`select 1 from kept`)).length, 3);
    });
  });
});

test("a pid file whose number now belongs to another process does not stop a start", async () => {
  const cluster = join(dataDir, "postgres", "cluster");
  await writeFile(
    join(cluster, "postmaster.pid"),
    `${process.pid}\n${cluster}\n0\n5432\n\n127.0.0.1\n\nready\n`,
  );
  await withServer(async ({ started }) => assert.equal(started.adopted, false));
});

test("a start lock left by a killed process is taken over", async () => {
  await writeFile(join(dataDir, "postgres", "start.lock"), "2147483646\n");
  await withServer(async ({ url }) => assert.ok(!(await isDown(url))));
});

test("processes that share a server do not stop it under each other", async () => {
  const { child, ready } = await startChild();
  await withServer(async ({ url }) => assert.equal(url, ready.url));
  assert.ok(!(await isDown(ready.url)), "the other process still uses it");
  child.send("stop");
  await once(child, "exit");
  assert.ok(await isDown(ready.url));
});

test("a port taken by somebody else is left to them", async () => {
  const somebody = createServer().listen(0, "127.0.0.1");
  await once(somebody, "listening");
  const address = somebody.address();
  const port = typeof address === "object" ? address?.port : undefined;
  await writeFile(join(dataDir, "postgres", "server.json"), JSON.stringify({ port }));
  await withServer(async ({ url }) => assert.notEqual(Number(new URL(url).port), port));
  somebody.close();
});

test("data of another major version is refused in one clear line, and left alone", async () => {
  const versionFile = join(dataDir, "postgres", "cluster", "PG_VERSION");
  const version = await readFile(versionFile, "utf8");
  await writeFile(versionFile, "16\n");
  await assert.rejects(EmbeddedPostgres.start({ dataDir }), (error) => {
    assert.ok(error instanceof Terminal && error.code === "platform.embedded-postgres-other-major");
    assert.match(error.message, /made by PostgreSQL 16, and this version of Crossdock brings 18/);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  await writeFile(versionFile, version);
});

test("a lost password is said, not replaced", async () => {
  const passwordFile = join(dataDir, "postgres", "password");
  const password = await readFile(passwordFile, "utf8");
  await rm(passwordFile);
  await assert.rejects(EmbeddedPostgres.start({ dataDir }), /password file .* is gone/);
  await writeFile(passwordFile, password, { mode: 0o600 });
});

const skip = process.getuid?.() === 0 ? false : "only root has folders that the database user cannot reach";

test("a data folder that the database user cannot reach keeps its server elsewhere, and finds it again", {
  skip,
}, async () => {
  const outer = await openFolder();
  folders.push(outer);
  const hidden = join(outer, "hidden");
  await mkdir(hidden, { mode: 0o700 });
  await withServer(async ({ folder, url }) => {
    folders.push(folder);
    assert.ok(!folder.startsWith(outer));
    await withDatabase(url, async (database) => {
      await database.execute(script("create table kept (number integer)"));
    });
  }, hidden);
  await withServer(async ({ url }) => {
    await withDatabase(url, async (database) => {
      assert.deepEqual(await database.query(sql`select * from kept`), []);
    });
  }, hidden);
});
