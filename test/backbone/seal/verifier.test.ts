import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { checkpointText, signedNote, verifierText } from "../../../src/backbone/seal/note.ts";
import { type Database, script } from "../../../src/platform/index.ts";
import { testDatabase } from "../../support/database.ts";
import { openSealedLog } from "./sealed-log.ts";
import { bytesOf, verifier, verifierPath } from "./verifier.ts";

const { database } = await testDatabase();
const { append, seal } = openSealedLog(database);

// A checkpoint that somebody kept, then more facts and the latest one.
await append(130);
const older = await seal.checkpoint();
await append(250);
const latest = await seal.checkpoint();
const [key] = await seal.keys();
const verifierKey = key?.verifier ?? assert.fail("no key");
const keys = [verifier.readKey(verifierKey)];
const whole = await bytesOf(await seal.exportFacts({ first: 0 }));
const middle = await bytesOf(await seal.exportFacts({ first: 77, count: 60 }));

/** What somebody with the database and the running program can do: other facts, and the seal made again from the beginning. */
async function rewrite(of: Database): Promise<void> {
  await of.execute(
    script(`update backbone.event set data = jsonb_set(data, '{reason}', '"rewritten"') where number % 10 = 4;
      update backbone.seal set size = 0, transaction = 0, number = 0;
      delete from backbone.seal_tile; delete from backbone.seal_place; delete from backbone.seal_checkpoint`),
  );
}

const refused = (bytes: Buffer, notes: readonly string[] = []) =>
  assert.throws(() => verifier.checkExport(bytes, keys, notes), Error);

describe("an export that nobody touched", () => {
  test("holds, whole, in part, and against a checkpoint that was kept", () => {
    assert.match(verifier.checkExport(whole, keys), /^facts 0 to 379 are 380 of the 380 that crossdock\//);
    assert.match(verifier.checkExport(whole, keys, [older.note, latest.note]), /^facts 0 to 379/);
    assert.match(verifier.checkExport(middle, keys, [older.note]), /^facts 77 to 136 are 60 of the 380/);
  });

  test("holds for every range", async () => {
    const draw = fc.tuple(fc.integer({ min: 0, max: 379 }), fc.integer({ min: 1, max: 400 }));
    await fc.assert(
      fc.asyncProperty(draw, async ([first, count]) => {
        const bytes = await bytesOf(await seal.exportFacts({ first, count }));
        assert.match(verifier.checkExport(bytes, keys), new RegExp(`^facts ${first} to `));
      }),
      { numRuns: 40 },
    );
  });
});

describe("an export that somebody touched", () => {
  for (const [name, bytes] of Object.entries({ whole, middle })) {
    test(`is found out by one bit anywhere (${name})`, () => {
      fc.assert(
        fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
          const touched = Buffer.from(bytes);
          touched[bit >> 3] = (touched[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          refused(touched);
        }),
        { numRuns: 1_500 },
      );
    });

    test(`is found out by lines that were removed, repeated, moved or cut off (${name})`, () => {
      const lines = bytes.toString().split("\n").slice(0, -1);
      const at = fc.nat(lines.length - 1);
      const change = fc.oneof(
        at.map((from) => lines.toSpliced(from, 1)),
        at.map((from) => lines.toSpliced(from, 0, lines[from] ?? "")),
        fc
          .tuple(at, at)
          .filter(([a, b]) => a !== b)
          .map(([a, b]) => lines.with(a, lines[b] ?? "").with(b, lines[a] ?? "")),
        at.map((end) => lines.slice(0, end)),
        fc.tuple(at, fc.string({ minLength: 1 })).map(([to, text]) => lines.with(to, text)),
      );
      fc.assert(
        fc.property(change, (changed) => {
          const text = changed.map((line) => `${line}\n`).join("");
          fc.pre(text !== bytes.toString());
          refused(Buffer.from(text));
        }),
        { numRuns: 500 },
      );
    });

    test(`is found out by bytes that were cut off (${name})`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: bytes.length }), (cut) =>
          refused(bytes.subarray(0, bytes.length - cut)),
        ),
      );
    });
  }

  test("does not hold when its head says fewer facts, even if it has no more", () => {
    const [head = "", ...facts] = whole.toString().split("\n").slice(0, -1);
    const fewer = { ...JSON.parse(head), count: 379 };
    refused(Buffer.from(`${[JSON.stringify(fewer), ...facts.slice(0, 379)].join("\n")}\n`));
  });
});

describe("a forged checkpoint", () => {
  test("is found out: by another key, under another name, or without one", async (t) => {
    const other = openSealedLog((await testDatabase(t)).database);
    await other.append(380);
    await other.seal.checkpoint();
    const forged = await bytesOf(await other.seal.exportFacts({ first: 0 }));
    refused(forged);
    const [theirs] = await other.seal.keys();
    assert.match(verifier.checkExport(forged, [verifier.readKey(theirs?.verifier ?? "")]), /^facts 0 to 379/);
    assert.throws(() => verifier.checkExport(whole, []), /no key that you trust/);
  });

  test("is found out by whoever kept an older one: history was written anew, and signed with the right key", async (t) => {
    // The same log and key in another database, as after a restore; then its facts are others.
    const { database: anew } = await testDatabase(t);
    const second = openSealedLog(anew);
    await second.append(130);
    await second.seal.checkpoint();
    const [own] = await second.seal.keys();
    const ownKeys = [verifier.readKey(own?.verifier ?? "")];
    const kept = await second.seal.latestCheckpoint();
    await rewrite(anew);
    await second.append(10);
    await second.seal.checkpoint();
    const bytes = await bytesOf(await second.seal.exportFacts({ first: 0 }));
    assert.match(verifier.checkExport(bytes, ownKeys), /^facts 0 to 139/);
    assert.throws(
      () => verifier.checkExport(bytes, ownKeys, [kept?.note ?? ""]),
      /the first 130 facts are not those of the checkpoint that you kept/,
    );
  });

  test("of fewer facts than one that was kept says that the end was cut off", async (t) => {
    const { database: anew } = await testDatabase(t);
    const second = openSealedLog(anew);
    await second.append(20);
    await second.seal.checkpoint();
    const [own] = await second.seal.keys();
    const ownKeys = [verifier.readKey(own?.verifier ?? "")];
    const kept = await second.seal.latestCheckpoint();
    await rewrite(anew);
    await anew.execute(
      script(
        "delete from backbone.event where number in (select number from backbone.event order by number desc limit 5)",
      ),
    );
    await second.seal.checkpoint();
    const bytes = await bytesOf(await second.seal.exportFacts({ first: 0 }));
    assert.throws(
      () => verifier.checkExport(bytes, ownKeys, [kept?.note ?? ""]),
      /is of 15 facts; you kept a checkpoint of 20/,
    );
  });
});

describe("the proof of one fact", () => {
  test("holds for every fact, and not for any other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(379), async (at) => {
        const [, line = ""] = (await bytesOf(await seal.exportFacts({ first: at, count: 1 })))
          .toString()
          .split("\n");
        const [transaction, number] = String(JSON.parse(line).position).split(".").map(Number);
        const proof = await seal.proveFact({
          position: { transaction: transaction ?? 0, number: number ?? 0 },
        });
        assert.ok(typeof proof === "object");
        assert.equal(proof.index, at);
        assert.equal(proof.leaf, line);
        assert.match(
          verifier.checkInclusion(JSON.stringify(proof), keys),
          new RegExp(`^the fact is number ${at} of the 380`),
        );
        const others = [
          { ...proof, index: (at + 1) % 380 },
          { ...proof, size: 379 },
          { ...proof, leaf: proof.leaf.replace("journey", "Journey") },
          { ...proof, hashes: proof.hashes.slice(1) },
          { ...proof, hashes: [...proof.hashes, proof.hashes[0]] },
          { ...proof, hashes: proof.hashes.toReversed() },
          { ...proof, checkpoint: older.note },
        ];
        for (const other of others)
          assert.throws(() => verifier.checkInclusion(JSON.stringify(other), keys), Error);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the proof that a log grew", () => {
  const notes = [older.note, latest.note];

  test("holds between two checkpoints", async () => {
    const proof = await seal.proveConsistency(older.size, latest.size);
    assert.ok(proof);
    assert.match(
      verifier.checkConsistency(JSON.stringify(proof), keys, notes),
      /130 facts is the beginning of the log of 380/,
    );
    const others = [
      { ...proof, fromRoot: proof.toRoot },
      { ...proof, toRoot: proof.fromRoot },
      { ...proof, from: 129 },
      { ...proof, hashes: proof.hashes.slice(1) },
      { ...proof, hashes: proof.hashes.toReversed() },
      { ...proof, hashes: [...proof.hashes, proof.hashes[0]] },
    ];
    for (const other of others)
      assert.throws(() => verifier.checkConsistency(JSON.stringify(other), keys, notes), Error);
    assert.throws(
      () => verifier.checkConsistency(JSON.stringify(proof), keys, [latest.note]),
      /give your checkpoint of 130/,
    );
  });

  test("holds between any two sizes, and not for another older log", async () => {
    const pair = generateKeyPairSync("ed25519");
    const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
    const name = "example.com/log";
    const signedWith = [verifier.readKey(verifierText({ name, publicKey }))];
    const noteOf = (size: number, root: string) => {
      const text = checkpointText({ origin: name, size, root: Buffer.from(root, "base64") });
      return signedNote(text, [
        { name, publicKey, signature: sign(null, Buffer.from(text), pair.privateKey) },
      ]);
    };
    const size = fc.nat(380);
    await fc.assert(
      fc.asyncProperty(size, size, async (a, b) => {
        const proof = await seal.proveConsistency(Math.min(a, b), Math.max(a, b));
        assert.ok(proof);
        const kept = [noteOf(proof.from, proof.fromRoot), noteOf(proof.to, proof.toRoot)];
        assert.match(
          verifier.checkConsistency(JSON.stringify(proof), signedWith, kept),
          /is the beginning of/,
        );
        if (proof.from === 0) return;
        const fromRoot = Buffer.alloc(32, 1).toString("base64");
        const others = [noteOf(proof.from, fromRoot), noteOf(proof.to, proof.toRoot)];
        const other = JSON.stringify({ ...proof, fromRoot });
        assert.throws(() => verifier.checkConsistency(other, signedWith, others), Error);
      }),
      { numRuns: 80 },
    );
  });

  test("is none where a log did not", async () => {
    assert.equal(await seal.proveConsistency(5, 4), undefined);
    assert.equal(await seal.proveConsistency(5, 381), undefined);
  });
});

test("the verifier says it in words and by its exit code", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "crossdock-verifier-"));
  t.after(() => rm(folder, { recursive: true }));
  const write = async (name: string, content: Buffer | string) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const proof = await seal.proveFact({ number: 1 });
  const grown = await seal.proveConsistency(older.size, latest.size);
  const files = [
    await write("export.ndjson", whole),
    await write("fact.json", `${JSON.stringify(proof)}\n`),
    await write("grown.json", `${JSON.stringify(grown)}\n`),
  ];
  const notes = [
    "--checkpoint",
    await write("older.txt", older.note),
    "--checkpoint",
    await write("latest.txt", latest.note),
  ];
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(verifierPath), ...args], { encoding: "utf8" });
  const good = run("--key", verifierKey, ...notes, ...files);
  assert.equal(good.stdout.match(/: holds: /g)?.length, 3, good.stdout + good.stderr);
  assert.equal(good.status, 0);
  const bad = run("--key", verifierKey, await write("cut.ndjson", whole.subarray(0, -1)));
  assert.match(bad.stdout, /DOES NOT HOLD: its last line is not whole/);
  assert.equal(bad.status, 1);
  assert.equal(run(...files).status, 2);
});
