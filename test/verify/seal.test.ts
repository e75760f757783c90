import assert from "node:assert/strict";
import { test } from "node:test";
import { type Statement, sql } from "../../src/platform/index.ts";
import { verifyWithin } from "../../src/verify/index.ts";
import { openSealedLog } from "../backbone/seal/sealed-log.ts";
import { testDatabase } from "../support/database.ts";

/** Enough for a third level of tiles, and for a checkpoint whose tree is cut in the middle of tiles. */
const FACTS = 66_000;

const { database } = await testDatabase();
const sealed = openSealedLog(database);
for (let told = 0; told < FACTS; told += 6_000) await sealed.append(6_000);
await sealed.seal.checkpoint();
const now = sealed.clock.now();

class RollBack extends Error {}

/** What the two checks of the seal find after a change, of which nothing is left. */
async function found(...changes: readonly Statement[]): Promise<readonly string[]> {
  let says: readonly string[] = [];
  const attempt = database.transaction(async (tx) => {
    for (const change of changes) await tx.execute(change);
    const [log] = (await verifyWithin(tx, { now })).laws;
    const ofSeal = log?.checks.filter(({ of }) => of === "sealed facts" || of === "hashes of the seal") ?? [];
    assert.equal(ofSeal.length, 2);
    says = ofSeal.flatMap(({ offences }) => offences.map((offence) => offence.says));
    throw new RollBack();
  });
  await assert.rejects(attempt, RollBack);
  return says;
}

test("a sealed log holds together, over several levels of tiles", async () => {
  assert.deepEqual(await found(), []);
  const [row] = await database.query<{ levels: number }>(
    sql`select count(distinct level)::int as levels from backbone.seal_tile`,
  );
  assert.equal(row?.levels, 3);
});

test("a changed hash at any level, a lost tile and a lost place are found", async () => {
  const spoil = (level: number, tile: number) =>
    sql`update backbone.seal_tile set hashes = set_byte(hashes, 100, get_byte(hashes, 100) # 1) where level = ${level} and tile = ${tile}`;
  assert.deepEqual(await found(spoil(0, 40)), ["level 1, tile 0: hash 40 is not the root of tile 40 below"]);
  assert.match(
    (await found(spoil(1, 0))).join("; "),
    /level 1, tile 0: hash 3 is not the root of tile 3 below/,
  );
  assert.match(
    (await found(spoil(1, 0))).join("; "),
    /level 2, tile 0: hash 0 is not the root of tile 0 below/,
  );
  assert.match(
    (await found(spoil(0, 257))).join("; "),
    /the signed root of 66000 facts is not that of the tree/,
  );
  const lost = await found(sql`delete from backbone.seal_tile where level = 1 and tile = 0`);
  assert.match(lost.join("; "), /level 1: it has 1 hashes and should have 257/);
  const unplaced = await found(sql`delete from backbone.seal_place where tile = 7`);
  assert.match(unplaced.join("; "), /65744 facts have a place, and 66000 are sealed/);
});

test("a fact that is gone or stands elsewhere is named", async () => {
  const fact = sql`select number from backbone.event order by transaction, number offset 500 limit 1`;
  const [row] = await database.query<{ number: number }>(fact);
  const number = row?.number ?? 0;
  const gone = await found(sql`delete from backbone.event where number = ${number}`);
  assert.match(gone.join("; "), new RegExp(`^fact ${number} was sealed in transaction \\d+, and is gone$`));
  const moved = await found(
    sql`update backbone.event set transaction = transaction - 1 where number = ${number}`,
  );
  assert.match(
    moved.join("; "),
    new RegExp(`^fact ${number} was sealed in transaction \\d+, and stands in \\d+$`),
  );
});
