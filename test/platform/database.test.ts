import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "#test/database.ts";
import { openTcpProxy } from "#test/tcp-proxy.ts";
import {
  type Database,
  isOutcomeUnknown,
  isRetryableDatabaseError,
  isUniqueViolation,
  json,
  openDatabase,
  Retryable,
  script,
  sql,
  Terminal,
} from "../../src/platform/index.ts";

const { database, url } = await testDatabase();
await database.execute(script("create table stock (sku text primary key, quantity bigint not null)"));

async function stored(...skus: string[]): Promise<string[]> {
  const rows = await database.query<{ sku: string }>(
    sql`select sku from stock where sku = any(${skus}::text[]) order by sku`,
  );
  return rows.map((row) => row.sku);
}

test("a transaction that resolves is kept, also when its statements were not awaited", async () => {
  await database.transaction(async (tx) => {
    tx.send(sql`insert into stock values ('kept-1', 1)`);
    tx.send(sql`insert into stock values ('kept-2', 2)`);
  });
  assert.deepEqual(await stored("kept-1", "kept-2"), ["kept-1", "kept-2"]);
});

test("a statement that fails without being awaited takes its transaction with it", async () => {
  const work = database.transaction(async (tx) => {
    tx.send(sql`insert into stock values ('twice', 1)`);
    tx.send(sql`insert into stock values ('twice', 1)`);
    tx.send(sql`insert into stock values ('after', 1)`);
  });
  await assert.rejects(work, (error) => isUniqueViolation(error, "stock_pkey"));
  assert.deepEqual(await stored("twice", "after"), []);
});

test("a failed statement spoils its transaction even when its error is swallowed", async () => {
  const work = database.transaction(async (tx) => {
    await tx.execute(sql`insert into stock values ('swallowed', 1)`);
    await tx.execute(sql`insert into stock values ('swallowed', 1)`).catch(() => 0);
    return "all is well";
  });
  await assert.rejects(work, (error) => isUniqueViolation(error));
  assert.deepEqual(await stored("swallowed"), []);
});

test("of statements in one flight, each reports the first failure rather than its consequence", async () => {
  const errors: unknown[] = [];
  const work = database.transaction(async (tx) => {
    const flight = [sql`select 1/0`, sql`select 1`].map((statement) =>
      tx.query(statement).catch((error: unknown) => errors.push(error)),
    );
    await Promise.all(flight);
  });
  await assert.rejects(work, /division by zero/);
  assert.deepEqual(
    errors.map((error) => (error instanceof Error ? error.message : "")),
    ["division by zero", "division by zero"],
  );
});

test("work that throws is rolled back, and its own error comes out", async () => {
  const mistake = new Error("changed my mind");
  const work = database.transaction(async (tx) => {
    await tx.execute(sql`insert into stock values ('thrown', 1)`);
    throw mistake;
  });
  await assert.rejects(work, (error) => error === mistake);
  assert.deepEqual(await stored("thrown"), []);
});

test("a statement issued after its transaction has ended is refused", async () => {
  const tx = await database.transaction(async (open) => open);
  await assert.rejects(tx.query(sql`select 1`), /after its transaction had ended/);
});

test("what waits for a commit runs after it, and never after a failure", async () => {
  const ran: string[] = [];
  await database.transaction(async (tx) => tx.afterCommit(() => ran.push("committed")));
  const failing = database.transaction(async (tx) => {
    tx.afterCommit(() => ran.push("failed"));
    await tx.query(sql`select 1/0`);
  });
  await assert.rejects(failing);
  assert.deepEqual(ran, ["committed"]);
});

test("statements that are not awaited one by one share a round trip", async () => {
  const pieces: number[] = [];
  const line = await openTcpProxy(url);
  const remote = await openDatabase(line.url, { poolMax: 1, allowUnsafeDurability: true });
  const work = async () =>
    remote.transaction(async (tx) => {
      await Promise.all([tx.query(sql`select 1`), tx.query(sql`select 2`), tx.query(sql`select 3`)]);
    });
  await work();
  line.cutWhen((piece) => {
    pieces.push(piece.length);
    return "no";
  });
  await work();
  // BEGIN and the three in one flight, or two when the socket splits it, and COMMIT.
  assert.ok(pieces.length <= 3, `${pieces.length} pieces were sent`);
  await remote.close();
  await line.close();
});

type LineCase = { readonly cut: "before" | "after"; readonly kept: boolean };
const lineCases: readonly LineCase[] = [
  { cut: "before", kept: false },
  { cut: "after", kept: true },
];
for (const { cut, kept } of lineCases) {
  test(`a line that breaks ${cut} the server has seen the commit leaves the outcome unknown`, async () => {
    await withBreakableLine(async (remote, line) => {
      const sku = `line-${cut}`;
      line.cutWhen((piece) => (/\bcommit\b/.test(piece.toString("latin1")) ? cut : "no"));
      const work = remote.transaction(async (tx) => {
        await tx.execute(sql`insert into stock values (${sku}, 1)`);
      });
      await assert.rejects(work, (error) => isOutcomeUnknown(error) && !isRetryableDatabaseError(error));
      await committedOrGone(sku);
      assert.deepEqual(await stored(sku), kept ? [sku] : []);
      assert.equal((await remote.query(sql`select 1`)).length, 1, "the pool has replaced the connection");
    });
  });
}

test("a line that breaks before the commit was sent is a failure that may simply be retried", async () => {
  await withBreakableLine(async (remote, line) => {
    line.cutWhen((piece) => (/insert into stock/.test(piece.toString("latin1")) ? "after" : "no"));
    const work = remote.transaction(async (tx) => {
      await tx.execute(sql`insert into stock values ('cut-early', 1)`);
    });
    await assert.rejects(work, (error) => isRetryableDatabaseError(error) && !isOutcomeUnknown(error));
    await committedOrGone("cut-early");
    assert.deepEqual(await stored("cut-early"), []);
  });
});

test("a session that the server ends is a failure that may be retried", async () => {
  const work = database.transaction(async (tx) => {
    await tx.query(sql`select pg_terminate_backend(pg_backend_pid())`);
  });
  await assert.rejects(work, (error) => isRetryableDatabaseError(error));
  assert.equal((await database.query(sql`select 1`)).length, 1);
});

/** Waits until no server session of the broken line still holds the row. */
async function committedOrGone(sku: string): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(sql`select 1 from stock where sku = ${sku} for update`);
    await tx.execute(script("lock table stock in exclusive mode"));
  });
}

async function withBreakableLine(
  work: (remote: Database, line: Awaited<ReturnType<typeof openTcpProxy>>) => Promise<void>,
): Promise<void> {
  const line = await openTcpProxy(url);
  const remote = await openDatabase(line.url, { poolMax: 2, allowUnsafeDurability: true });
  try {
    await work(remote, line);
  } finally {
    await remote.close();
    await line.close();
  }
}

test("values arrive as they were sent", async () => {
  const sent = {
    text: 'a "quoted" \\ text',
    texts: ["plain", "null", "", 'q"\\', "ä, b"],
    numbers: [1, -2, Number.MAX_SAFE_INTEGER],
    flags: [true, false],
    at: new Date("2026-03-29T01:30:00.123Z"),
    times: [new Date(0)],
    bytes: Buffer.from([0, 255, 10]),
    document: { list: [1, { a: null }] },
    list: ["a", 1, null],
  };
  const rows = await database.query(sql`
    select ${sent.text}::text as text, ${sent.texts}::text[] as texts, ${sent.numbers}::bigint[] as numbers,
           ${sent.flags}::boolean[] as flags, ${sent.at}::timestamptz as at, ${sent.times}::timestamptz[] as times,
           ${sent.bytes}::bytea as bytes, ${sent.document}::jsonb as document, ${json(sent.list)}::jsonb as list`);
  assert.deepEqual(rows, [sent]);
});

test("a whole number is exact or an error, also inside an array and as a sum", async () => {
  const [row] = await database.query<{ one: number; many: number[]; sum: number; big: string }>(sql`
    select 9007199254740991::int8 as one, array[1, null, 3]::int8[] as many,
           (select sum(x) from generate_series(1::int8, 4) x) as sum, 9007199254740993::int8::text as big`);
  assert.deepEqual(row, { one: 9007199254740991, many: [1, null, 3], sum: 10, big: "9007199254740993" });
  for (const statement of [
    sql`select 9007199254740993::int8`,
    sql`select array[-9007199254740993]::int8[]`,
    sql`select 1.5::numeric`,
  ]) {
    await assert.rejects(
      database.query(statement),
      (error) => error instanceof Terminal && error.code === "platform.value-unreadable",
    );
  }
});

test("days and transaction numbers stay text, because a Date or a number would change them", async () => {
  const [row] = await database.query(sql`
    select date '2026-03-29' as day, '18446744073709551615'::xid8 as transaction, timestamp '2026-03-29 02:30' as local`);
  assert.deepEqual(row, {
    day: "2026-03-29",
    transaction: "18446744073709551615",
    local: "2026-03-29 02:30:00",
  });
});

test("what PostgreSQL could not hold is refused before it is sent", () => {
  for (const value of [Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    assert.throws(() => sql`select ${value}::int8`, TypeError);
    assert.throws(() => sql`select ${[value]}::int8[]`, TypeError);
  }
  assert.throws(() => sql`select ${new Date("never")}::timestamptz`, RangeError);
});

test("the server keeps one plan for a statement, however often and with whatever values it is sent", async () => {
  const one = await openDatabase(url, { poolMax: 1, allowUnsafeDurability: true });
  for (const sku of ["a", "b", "c"]) await one.query(sql`select quantity from stock where sku = ${sku}`);
  const plans = await one.query(
    sql`select name from pg_prepared_statements where statement like 'select quantity from stock%'`,
  );
  assert.equal(plans.length, 1);
  await one.close();
});

type Refusal = { readonly title: string; readonly address: string; readonly code: string };
const at = (change: (url: URL) => void) => {
  const changed = new URL(url);
  change(changed);
  return changed.toString();
};
const refusals: readonly Refusal[] = [
  { title: "a wrong address", address: "mysql://host/db", code: "database-url-invalid" },
  {
    title: "a closed port",
    address: at((to) => {
      to.port = "1";
    }),
    code: "database-unreachable",
  },
  {
    title: "an unknown host",
    address: at((to) => {
      to.hostname = "no-such-host.invalid";
    }),
    code: "database-unreachable",
  },
  {
    title: "a wrong password",
    address: at((to) => {
      to.password = "wrong";
    }),
    code: "database-refused-login",
  },
  {
    title: "an unknown database",
    address: at((to) => {
      to.pathname = "/nowhere";
    }),
    code: "database-missing",
  },
];
for (const { title, address, code } of refusals) {
  test(`${title} is reported in one line, without the password`, async () => {
    await assert.rejects(openDatabase(address, { allowUnsafeDurability: true }), (error) => {
      assert.ok(error instanceof Terminal || error instanceof Retryable);
      assert.equal(error.code, `platform.${code}`);
      assert.doesNotMatch(error.message, /\n/);
      assert.ok(!error.message.includes(new URL(url).password) && !error.message.includes("wrong"));
      return true;
    });
  });
}

test("a server that may lose acknowledged work is refused", async () => {
  await database.execute(
    script(`alter role current_user in database ${new URL(url).pathname.slice(1)}
    set synchronous_commit = off`),
  );
  await assert.rejects(
    openDatabase(url),
    (error) => error instanceof Terminal && error.code === "platform.database-not-durable",
  );
});

test("a caller who finds no free connection in time is told so", async () => {
  // Long enough to connect on a busy machine: opening it is given no more.
  const one = await openDatabase(url, { poolMax: 1, connectTimeoutMs: 2_000, allowUnsafeDurability: true });
  await one.transaction(async () => {
    await assert.rejects(
      one.query(sql`select 1`),
      (error) => error instanceof Retryable && error.code === "platform.database-busy",
    );
  });
  await one.close();
});

test("transactions that ask for something outside themselves do not wait for one another", async () => {
  const few = await openDatabase(url, { poolMax: 3, connectTimeoutMs: 5_000, allowUnsafeDurability: true });
  const asking = Array.from({ length: 12 }, (_, at) =>
    few.transaction(async (tx) => {
      await tx.query(sql`select 1`);
      const [row] = await few.query<{ at: number }>(sql`select ${at}::int as at`);
      return row?.at;
    }),
  );
  assert.ok(few.poolSize().waiting > 0, "all of them began at once");
  assert.deepEqual(await Promise.all(asking), [...asking.keys()]);
  await few.close();
});

test("a transaction whose turn does not come in time is told so, and takes no place", async () => {
  const few = await openDatabase(url, { poolMax: 2, connectTimeoutMs: 2_000, allowUnsafeDurability: true });
  await few.transaction(() =>
    assert.rejects(
      few.transaction(async () => undefined),
      (error) => error instanceof Retryable && error.code === "platform.database-busy",
    ),
  );
  assert.equal(await few.transaction(async () => "done"), "done");
  assert.equal(few.poolSize().waiting, 0);
  await few.close();
});

test("a full disk and a read-only server are told from the work's own errors", async () => {
  const full = database.execute(
    script("do $$ begin raise exception 'no space' using errcode = '53100'; end $$"),
  );
  await assert.rejects(
    full,
    (error) => error instanceof Retryable && error.code === "platform.database-full",
  );
  const readOnly = database.transaction(
    async (tx) => tx.execute(sql`insert into stock values ('read-only', 1)`),
    { readOnly: true },
  );
  await assert.rejects(
    readOnly,
    (error) => error instanceof Retryable && error.code === "platform.database-read-only",
  );
});
