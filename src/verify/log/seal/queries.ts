import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../../check.ts";

export type SealedRow = {
  readonly number: number;
  readonly sealed_in: number | null;
  readonly stands_in: number | null;
};

/**
 * Facts up to where the log is sealed that are not what was sealed: one that is gone, one that slipped in, one that stands elsewhere. What
 * has left for an archive is proved by the archive.
 */
export function unsealedFacts(snapshot: Queryable): Promise<Found<SealedRow>[]> {
  return snapshot.query<Found<SealedRow>>(sql`
    with sealed as (
      select fact.number, fact.transaction from backbone.seal_place p
      cross join lateral unnest(p.transactions, p.numbers) as fact (transaction, number)
    ), standing as (
      select e.number, e.transaction from backbone.event e cross join backbone.seal s
      where s.size > 0 and (e.transaction, e.number) <= (s.transaction, s.number)
    )
    select number, s.transaction as sealed_in, e.transaction as stands_in, count(*) over () as total
    from sealed s full join standing e using (number)
    where s.transaction is distinct from e.transaction and not (e.transaction is null and verify.is_archived(number))
    order by number limit ${OFFENCES_MAX}`);
}

export type TreeRow = {
  readonly level: number | null;
  readonly tile: number | null;
  readonly problem: string;
};

/**
 * Where the seal's tree does not hold together: a whole tile whose root is not what stands above it, a level with more or fewer hashes
 * than the one below makes, facts and hashes that are not as many as are sealed, a signed root that is not the tree's. Of the signed
 * checkpoints the newest is hashed again; those before it were the newest once.
 */
export function brokenTree(snapshot: Queryable): Promise<Found<TreeRow>[]> {
  return snapshot.query<Found<TreeRow>>(sql`
    with level as (
      select level, sum(octet_length(hashes) / 32)::bigint as hashes from backbone.seal_tile group by level
    ), expected as (
      select step.level::smallint as level, div(s.size::numeric, 256::numeric ^ step.level)::bigint as hashes
      from backbone.seal s, generate_series(0, 6) as step (level)
    ), newest as (
      select c.size, c.root, c.size > s.size as is_beyond from backbone.seal_checkpoint c, backbone.seal s order by c.size desc limit 1
    ), problem as (
      select t.level + 1 as level, t.tile / 256 as tile,
             format('hash %s is not the root of tile %s below', t.tile % 256, t.tile) as problem
      from backbone.seal_tile t
      join backbone.seal_tile above on above.level = t.level + 1 and above.tile = t.tile / 256
        and octet_length(above.hashes) >= (t.tile % 256 + 1) * 32
      where octet_length(t.hashes) = 8192
        and verify.root_of(t.hashes) is distinct from substr(above.hashes, (t.tile % 256)::integer * 32 + 1, 32)
      union all
      select coalesce(l.level, e.level), null, format('it has %s hashes and should have %s', coalesce(l.hashes, 0), coalesce(e.hashes, 0))
      from level l full join expected e using (level) where coalesce(l.hashes, 0) <> coalesce(e.hashes, 0)
      union all
      select null, null, format('%s facts have a place, and %s are sealed', placed.facts, s.size)
      from backbone.seal s, (select coalesce(sum(cardinality(numbers)), 0) as facts from backbone.seal_place) as placed
      where placed.facts <> s.size
      union all
      select null, null, case when is_beyond then format('a checkpoint of %s facts is signed, which are not sealed', size)
                              else format('the signed root of %s facts is not that of the tree', size) end
      from newest where is_beyond or verify.tree_root(size) is distinct from root
    )
    select level, tile, problem, count(*) over () as total from problem order by level nulls last, tile, problem limit ${OFFENCES_MAX}`);
}
