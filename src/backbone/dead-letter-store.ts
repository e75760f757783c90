import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/** Which fact, and whose letter. */
export type DeadLetterId = { readonly subscriber: string; readonly number: number };

/** Keeps a fact that a subscriber could not take. Failing again raises the count; what somebody has dismissed stays dismissed. */
export function upsertDeadLetter(
  tx: Queryable,
  letter: DeadLetterId & { readonly reason: string; readonly at: Date },
): Promise<number> {
  return tx.execute(sql`
    insert into backbone.dead_letter (subscriber, number, reason, first_failed_at)
    values (${letter.subscriber}, ${letter.number}, ${letter.reason}, ${letter.at})
    on conflict (subscriber, number) do update
      set reason = excluded.reason, attempts = dead_letter.attempts + 1, resolved_at = null`);
}

/** `open` waits for a person, who has decided about `dismissed`. What was taken at last is neither. */
export type DeadLetterState = "open" | "dismissed" | "taken";

/** A fact that a subscriber could not take, and why. */
export type DeadLetter = DeadLetterId & {
  readonly reason: string;
  readonly attempts: number;
  readonly first_failed_at: Date;
  readonly state: DeadLetterState;
  readonly dismissed_at: Date | null;
  readonly dismissed_because: string | null;
  /** Of the fact; null where its stretch of the log has left. */
  readonly type: string | null;
  readonly source: string | null;
  readonly id: string | null;
  readonly correlation_id: string | null;
};

/** Which letters. `sources` absent: of every source; `after`: where the page before ended. */
export type DeadLetterFilter = {
  readonly subscriber?: string | undefined;
  readonly number?: number | undefined;
  readonly state?: "open" | "dismissed" | undefined;
  readonly sources?: readonly string[] | undefined;
  readonly after?: { readonly number: number; readonly subscriber: string } | undefined;
  readonly limit: number;
};

/** Letters in the order of their facts' numbers; in every state unless one is asked for. */
export function selectDeadLetters(database: Queryable, filter: DeadLetterFilter): Promise<DeadLetter[]> {
  const { after } = filter;
  return database.query<DeadLetter>(sql`
    select d.subscriber, d.number, d.reason, d.attempts, d.first_failed_at, d.dismissed_at, d.dismissed_because,
           case when d.resolved_at is not null then 'taken' when d.dismissed_at is not null then 'dismissed' else 'open' end as state,
           e.type, e.source, e.id, e.correlation_id
    from backbone.dead_letter d
    left join backbone.event e on e.number = d.number
    where (${filter.subscriber ?? null}::text is null or d.subscriber = ${filter.subscriber ?? null})
      and (${filter.number ?? null}::bigint is null or d.number = ${filter.number ?? null})
      and (${filter.state ?? null}::text is null
           or (d.resolved_at is null and (d.dismissed_at is not null) = (${filter.state ?? null} = 'dismissed')))
      and (${filter.sources ?? null}::text[] is null or e.source = any (${filter.sources ?? null}::text[]))
      and (${after?.number ?? null}::bigint is null
           or (d.number, d.subscriber) > (${after?.number ?? null}::bigint, ${after?.subscriber ?? null}::text))
    order by d.number, d.subscriber limit ${filter.limit}`);
}

/** Locks a letter that has not been taken, so that of two who retry it one hands it over. */
export async function lockUntakenLetter(tx: Transaction, letter: DeadLetterId): Promise<boolean> {
  const rows = await tx.query<{ number: number }>(sql`
    select number from backbone.dead_letter
    where subscriber = ${letter.subscriber} and number = ${letter.number} and resolved_at is null
    for update`);
  return rows.length > 0;
}

/** Notes that a retry of an untaken letter failed again, and why. */
export function noteFailedRetry(
  database: Queryable,
  letter: DeadLetterId & { readonly reason: string },
): Promise<number> {
  return database.execute(sql`
    update backbone.dead_letter set reason = ${letter.reason}, attempts = attempts + 1
    where subscriber = ${letter.subscriber} and number = ${letter.number} and resolved_at is null`);
}

export function resolveDeadLetter(
  tx: Transaction,
  letter: DeadLetterId & { readonly at: Date },
): Promise<number> {
  return tx.execute(sql`
    update backbone.dead_letter set resolved_at = ${letter.at}
    where subscriber = ${letter.subscriber} and number = ${letter.number}`);
}

/** Decides that an open letter is never taken. */
export function dismissDeadLetter(
  database: Queryable,
  letter: DeadLetterId & { readonly because: string; readonly at: Date },
): Promise<number> {
  return database.execute(sql`
    update backbone.dead_letter set dismissed_at = ${letter.at}, dismissed_because = ${letter.because}
    where subscriber = ${letter.subscriber} and number = ${letter.number} and resolved_at is null and dismissed_at is null`);
}

/** Of a source's facts, those that some reader could not take: each once, and dismissed only where no letter of it is open. */
export async function countDeadFacts(
  database: Queryable,
  source: string,
): Promise<{ readonly open: number; readonly dismissed: number }> {
  const [row] = await database.query<{ open: number; dismissed: number }>(sql`
    select count(*) filter (where is_open) as open, count(*) filter (where not is_open) as dismissed
    from (
      select d.number, bool_or(d.dismissed_at is null) as is_open
      from backbone.dead_letter d join backbone.event e on e.number = d.number
      where d.resolved_at is null and e.source = ${source}
      group by d.number
    ) as fact`);
  return row ?? { open: 0, dismissed: 0 };
}
