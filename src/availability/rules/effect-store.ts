import { type Queryable, sql, type Transaction } from "../../platform/index.ts";

/** What a channel would be told of an item by the rules of a draft, and is told by those that hold. */
export type Effect = {
  readonly channelId: string;
  readonly itemId: string;
  readonly before: number;
  readonly after: number;
};

/** Writes down what a draft changes, in the place of what was found before. */
export async function replaceEffects(
  tx: Transaction,
  draftId: string,
  effects: readonly Effect[],
): Promise<void> {
  await tx.execute(sql`delete from availability.rule_draft_effect where draft_id = ${draftId}`);
  if (effects.length === 0) return;
  await tx.execute(sql`
    insert into availability.rule_draft_effect (draft_id, channel_id, item_id, before, after)
    select ${draftId}, e.channel_id, e.item_id, e.before, e.after
    from unnest(${effects.map((e) => e.channelId)}::text[], ${effects.map((e) => e.itemId)}::text[],
                ${effects.map((e) => e.before)}::bigint[], ${effects.map((e) => e.after)}::bigint[])
      as e (channel_id, item_id, before, after)`);
}

export type EffectPlace = { readonly size: number; readonly channelId: string; readonly itemId: string };

/** What a draft changes, the largest differences first. */
export async function selectEffects(
  database: Queryable,
  draftId: string,
  page: {
    readonly channelId: string | undefined;
    readonly after: EffectPlace | undefined;
    readonly limit: number;
  },
): Promise<readonly Effect[]> {
  const { channelId = null, after, limit } = page;
  return database.query<Effect>(sql`
    select channel_id as "channelId", item_id as "itemId", before, after from availability.rule_draft_effect
    where draft_id = ${draftId} and (${channelId}::text is null or channel_id = ${channelId})
      and (${after === undefined} or (-abs(after - before), channel_id, item_id)
            > (${-(after?.size ?? 0)}::bigint, ${after?.channelId ?? ""}::text, ${after?.itemId ?? ""}::text))
    order by abs(after - before) desc, channel_id, item_id limit ${limit}`);
}

export type EffectSum = {
  readonly channelId: string;
  readonly figures: number;
  readonly toNone: number;
  readonly fromNone: number;
  readonly unitsMore: number;
  readonly unitsLess: number;
};

/** What a draft changes, channel by channel. */
export function sumEffects(database: Queryable, draftId: string): Promise<EffectSum[]> {
  return database.query<EffectSum>(sql`
    select channel_id as "channelId", count(*) as figures, count(*) filter (where after = 0) as "toNone",
           count(*) filter (where before = 0) as "fromNone",
           coalesce(sum(after - before) filter (where after > before), 0)::bigint as "unitsMore",
           coalesce(sum(before - after) filter (where after < before), 0)::bigint as "unitsLess"
    from availability.rule_draft_effect where draft_id = ${draftId} group by channel_id order by channel_id`);
}
