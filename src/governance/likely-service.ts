import { type Reference, referenceText } from "@crossdock/canonical";
import type { Queryable } from "../platform/index.ts";
import { type Likely, likelyTargets, variantsOf } from "./likely.ts";
import { selectNearNames, selectSameNames } from "./likely-store.ts";
import { type LikelyUnit, likelyUnits } from "./likely-unit.ts";
import { selectLocationRows } from "./master-store.ts";
import type { Resolutions } from "./resolve.ts";

/** Something that an unknown name may mean, with what people call it. */
export type LikelyThing = Likely & { readonly called: string; readonly description: string };

/** A name that nothing is known of. `unit`: the item is known, and this unit of it is not. */
export type UnknownName = {
  readonly kind: "item" | "location";
  readonly reference: Reference;
};

/** What unknown names may mean. It only suggests: nothing resolves by likeness. */
export type LikelyNames = {
  /** For each name what it may mean, the likeliest first: a fixed number of queries for all of them. */
  likelyThings(
    queryable: Queryable,
    wanted: readonly UnknownName[],
  ): Promise<readonly (readonly LikelyThing[])[]>;
  /** For each item and unit what the unit may be of the units that the item has; nothing for an item that is not known itself. */
  likelyUnits(
    queryable: Queryable,
    wanted: readonly { readonly reference: Reference; readonly unit: string }[],
  ): Promise<readonly (readonly LikelyUnit[])[]>;
};

type Resolve = (
  queryable: Queryable,
  wanted: { readonly items: readonly Reference[]; readonly locations: readonly Reference[] },
) => Promise<Resolutions>;

/** Opens the suggestions. */
export function likelyNames(resolve: Resolve): LikelyNames {
  return {
    likelyThings: (queryable, wanted) => likelyThings(resolve, queryable, wanted),
    async likelyUnits(queryable, wanted) {
      const { now } = await resolve(queryable, {
        items: wanted.map(({ reference }) => reference),
        locations: [],
      });
      return wanted.map(({ reference, unit }) => {
        const item = now.items.get(referenceText(reference));
        return item === undefined ? [] : likelyUnits(unit, item);
      });
    },
  };
}

async function likelyThings(
  resolve: Resolve,
  queryable: Queryable,
  wanted: readonly UnknownName[],
): Promise<readonly (readonly LikelyThing[])[]> {
  if (wanted.length === 0) return [];
  const asked = wanted.map((name) => ({ ...name, variants: variantsOf(name.kind, name.reference.value) }));
  const texts = asked.flatMap(({ kind, variants }, place) =>
    variants.map(({ text }) => ({ place, kind, text })),
  );
  const own = asked.map(({ kind, reference }, place) => ({ place, kind, text: reference.value }));
  const [same, near] = await Promise.all([
    selectSameNames(queryable, columnsOf(texts)),
    selectNearNames(queryable, columnsOf(own)),
  ]);
  const [sameOf, nearOf] = [Map.groupBy(same, ({ place }) => place), Map.groupBy(near, ({ place }) => place)];
  const found = asked.map((name, place) =>
    likelyTargets(name, { same: sameOf.get(place) ?? [], near: nearOf.get(place) ?? [] }),
  );
  const things = await thingsOf(resolve, queryable, asked, found);
  return found.map((each, place) => {
    const called = things[asked[place]?.kind ?? "item"];
    return each.flatMap((likely) => {
      const thing = called.get(likely.target);
      return thing === undefined ? [] : [{ ...likely, ...thing }];
    });
  });
}

type Text = { readonly place: number; readonly kind: string; readonly text: string };

const columnsOf = (texts: readonly Text[]) => ({
  places: texts.map(({ place }) => place),
  kinds: texts.map(({ kind }) => kind),
  texts: texts.map(({ text }) => text),
});

type Thing = { readonly target: string; readonly called: string; readonly description: string };

/** What targets are now: an item that was merged is the one that it became, and a virtual location is no target. */
async function thingsOf(
  resolve: Resolve,
  queryable: Queryable,
  asked: readonly UnknownName[],
  found: readonly (readonly Likely[])[],
): Promise<Readonly<Record<UnknownName["kind"], ReadonlyMap<string, Thing>>>> {
  const targets = (kind: UnknownName["kind"]) =>
    found.flatMap((each, place) => (asked[place]?.kind === kind ? each.map(({ target }) => target) : []));
  const itemIds = [...new Set(targets("item"))];
  const [{ now }, places] = await Promise.all([
    resolve(queryable, { items: itemIds.map((value) => ({ scheme: "id", value })), locations: [] }),
    selectLocationRows(queryable, [...new Set(targets("location"))]),
  ]);
  const items = itemIds.flatMap((id): readonly (readonly [string, Thing])[] => {
    const item = now.items.get(referenceText({ scheme: "id", value: id }));
    return item === undefined
      ? []
      : [[id, { target: item.itemId, called: item.sku, description: item.description }]];
  });
  const locations = places
    .filter(({ type }) => type !== "virtual")
    .map(
      (row) =>
        [row.location_id, { target: row.location_id, called: row.code, description: row.name }] as const,
    );
  return { item: new Map(items), location: new Map(locations) };
}
