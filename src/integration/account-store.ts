import { json, type Queryable, sql } from "../platform/index.ts";
import type { AccountRow } from "./account.ts";
import type { DuplicateRule, DuplicateRules, RuleChange } from "./duplicates.ts";

/** An account with its sealed secrets. */
export type SealedAccountRow = AccountRow & { readonly secrets: string };

/** An account as it is written. */
export type AccountToWrite = {
  readonly accountId: string;
  readonly connector: string;
  readonly channelId: string | null;
  readonly settings: unknown;
  readonly secrets: string;
  readonly secretNames: readonly string[];
  readonly enabled: boolean;
  readonly duplicates: DuplicateRules;
  /** What of the rules is changed by it, by whom and on which journey. */
  readonly changes: readonly RuleChange[];
  readonly by: { readonly clientId: string; readonly correlationId: string };
  readonly at: Date;
};

const ruleTexts = (changes: readonly RuleChange[], side: "before" | "after") =>
  changes.map((change) => (change[side] === undefined ? null : json(change[side])));

/** Creates an account; gives nothing back when there is one of that id already. */
export async function insertAccount(
  database: Queryable,
  account: AccountToWrite,
): Promise<AccountRow | undefined> {
  const { changes, by } = account;
  const [row] = await database.query<AccountRow>(sql`
    with made as (
      insert into integration.account
      (account_id, connector, channel_id, settings, secrets, secret_names, enabled, duplicates, created_at, changed_at)
    values (${account.accountId}, ${account.connector}, ${account.channelId}, ${json(account.settings)}, ${account.secrets},
            ${account.secretNames}::text[], ${account.enabled}, ${json(account.duplicates)}, ${account.at}, ${account.at})
    on conflict (account_id) do nothing
    returning account_id, connector, channel_id, settings, secret_names, enabled, duplicates, version, created_at
    ), noted as (
      insert into integration.duplicate_rule_change (account_id, kind, before, after, changed_by, changed_at, correlation_id)
      select made.account_id, c.kind, c.before, c.after, ${by.clientId}, ${account.at}, ${by.correlationId}
      from made, unnest(${changes.map((change) => change.kind)}::text[], ${ruleTexts(changes, "before")}::jsonb[],
                        ${ruleTexts(changes, "after")}::jsonb[]) as c (kind, before, after)
    )
    select * from made`);
  return row;
}

/** Writes an account anew, if it is still of the version that was read. */
export async function updateAccount(
  database: Queryable,
  account: AccountToWrite & { readonly version: number },
): Promise<AccountRow | undefined> {
  const { changes, by } = account;
  const [row] = await database.query<AccountRow>(sql`
    with made as (
      update integration.account
    set channel_id = ${account.channelId}, settings = ${json(account.settings)}, secrets = ${account.secrets},
        secret_names = ${account.secretNames}::text[], enabled = ${account.enabled}, duplicates = ${json(account.duplicates)}, changed_at = ${account.at},
        version = version + 1
    where account_id = ${account.accountId} and version = ${account.version}
    returning account_id, connector, channel_id, settings, secret_names, enabled, duplicates, version, created_at
    ), noted as (
      insert into integration.duplicate_rule_change (account_id, kind, before, after, changed_by, changed_at, correlation_id)
      select made.account_id, c.kind, c.before, c.after, ${by.clientId}, ${account.at}, ${by.correlationId}
      from made, unnest(${changes.map((change) => change.kind)}::text[], ${ruleTexts(changes, "before")}::jsonb[],
                        ${ruleTexts(changes, "after")}::jsonb[]) as c (kind, before, after)
    )
    select * from made`);
  return row;
}

export async function selectAccount(
  database: Queryable,
  accountId: string,
): Promise<SealedAccountRow | undefined> {
  const [row] = await database.query<SealedAccountRow>(sql`
    select account_id, connector, channel_id, settings, secrets, secret_names, enabled, duplicates, version, created_at
    from integration.account where account_id = ${accountId}`);
  return row;
}

/** A page of accounts by id. */
export function selectAccountPage(
  database: Queryable,
  page: { readonly after: string; readonly limit: number },
): Promise<AccountRow[]> {
  return database.query<AccountRow>(sql`
    select account_id, connector, channel_id, settings, secret_names, enabled, duplicates, version, created_at
    from integration.account where account_id > ${page.after} order by account_id limit ${page.limit}`);
}

/** A change of what is done with what looks like a duplicate. */
export type RuleChangeRow = {
  readonly change_number: number;
  readonly kind: string;
  readonly before: DuplicateRule | null;
  readonly after: DuplicateRule | null;
  readonly changed_by: string;
  readonly changed_at: Date;
};

/** Changes of an account's rules, the newest first. */
export function selectRuleChanges(
  database: Queryable,
  page: { readonly accountId: string; readonly before: number | undefined; readonly limit: number },
): Promise<RuleChangeRow[]> {
  return database.query<RuleChangeRow>(sql`
    select change_number, kind, before, after, changed_by, changed_at from integration.duplicate_rule_change
    where account_id = ${page.accountId} and (${page.before ?? null}::bigint is null or change_number < ${page.before ?? null})
    order by change_number desc limit ${page.limit}`);
}
