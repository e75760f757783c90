import {
  type AccountId,
  accountId,
  accountSource,
  isStockFact,
  type Sequence,
  type StockFact,
} from "@crossdock/canonical";
import type { Governance, Resolution } from "../governance/index.ts";
import type { Database } from "../platform/index.ts";
import { SUSPECT_DUPLICATE } from "./obstacle.ts";
import { storedRecord } from "./parked.ts";
import { type ParkedRow, selectUntaken } from "./parked-store.ts";
import { effectiveAtOf, referencesOf, translate } from "./translate.ts";

/** A statement about stock that is no fact yet, as the fact that it would be. */
export type OpenStockStatement = {
  readonly is: "waiting" | "parked" | "suspect-duplicate" | "refused";
  readonly messageId: string;
  readonly record: number;
  readonly accountId: AccountId;
  readonly source: string;
  readonly fact: StockFact;
  readonly effectiveAt: string;
  readonly sequence: Sequence | undefined;
};

/** What is open, as far as was looked; `unreadable`: records of which no fact can be made as they stand, by account. */
export type OpenStock = {
  readonly statements: readonly OpenStockStatement[];
  readonly unreadable: ReadonlyMap<AccountId, number>;
  /** Whether there are more records than were looked at. */
  readonly isCut: boolean;
};

/** Records that are looked at, the oldest first. */
const RECORDS_MAX = 2_000;

/**
 * Statements that wait, are held or were refused, as the facts that they would be: for a person who asks what a number lacks. What names
 * something that nobody knows is of no item, and only counted.
 */
export async function openStockStatements({
  database,
  governance,
  now,
}: {
  readonly database: Database;
  readonly governance: Governance;
  readonly now: Date;
}): Promise<OpenStock> {
  const rows = await selectUntaken(database, RECORDS_MAX);
  const mapped = rows.map((row) => ({ row, record: storedRecord(row) }));
  const references = mapped.flatMap(({ record }) => (record === undefined ? [] : [referencesOf(record)]));
  const resolutions = await governance.resolve(database, {
    items: references.flatMap(({ items }) => items),
    locations: references.flatMap(({ locations }) => locations),
  });
  const unreadable = new Map<AccountId, number>();
  const statements = mapped.flatMap(({ row, record }): OpenStockStatement[] => {
    if (record !== undefined && record.is !== "stock" && record.is !== "invalid") return [];
    const resolution = resolutions.at((record === undefined ? undefined : effectiveAtOf(record)) ?? now);
    const statement = record === undefined ? undefined : statementOf(row, record, { resolution, now });
    if (statement !== undefined) return [statement];
    const account = accountId(row.account_id);
    unreadable.set(account, (unreadable.get(account) ?? 0) + 1);
    return [];
  });
  return { statements, unreadable, isCut: rows.length === RECORDS_MAX };
}

function statementOf(
  row: ParkedRow,
  record: NonNullable<ReturnType<typeof storedRecord>>,
  { resolution, now }: { readonly resolution: Resolution; readonly now: Date },
): OpenStockStatement | undefined {
  const account = accountId(row.account_id);
  const recordId = `${row.message_id}/${row.record}`;
  const context = {
    accountId: account,
    channelId: undefined,
    recordId,
    receivedAt: row.received_at.toISOString(),
    now,
  };
  const translated = translate(record, context, resolution);
  if (translated.is !== "fact" || !isStockFact(translated.translated.fact)) return undefined;
  const { fact, effectiveAt, sequence } = translated.translated;
  return {
    ...{ is: stateOf(row), messageId: row.message_id, record: row.record, accountId: account },
    ...{ source: accountSource(account), fact, effectiveAt, sequence },
  };
}

function stateOf({ state, reason }: ParkedRow): OpenStockStatement["is"] {
  if (state === "dropped") return "refused";
  if (state === "waiting") return "waiting";
  return reason === SUSPECT_DUPLICATE ? "suspect-duplicate" : "parked";
}
