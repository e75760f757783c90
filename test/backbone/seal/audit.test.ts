import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { AuditReport, Finding } from "../../../src/backbone/index.ts";
import { leafText } from "../../../src/backbone/seal/leaf.ts";
import { leafHash } from "../../../src/backbone/seal/merkle.ts";
import { selectSealableUpTo } from "../../../src/backbone/seal/store.ts";
import { script, sql } from "../../../src/platform/index.ts";
import { testDatabase } from "../../support/database.ts";
import { openSealedLog } from "./sealed-log.ts";

const { database } = await testDatabase();
const { append, seal, clock } = openSealedLog(database);
const run = (text: string) => database.execute(script(text));

// Some transactions, some checkpoints, more than two tiles; and two facts at the end that no checkpoint is of yet.
const portions = [1, 300, 7, 260, 40];
for (const portion of portions) {
  await append(portion);
  await seal.checkpoint();
}
await append(2);
await seal.seal();
const SIZE = 610;
const kept = ["event", "seal", "seal_tile", "seal_place", "seal_checkpoint"];
await run(kept.map((name) => `create table kept_${name} as table backbone.${name}`).join(";"));
// By what has been sealed, and not by what is settled now: other databases' transactions may hold that up.
const rows = await selectSealableUpTo(database, {
  after: { transaction: 0, number: 0 },
  upTo: { transaction: Number.MAX_SAFE_INTEGER, number: Number.MAX_SAFE_INTEGER },
  limit: 1_000,
});

/** Puts everything back as it was sealed. */
async function restore(): Promise<void> {
  const tables = kept.map(
    (name) => `delete from backbone.${name}; insert into backbone.${name} select * from kept_${name}`,
  );
  await run(tables.join(";"));
}

/** Does something to the database, audits, and puts it back. */
async function auditAfter(text: string, checkpoints: readonly string[] = []): Promise<AuditReport> {
  try {
    await run(text);
    return await seal.audit({ checkpoints });
  } finally {
    await restore();
  }
}

const found = ({ findings }: AuditReport, is: Finding["is"]) =>
  findings.filter((finding) => finding.is === is);
const anyFact = fc.nat(SIZE - 1);

test("a log that nobody touched is as it was sealed", async () => {
  const report = await seal.audit();
  assert.deepEqual(report.findings, []);
  assert.equal(report.total, 0);
  assert.equal(report.size, SIZE);
  assert.equal(report.facts, SIZE);
  assert.equal(report.checkpoints, portions.length);
  const latest = await seal.latestCheckpoint();
  assert.equal(latest?.size, SIZE - 2);
});

describe("a fact that was changed is named", () => {
  const changes = {
    "its source": "source = source || '/x'",
    "its id": "id = id || 'x'",
    "its type": "type = case type when 'StockCounted' then 'StockReceived' else 'StockCounted' end",
    "the time of its happening, by a microsecond": "effective_at = effective_at + interval '1 microsecond'",
    "the time of its recording, by a microsecond": "recorded_at = recorded_at - interval '1 microsecond'",
    "a time that no calendar has": "effective_at = 'infinity'",
    "its journey": "correlation_id = correlation_id || 'x'",
    "its cause": "causation_id = 'x'",
    "its sequence": "stream = 's', sequence_number = 1",
    "a member of its data": "data = jsonb_set(data, '{location}', '\"wh-2\"')",
    "a member more": "data = data || '{\"x\": null}'",
    "a number, written in another way": "data = regexp_replace(data::text, '(\\d)([,}])', '\\1.0\\2')::jsonb",
  };
  for (const [name, change] of Object.entries(changes)) {
    test(name, async () => {
      await fc.assert(
        fc.asyncProperty(anyFact, async (at) => {
          const number = rows[at]?.number;
          const report = await auditAfter(`update backbone.event set ${change} where number = ${number}`);
          assert.deepEqual(
            report.findings.map((finding) => [finding.is, finding.number, finding.from]),
            [["fact-changed", number, at]],
          );
        }),
        { numRuns: 2 },
      );
    });
  }

  test("also where two facts have changed places", async () => {
    const pair = fc.tuple(anyFact, anyFact).filter(([a, b]) => rows[a]?.data !== rows[b]?.data);
    await fc.assert(
      fc.asyncProperty(pair, async ([a, b]) => {
        const [one, other] = [rows[a]?.number, rows[b]?.number];
        const report = await auditAfter(
          `update backbone.event e set data = o.data from backbone.event o
           where (e.number, o.number) in ((${one}, ${other}), (${other}, ${one}))`,
        );
        assert.deepEqual(
          found(report, "fact-changed").map(({ number }) => number),
          [one, other].toSorted((x, y) => Number(x) - Number(y)),
        );
      }),
      { numRuns: 5 },
    );
  });
});

describe("a fact that is gone, moved or new is named", () => {
  test("deleted, wherever it stood, with its neighbours or alone", async () => {
    await fc.assert(
      fc.asyncProperty(anyFact, fc.integer({ min: 1, max: 30 }), async (at, count) => {
        const gone = rows.slice(at, at + count).map(({ number }) => number);
        const report = await auditAfter(`delete from backbone.event where number in (${gone.join()})`);
        assert.deepEqual(
          found(report, "fact-missing").map(({ number }) => number),
          gone,
        );
        assert.equal(report.total, gone.length);
      }),
      { numRuns: 8 },
    );
  });

  test("put into another transaction, and so into another place of the order", async () => {
    const number = rows[400]?.number;
    const report = await auditAfter(
      `update backbone.event set transaction = (select transaction from backbone.event where number = ${rows[3]?.number}) where number = ${number}`,
    );
    assert.deepEqual(
      found(report, "fact-moved").map((finding) => finding.number),
      [number],
    );
    assert.deepEqual(
      found(report, "fact-added").map((finding) => finding.number),
      [number],
    );
  });

  test("slipped in among sealed facts", async () => {
    const report = await auditAfter(
      `insert into backbone.event select 999999, transaction, source, 'late', type, effective_at, recorded_at, correlation_id, causation_id,
         stream, sequence_number, data from backbone.event where number = ${rows[150]?.number}`,
    );
    assert.deepEqual(
      report.findings.map(({ is, number }) => [is, number]),
      [["fact-added", 999_999]],
    );
  });

  test("thousands of them are counted, and the first are named", async () => {
    const report = await auditAfter("delete from backbone.event");
    assert.equal(report.total, SIZE);
    assert.equal(report.findings.length, 100);
    assert.equal(report.findings[0]?.number, rows[0]?.number);
  });
});

describe("whoever changes the seal with the fact", () => {
  /** The hash of a fact as it would be with another journey. */
  const forged = (at: number) => {
    const row = rows[at] ?? assert.fail(`no fact ${at}`);
    return leafHash(leafText({ ...row, correlation_id: "forged" })).toString("hex");
  };
  const change = (at: number) =>
    `update backbone.event set correlation_id = 'forged' where number = ${rows[at]?.number};
     update backbone.seal_tile set hashes = overlay(hashes placing decode('${forged(at)}', 'hex') from ${(at % 256) * 32 + 1})
     where level = 0 and tile = ${Math.floor(at / 256)}`;

  test("is given away by the tile above, and by the first checkpoint that does not come out", async () => {
    const report = await auditAfter(change(100));
    assert.deepEqual(found(report, "fact-changed"), []);
    assert.deepEqual(
      found(report, "seal-damaged").map(({ from, to }) => [from, to]),
      [[0, 255]],
    );
    assert.deepEqual(found(report, "root-differs")[0]?.from, 1);
    assert.deepEqual(found(report, "root-differs")[0]?.to, 300);
  });

  test("is given away by the checkpoints alone in a tile that is not whole yet", async () => {
    const report = await auditAfter(change(580));
    assert.deepEqual(
      report.findings.map(({ is, from, to }) => [is, from, to]),
      [["root-differs", 568, 607]],
    );
  });

  test("and deletes the checkpoints too is given away by one that was kept elsewhere", async () => {
    const note = (await seal.latestCheckpoint())?.note ?? "";
    const silent = await auditAfter(`${change(580)}; delete from backbone.seal_checkpoint`);
    assert.deepEqual(silent.findings, []);
    const report = await auditAfter(`${change(580)}; delete from backbone.seal_checkpoint`, [note]);
    assert.deepEqual(
      report.findings.map(({ is, from, to }) => [is, from, to]),
      [["root-differs", 0, 607]],
    );
  });

  test("and cuts off the end is given away by a checkpoint that says more", async () => {
    const cut = `delete from backbone.event where number > ${rows[255]?.number};
      delete from backbone.seal_tile where level = 0 and tile > 0;
      delete from backbone.seal_place where tile > 0;
      update backbone.seal set size = 256, transaction = ${rows[255]?.transaction}, number = ${rows[255]?.number}`;
    const report = await auditAfter(cut);
    const shorter = found(report, "log-shorter");
    assert.deepEqual(
      shorter.map(({ from, to }) => [from, to]),
      [
        [256, 300],
        [256, 307],
        [256, 567],
        [256, 607],
      ],
    );
  });

  test("loses a part of the seal is told which", async () => {
    const report = await auditAfter("delete from backbone.seal_place where tile = 1");
    assert.deepEqual(
      found(report, "seal-damaged").map(({ from, to }) => [from, to]),
      [[256, 511]],
    );
  });
});

describe("a checkpoint that is given", () => {
  test("must be signed by a key of this log, and be of this log", async () => {
    const note = (await seal.latestCheckpoint())?.note ?? "";
    const report = await seal.audit({ checkpoints: [note.replace("608", "609"), "nonsense"] });
    assert.deepEqual(
      report.findings.map(({ is }) => is),
      ["not-signed", "not-signed"],
    );
  });

  test("is signed by both keys where one took the other's place, so that whoever trusts the old one comes to trust the new", async (t) => {
    const other = openSealedLog((await testDatabase(t)).database);
    await other.append(3);
    const [first] = [await other.seal.checkpoint()];
    const [old] = await other.seal.keys();
    const rotated = await other.seal.rotateKey();
    assert.equal(first.note.match(/^— /gm)?.length, 1);
    assert.equal(rotated.note.match(/^— /gm)?.length, 2);
    await other.append(3);
    const next = await other.seal.checkpoint();
    assert.equal(next.note.match(/^— /gm)?.length, 1);
    const keys = await other.seal.keys();
    assert.equal(keys.length, 2);
    assert.equal(keys[1]?.verifier, old?.verifier);
    assert.deepEqual((await other.seal.audit()).findings, []);
  });
});

test("checkpoints are signed at intervals, and one on demand says what is there at that moment", async (t) => {
  const { database: fresh } = await testDatabase(t);
  const other = openSealedLog(fresh);
  await other.append(5);
  const first = await other.seal.checkpoint();
  assert.equal(first.size, 5);
  assert.equal((await other.seal.checkpoint()).note, first.note);
  await other.append(1);
  const latest = await other.seal.checkpoint();
  assert.equal(latest.size, 6);
  assert.deepEqual(
    (await other.seal.checkpoints({ beyond: 5, limit: 10 })).map(({ size }) => size),
    [6],
  );
  const [count] = await fresh.query<{ count: number }>(
    sql`select count(*)::int as count from backbone.seal_key`,
  );
  assert.equal(count?.count, 1);
  assert.ok(clock.now() >= first.signed_at);
});
