import { json, type Queryable, sql, type Transaction } from "../../platform/index.ts";
import type { LogPosition } from "../position.ts";
import type { SealableRow } from "./leaf.ts";
import type { Hash } from "./merkle.ts";
import type { Tile, TileId } from "./tiles.ts";

/** How far the log is sealed: so many facts, the last of them at this position. */
export type Seal = { readonly origin: string; readonly size: number } & LogPosition;

export async function selectSeal(database: Queryable): Promise<Seal> {
  const [row] = await database.query<Seal>(sql`select origin, size, transaction, number from backbone.seal`);
  if (row === undefined) throw new Error("backbone.seal has lost its row, and the log its name");
  return row;
}

/** Moves the seal on, if it still stands where it was seen. Gives whether it did. */
export async function updateSeal(
  tx: Transaction,
  move: { readonly from: number; readonly size: number; readonly at: LogPosition },
): Promise<boolean> {
  const { from, size, at } = move;
  const moved = await tx.execute(sql`
    update backbone.seal set size = ${size}, transaction = ${at.transaction}, number = ${at.number}
    where size = ${from}`);
  return moved === 1;
}

/** Settled facts after a position, in log order, with everything that their hash is of. */
export function selectSealable(
  database: Queryable,
  options: { readonly after: LogPosition; readonly limit: number; readonly elsewhere: readonly string[] },
): Promise<SealableRow[]> {
  const { after, limit, elsewhere } = options;
  return database.query<SealableRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id, stream,
           sequence_number, data::text as data,
           extract(microseconds from effective_at)::int % 1000 as effective_micros,
           extract(microseconds from recorded_at)::int % 1000 as recorded_micros
    from backbone.event
    where (transaction, number) > (${after.transaction}::bigint, ${after.number}::bigint)
      and transaction < (select backbone.horizon(${elsewhere}::xid8[]))
    order by transaction, number limit ${limit}`);
}

/** Facts after a position up to another, in log order. */
export function selectSealableUpTo(
  database: Queryable,
  options: { readonly after: LogPosition; readonly upTo: LogPosition; readonly limit: number },
): Promise<SealableRow[]> {
  const { after, upTo, limit } = options;
  return database.query<SealableRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id, stream,
           sequence_number, data::text as data,
           extract(microseconds from effective_at)::int % 1000 as effective_micros,
           extract(microseconds from recorded_at)::int % 1000 as recorded_micros
    from backbone.event
    where (transaction, number) > (${after.transaction}::bigint, ${after.number}::bigint)
      and (transaction, number) <= (${upTo.transaction}::bigint, ${upTo.number}::bigint)
    order by transaction, number limit ${limit}`);
}

/** Facts by their numbers, with everything that their hash is of. */
export function selectSealableByNumber(
  database: Queryable,
  numbers: readonly number[],
): Promise<SealableRow[]> {
  return database.query<SealableRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id, stream,
           sequence_number, data::text as data,
           extract(microseconds from effective_at)::int % 1000 as effective_micros,
           extract(microseconds from recorded_at)::int % 1000 as recorded_micros
    from backbone.event where number = any (${numbers}::bigint[])`);
}

/** Of numbers of facts, those of stretches that have left for an archive. */
export async function selectArchivedNumbers(
  database: Queryable,
  numbers: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await database.query<{ number: number }>(sql`
    select n as number from unnest(${numbers}::bigint[]) as n
    where exists (select from backbone.stretch s
                  where s.state = 'archived' and s.first_number <= n and s.end_number > n)`);
  return new Set(rows.map((row) => row.number));
}

/** The archive that the fact of a source's id has left for; undefined where it is on the log, or never was. */
export async function selectArchiveOfTold(
  database: Queryable,
  source: string,
  id: string,
): Promise<ArchivedFact | undefined> {
  const [row] = await database.query<ArchivedFact>(sql`
    select t.number, s.archive from backbone.told t
    join backbone.stretch s on s.state = 'archived' and t.number >= s.first_number and t.number < s.end_number
    where t.source = ${source} and t.id = ${id}`);
  return row;
}

/** A fact that has left, and the archive that has it. */
export type ArchivedFact = { readonly number: number; readonly archive: string };

/** The archive that a number has left for. */
export async function selectArchiveOfNumber(
  database: Queryable,
  number: number,
): Promise<ArchivedFact | undefined> {
  const [row] = await database.query<ArchivedFact>(sql`
    select ${number}::bigint as number, archive from backbone.stretch
    where state = 'archived' and ${number} >= first_number and ${number} < end_number`);
  return row;
}

/** The first of a span of leaves that has left, and the archive that has it. Looks at no place where nothing was ever archived. */
export async function selectArchiveOfLeaves(
  database: Queryable,
  span: { readonly first: number; readonly end: number; readonly tileWidth: number },
): Promise<ArchivedFact | undefined> {
  const { first, end, tileWidth } = span;
  const [row] = await database.query<ArchivedFact>(sql`
    select n.number, s.archive
    from backbone.seal_place p
    cross join lateral unnest(p.numbers) with ordinality as n (number, at)
    join backbone.stretch s on s.state = 'archived' and n.number >= s.first_number and n.number < s.end_number
    where exists (select from backbone.stretch where state = 'archived')
      and p.tile between ${Math.floor(first / tileWidth)} and ${Math.floor((end - 1) / tileWidth)}
      and p.tile * ${tileWidth} + n.at - 1 >= ${first} and p.tile * ${tileWidth} + n.at - 1 < ${end}
    order by p.tile, n.at limit 1`);
  return row;
}

/** Where facts stand on the log now. Numbers that are not on it are left out. */
export function selectPositions(
  database: Queryable,
  numbers: readonly number[],
): Promise<(LogPosition & { readonly type: string })[]> {
  return database.query<LogPosition & { readonly type: string }>(sql`
    select transaction, number, type from backbone.event where number = any (${numbers}::bigint[])`);
}

/** Tiles by level and number; those that do not exist are left out. */
export function selectTiles(database: Queryable, ids: readonly TileId[]): Promise<Tile[]> {
  return database.query<Tile>(sql`
    select t.level, t.tile, t.hashes
    from unnest(${ids.map(({ level }) => level)}::smallint[], ${ids.map(({ tile }) => tile)}::bigint[]) as w (level, tile)
    join backbone.seal_tile t on t.level = w.level and t.tile = w.tile`);
}

/** Writes tiles that are new or have grown. */
export function upsertTiles(tx: Transaction, tiles: readonly Tile[]): void {
  const rows = tiles.map(({ level, tile, hashes }) => ({ level, tile, hashes: hashes.toString("hex") }));
  tx.send(sql`
    insert into backbone.seal_tile (level, tile, hashes)
    select level, tile, decode(hashes, 'hex')
    from jsonb_to_recordset(${json(rows)}::jsonb) as t (level smallint, tile bigint, hashes text)
    on conflict (level, tile) do update set hashes = excluded.hashes`);
}

/** Which facts the hashes of a tile of level 0 are of. */
export type Places = {
  readonly tile: number;
  readonly transactions: readonly number[];
  readonly numbers: readonly number[];
};

/** Appends places to their tiles. */
export function upsertPlaces(tx: Transaction, places: readonly Places[]): void {
  tx.send(sql`
    insert into backbone.seal_place (tile, first_transaction, first_number, transactions, numbers)
    select tile, transactions[1], numbers[1], transactions, numbers
    from jsonb_to_recordset(${json(places)}::jsonb) as p (tile bigint, transactions bigint[], numbers bigint[])
    on conflict (tile) do update
      set transactions = seal_place.transactions || excluded.transactions, numbers = seal_place.numbers || excluded.numbers`);
}

/** Places from a tile on. */
export function selectPlaces(
  database: Queryable,
  options: { readonly from: number; readonly limit: number },
): Promise<Places[]> {
  return database.query<Places>(sql`
    select tile, transactions, numbers from backbone.seal_place
    where tile >= ${options.from} order by tile limit ${options.limit}`);
}

/** The tile that a position must be in, if it is sealed. */
export async function selectPlacesOf(
  database: Queryable,
  position: LogPosition,
): Promise<Places | undefined> {
  const [row] = await database.query<Places>(sql`
    select tile, transactions, numbers from backbone.seal_place
    where (first_transaction, first_number) <= (${position.transaction}::bigint, ${position.number}::bigint)
    order by first_transaction desc, first_number desc limit 1`);
  return row;
}

/** A key that signs, or has signed. */
export type KeyRow = {
  readonly verifier: string;
  readonly public_key: Buffer;
  readonly private_key: string;
  readonly created_at: Date;
  readonly retired_at: Date | null;
};

/** The key in use comes first, then the one that was retired last. */
export function selectKeys(database: Queryable): Promise<KeyRow[]> {
  return database.query<KeyRow>(sql`
    select verifier, public_key, private_key, created_at, retired_at from backbone.seal_key
    order by retired_at desc nulls first`);
}

/** Adds the key in use, unless there is one already. */
export async function insertKey(database: Queryable, key: Omit<KeyRow, "retired_at">): Promise<void> {
  await database.execute(sql`
    insert into backbone.seal_key (verifier, public_key, private_key, created_at)
    values (${key.verifier}, ${key.public_key}, ${key.private_key}, ${key.created_at})
    on conflict do nothing`);
}

/** Takes a key out of use; false when it was not in use any more. */
export async function retireKey(tx: Transaction, verifier: string, at: Date): Promise<boolean> {
  const retired = await tx.execute(sql`
    update backbone.seal_key set retired_at = ${at} where verifier = ${verifier} and retired_at is null`);
  return retired === 1;
}

/** A signed statement of the log's size and root. */
export type CheckpointRow = {
  readonly size: number;
  readonly root: Hash;
  readonly note: string;
  readonly signed_at: Date;
};

/** Keeps a checkpoint. One of the same size is replaced: it says the same, and has more signatures. */
export async function upsertCheckpoint(database: Queryable, row: CheckpointRow): Promise<void> {
  await database.execute(sql`
    insert into backbone.seal_checkpoint (size, root, note, signed_at)
    values (${row.size}, ${row.root}, ${row.note}, ${row.signed_at})
    on conflict (size) do update set note = excluded.note, signed_at = excluded.signed_at`);
}

export async function selectLatestCheckpoint(database: Queryable): Promise<CheckpointRow | undefined> {
  const [row] = await database.query<CheckpointRow>(sql`
    select size, root, note, signed_at from backbone.seal_checkpoint order by size desc limit 1`);
  return row;
}

/** Checkpoints of more facts than a size, the smallest first. */
export function selectCheckpoints(
  database: Queryable,
  options: { readonly beyond: number; readonly limit: number },
): Promise<CheckpointRow[]> {
  return database.query<CheckpointRow>(sql`
    select size, root, note, signed_at from backbone.seal_checkpoint
    where size > ${options.beyond} order by size limit ${options.limit}`);
}
