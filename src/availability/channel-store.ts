import { channelId, locationId } from "@crossdock/canonical";
import { type Queryable, sql } from "../platform/index.ts";
import type { Channel, ChannelBook, ChannelRule } from "./channel.ts";

/** A channel to create or change. Locations are in the order in which the channel sells from them. */
export type ChannelToSave = {
  readonly channelId: string;
  readonly name: string;
  readonly locationIds: readonly string[];
};

/** A rule of a channel for an item, or for all its items when `itemId` is empty. */
export type RuleToSave = {
  readonly channelId: string;
  readonly itemId: string;
  readonly buffer: number;
  readonly cap: number | null;
  readonly protected: number;
};

export function upsertChannels(
  database: Queryable,
  channels: readonly ChannelToSave[],
  at: Date,
): Promise<number> {
  return database.execute(sql`
    insert into availability.channel (channel_id, name, created_at)
    select c.id, c.name, ${at}
    from unnest(${channels.map((c) => c.channelId)}::text[], ${channels.map((c) => c.name)}::text[]) as c (id, name)
    on conflict (channel_id) do update set name = excluded.name`);
}

/** Replaces the networks of channels. */
export async function replaceNetworks(
  database: Queryable,
  channels: readonly ChannelToSave[],
): Promise<void> {
  const rows = channels.flatMap((channel) =>
    channel.locationIds.map((location, rank) => ({ channel: channel.channelId, location, rank })),
  );
  await database.execute(sql`
    delete from availability.channel_location where channel_id = any (${channels.map((c) => c.channelId)}::text[])`);
  await database.execute(sql`
    insert into availability.channel_location (channel_id, location_id, rank)
    select * from unnest(${rows.map((r) => r.channel)}::text[], ${rows.map((r) => r.location)}::text[],
                         ${rows.map((r) => r.rank)}::int[])`);
}

export function upsertRules(database: Queryable, rules: readonly RuleToSave[]): Promise<number> {
  return database.execute(sql`
    insert into availability.channel_rule (channel_id, item_id, buffer, cap, protected)
    select * from unnest(${rules.map((r) => r.channelId)}::text[], ${rules.map((r) => r.itemId)}::text[],
                         ${rules.map((r) => r.buffer)}::bigint[], ${rules.map((r) => r.cap)}::bigint[],
                         ${rules.map((r) => r.protected)}::bigint[])
    on conflict (channel_id, item_id)
      do update set buffer = excluded.buffer, cap = excluded.cap, protected = excluded.protected`);
}

type RuleRow = { item_id: string; buffer: number; cap: number | null; protected: number };

/** Every channel with its network and rules. */
export async function selectChannelBook(database: Queryable): Promise<ChannelBook> {
  const rows = await database.query<{ channel_id: string; locations: string[]; rules: RuleRow[] }>(sql`
    select c.channel_id,
           coalesce((select array_agg(l.location_id order by l.rank, l.location_id)
                     from availability.channel_location l where l.channel_id = c.channel_id), '{}') as locations,
           coalesce((select jsonb_agg(jsonb_build_object('item_id', r.item_id, 'buffer', r.buffer, 'cap', r.cap,
                                                         'protected', r.protected))
                     from availability.channel_rule r where r.channel_id = c.channel_id), '[]') as rules
    from availability.channel c`);
  return new Map(
    rows.map((row): [string, Channel] => [
      row.channel_id,
      {
        channelId: channelId(row.channel_id),
        locations: row.locations.map(locationId),
        rules: new Map(row.rules.map((rule): [string, ChannelRule] => [rule.item_id, toRule(rule)])),
      },
    ]),
  );
}

function toRule(row: RuleRow): ChannelRule {
  return { buffer: row.buffer, cap: row.cap ?? undefined, protected: row.protected };
}
