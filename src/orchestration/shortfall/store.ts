import { type Queryable, sql } from "../../platform/index.ts";
import type { Yield } from "./policy.ts";

/** What orders say that decides how late they yield. */
export type OrderAtStakeRow = {
  readonly order_id: string;
  readonly order_number: string;
  readonly ship_by: string | null;
  readonly is_whole: boolean;
  readonly units: number;
};

export function selectOrdersAtStake(
  database: Queryable,
  orderIds: readonly string[],
): Promise<OrderAtStakeRow[]> {
  return database.query<OrderAtStakeRow>(sql`
    select o.order_id, o.order_number, o.content ->> 'shipBy' as ship_by,
           coalesce(o.content ->> 'policy' in ('all-or-nothing', 'ship-complete'), false) as is_whole,
           (select coalesce(sum(l.ordered), 0)::bigint from orchestration.order_line l where l.order_id = o.order_id) as units
    from orchestration.customer_order o where o.order_id = any (${orderIds}::text[])`);
}

/** What was said last of how a channel's promises yield. */
export type PolicyRow = {
  readonly policy_number: number;
  readonly channel_id: string;
  readonly rank: number;
  readonly yields: Yield[];
  readonly because: string;
  readonly said_by: string;
  readonly said_at: Date;
};

/** What holds, by channel. There are as many rows as channels, of which a company has some dozens. */
export function selectPolicies(database: Queryable): Promise<PolicyRow[]> {
  return database.query<PolicyRow>(sql`
    select distinct on (channel_id) policy_number, channel_id, rank, yields, because, said_by, said_at
    from orchestration.shortfall_policy order by channel_id, policy_number desc`);
}

/** Everything that was ever said, the newest first. */
export function selectPolicyHistory(
  database: Queryable,
  page: { readonly before: number | undefined; readonly limit: number },
): Promise<PolicyRow[]> {
  return database.query<PolicyRow>(sql`
    select policy_number, channel_id, rank, yields, because, said_by, said_at
    from orchestration.shortfall_policy
    where ${page.before ?? null}::bigint is null or policy_number < ${page.before ?? null}
    order by policy_number desc limit ${page.limit}`);
}

export function insertPolicy(
  database: Queryable,
  policy: Omit<PolicyRow, "policy_number"> & { readonly correlation_id: string },
): Promise<number> {
  return database.execute(sql`
    insert into orchestration.shortfall_policy (channel_id, rank, yields, because, said_by, said_at, correlation_id)
    values (${policy.channel_id}, ${policy.rank}, ${policy.yields}::text[], ${policy.because}, ${policy.said_by},
            ${policy.said_at}, ${policy.correlation_id})`);
}
