import type { Rule } from "@crossdock/canonical";
import { json, type Queryable, sql, type Transaction } from "../../platform/index.ts";

/** How a version of the book came about. */
export type HowMade = "loaded" | "activated" | "rolled-back" | "emergency";

/** The version that holds. */
export async function selectBookVersion(database: Queryable): Promise<number> {
  const [row] = await database.query<{ version: number }>(sql`select version from availability.rule_book`);
  return row?.version ?? 0;
}

/** The version that holds, and the turn to make the next: nobody else makes one until the transaction ends. */
export async function lockBook(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ version: number }>(
    sql`select version from availability.rule_book for update`,
  );
  return row?.version ?? 0;
}

export type RuleRow = {
  readonly rule_key: string;
  readonly from_version: number;
  readonly to_version: number | null;
  readonly rule: Rule;
};

/** The version that holds, and what began and ended since an earlier one; all that holds, where that is 0. In the order of versions. */
export async function selectRulesSince(
  database: Queryable,
  known: number,
): Promise<{ readonly version: number; readonly rows: readonly RuleRow[] }> {
  const rows = await database.query<RuleRow & { version: number }>(
    known === 0
      ? sql`
        select b.version, r.rule_key, r.from_version, r.to_version, r.rule
        from availability.rule_book b left join availability.rule r on r.to_version is null`
      : sql`
        select b.version, r.rule_key, r.from_version, r.to_version, r.rule
        from availability.rule_book b
        left join availability.rule r on r.from_version > ${known} or r.to_version > ${known}
        order by r.from_version`,
  );
  return { version: rows[0]?.version ?? 0, rows: rows.filter((row) => row.rule_key !== null) };
}

/** What a version of the book changed: rules that it ended, and rules that it brought. */
export function selectRulesOfVersion(database: Queryable, version: number): Promise<RuleRow[]> {
  return database.query<RuleRow>(sql`
    select rule_key, from_version, to_version, rule from availability.rule where from_version = ${version}
    union all
    select rule_key, from_version, to_version, rule from availability.rule where to_version = ${version}`);
}

/** A version that is being made. */
export type VersionToMake = {
  readonly version: number;
  readonly how: HowMade;
  readonly draftId: string | undefined;
  readonly restores: number | undefined;
  readonly rulesChanged: number;
  readonly by: string;
  readonly approvedBy: string | undefined;
  readonly because: string;
  readonly correlationId: string;
};

export async function insertVersion(tx: Transaction, made: VersionToMake, at: Date): Promise<void> {
  await tx.execute(sql`
    insert into availability.book_version
      (version, how, draft_id, restores, rules_changed, made_by, approved_by, because, made_at, correlation_id)
    values (${made.version}, ${made.how}, ${made.draftId ?? null}, ${made.restores ?? null}, ${made.rulesChanged}, ${made.by},
            ${made.approvedBy ?? null}, ${made.because}, ${at}, ${made.correlationId})`);
  await tx.execute(sql`update availability.rule_book set version = ${made.version}`);
}

/** A change of one rule: what it says from now on, or undefined where it is taken away. */
export type RuleChange = { readonly key: string; readonly rule: Rule | undefined };

/** The keys of those changes that change anything. */
export async function selectRealChanges(tx: Transaction, changes: readonly RuleChange[]): Promise<string[]> {
  const rows = await tx.query<{ rule_key: string }>(sql`
    select c.rule_key
    from unnest(${changes.map(({ key }) => key)}::text[], ${changes.map(ruleText)}::jsonb[]) as c (rule_key, rule)
    left join availability.rule r on r.rule_key = c.rule_key and r.to_version is null
    where c.rule is distinct from r.rule`);
  return rows.map((row) => row.rule_key);
}

/** Lets changes that change something hold from a version on. */
export async function writeRules(
  tx: Transaction,
  version: number,
  changes: readonly RuleChange[],
): Promise<void> {
  await tx.execute(sql`
    update availability.rule set to_version = ${version}
    where to_version is null and rule_key = any (${changes.map(({ key }) => key)}::text[])`);
  const set = changes.filter(({ rule }) => rule !== undefined);
  await tx.execute(sql`
    insert into availability.rule (rule_key, from_version, rule)
    select c.rule_key, ${version}, c.rule
    from unnest(${set.map(({ key }) => key)}::text[], ${set.map(ruleText)}::jsonb[]) as c (rule_key, rule)`);
}

const ruleText = ({ rule }: RuleChange): string | null => (rule === undefined ? null : json(rule));

/** Sees to it that the channels that rules speak of can be referred to. */
export async function insertChannels(
  tx: Transaction,
  channels: readonly { readonly channelId: string; readonly name: string }[],
  at: Date,
): Promise<void> {
  if (channels.length === 0) return;
  await tx.execute(sql`
    insert into availability.channel (channel_id, name, created_at)
    select c.id, c.name, ${at}
    from unnest(${channels.map((c) => c.channelId)}::text[], ${channels.map((c) => c.name)}::text[]) as c (id, name)
    on conflict (channel_id) do update set name = excluded.name`);
}

export type RulesWanted = {
  readonly version: number;
  readonly kind: string | undefined;
  readonly channelId: string | undefined;
  readonly group: string | undefined;
  readonly itemId: string | undefined;
  readonly after: string;
  readonly limit: number;
};

/** Rules as they held in a version, by key. */
export function selectRules(database: Queryable, wanted: RulesWanted): Promise<RuleRow[]> {
  const { version, kind = null, channelId = null, group = null, itemId = null } = wanted;
  return database.query<RuleRow>(sql`
    select rule_key, from_version, to_version, rule from availability.rule
    where from_version <= ${version} and (to_version is null or to_version > ${version}) and rule_key > ${wanted.after}
      and (${kind}::text is null or rule ->> 'kind' = ${kind})
      and (${channelId}::text is null or rule ->> 'channel' = ${channelId})
      and (${group}::text is null or rule ->> 'group' = ${group})
      and (${itemId}::text is null or rule ->> 'item' = ${itemId})
    order by rule_key limit ${wanted.limit}`);
}

export type VersionRow = {
  readonly version: number;
  readonly how: HowMade;
  readonly draft_id: string | null;
  readonly restores: number | null;
  readonly rules_changed: number;
  readonly made_by: string;
  readonly approved_by: string | null;
  readonly because: string;
  readonly made_at: Date;
  readonly correlation_id: string;
};

/** The versions of the book, the last first. */
export function selectVersions(
  database: Queryable,
  page: { readonly before: number; readonly limit: number },
): Promise<VersionRow[]> {
  return database.query<VersionRow>(sql`
    select version, how, draft_id, restores, rules_changed, made_by, approved_by, because, made_at, correlation_id
    from availability.book_version where version < ${page.before} order by version desc limit ${page.limit}`);
}

/** What a version changed of the one before it, by key. */
export function selectVersionDifference(
  database: Queryable,
  version: number,
  page: { readonly after: string; readonly limit: number },
): Promise<{ readonly rule_key: string; readonly before: Rule | null; readonly after: Rule | null }[]> {
  return database.query(sql`
    select coalesce(b.rule_key, e.rule_key) as rule_key, e.rule as before, b.rule as after
    from (select rule_key, rule from availability.rule where from_version = ${version}) as b
    full join (select rule_key, rule from availability.rule where to_version = ${version}) as e on e.rule_key = b.rule_key
    where coalesce(b.rule_key, e.rule_key) > ${page.after}
    order by 1 limit ${page.limit}`);
}

/** The version that held at an instant, 0 where there was none, and those that came into force after it and before another, in their order. */
export async function selectVersionsSince(
  database: Queryable,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<readonly number[]> {
  const rows = await database.query<{ version: number }>(sql`
    select coalesce(max(version), 0) as version from availability.book_version where made_at < ${from}::timestamptz
    union all
    select version from availability.book_version where made_at >= ${from}::timestamptz and made_at < ${to}::timestamptz
    order by version`);
  return rows.map((row) => row.version);
}
