import { type Queryable, sql } from "../platform/index.ts";

type Texts = readonly string[];

/** Texts to look for among the names of items or locations. `place` says which question a text belongs to. */
export type TextColumns = {
  readonly places: readonly number[];
  readonly kinds: Texts;
  readonly texts: Texts;
};

/** A name that leads, or led, to something, and what both texts come to without case, punctuation and leading zeros. */
export type NameRow = {
  readonly place: number;
  readonly text: string;
  readonly text_folded: string;
  readonly scheme: string;
  readonly scope: string;
  readonly value: string;
  readonly value_folded: string;
  readonly target: string;
};

/** Names of one text that are looked at: the same number is known under a handful of schemes. */
const SAME_MAX = 20;

/** The names that are a text but for case, punctuation and the zeros before numbers. */
export function selectSameNames(database: Queryable, wanted: TextColumns): Promise<NameRow[]> {
  return database.query<NameRow>(sql`
    select w.place, w.text, w.folded as text_folded, found.scheme, found.scope, found.value, w.folded as value_folded, found.target
    from (
      select place, kind, text, governance.folded(text) collate "C" as folded
      from unnest(${wanted.places}::int[], ${wanted.kinds}::text[], ${wanted.texts}::text[]) as n (place, kind, text)
    ) as w
    cross join lateral (
      select distinct a.scheme, a.scope, a.value, a.target from governance.alias a
      where a.kind = w.kind and governance.folded(a.value) collate "C" = w.folded and a.target is not null
      order by a.scheme, a.scope, a.value, a.target
      limit ${SAME_MAX}
    ) as found
    where w.folded <> ''
    order by w.place, found.scheme, found.scope, found.value`);
}

/** Neighbours that are looked at on either side, read from either end. */
const NEIGHBOURS_MAX = 8;
/** Shorter names have everything for a neighbour. */
const NEIGHBOUR_LENGTH_MIN = 3;

/**
 * The names beside a text in the order of names, and in the order of names read backwards: those that begin or end like it. Four steps in
 * an index for each text, however many names there are. A misspelling in the middle of a name that has hundreds of neighbours at both ends
 * is not found; trigrams (pg_trgm) would find it, and read every name that shares a "SKU" with it.
 */
export function selectNearNames(database: Queryable, wanted: TextColumns): Promise<NameRow[]> {
  return database.query<NameRow>(sql`
    select distinct w.place, w.text, w.folded as text_folded, near.scheme, near.scope, near.value,
           governance.folded(near.value) as value_folded, near.target
    from (
      select place, kind, text, governance.folded(text) collate "C" as folded
      from unnest(${wanted.places}::int[], ${wanted.kinds}::text[], ${wanted.texts}::text[]) as n (place, kind, text)
    ) as w
    cross join lateral (
      (select a.scheme, a.scope, a.value, a.target from governance.alias a
       where a.kind = w.kind and governance.folded(a.value) collate "C" > w.folded
       order by a.kind, governance.folded(a.value) collate "C" limit ${NEIGHBOURS_MAX})
      union all
      (select a.scheme, a.scope, a.value, a.target from governance.alias a
       where a.kind = w.kind and governance.folded(a.value) collate "C" < w.folded
       order by a.kind desc, governance.folded(a.value) collate "C" desc limit ${NEIGHBOURS_MAX})
      union all
      (select a.scheme, a.scope, a.value, a.target from governance.alias a
       where a.kind = w.kind and reverse(governance.folded(a.value)) collate "C" > reverse(w.folded)
       order by a.kind, reverse(governance.folded(a.value)) collate "C" limit ${NEIGHBOURS_MAX})
      union all
      (select a.scheme, a.scope, a.value, a.target from governance.alias a
       where a.kind = w.kind and reverse(governance.folded(a.value)) collate "C" < reverse(w.folded)
       order by a.kind desc, reverse(governance.folded(a.value)) collate "C" desc limit ${NEIGHBOURS_MAX})
    ) as near
    where length(w.folded) >= ${NEIGHBOUR_LENGTH_MIN} and near.target is not null
    order by w.place, near.scheme, near.scope, near.value`);
}

/** A lot of an item that may be used, with the last day on which. */
export type NewestLotRow = {
  readonly item_id: string;
  readonly lot: string;
  readonly expires_on: string | null;
};

/** Of each item the lots that may be used today, those that became known last before the others. */
export function selectNewestLots(
  database: Queryable,
  wanted: { readonly itemIds: Texts; readonly today: string; readonly limit: number },
): Promise<NewestLotRow[]> {
  return database.query<NewestLotRow>(sql`
    select n.item_id, newest.lot, newest.expires_on::text as expires_on
    from unnest(${wanted.itemIds}::text[]) as n (item_id)
    cross join lateral (
      select l.lot, l.expires_on, l.created_at from governance.lot l
      where l.item_id = n.item_id and (l.expires_on is null or l.expires_on >= ${wanted.today}::date)
      order by l.created_at desc, l.lot limit ${wanted.limit}
    ) as newest
    order by n.item_id, newest.created_at desc, newest.lot`);
}
