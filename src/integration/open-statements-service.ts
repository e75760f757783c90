import {
  type AccountId,
  accountId,
  accountSource,
  type ItemId,
  isStockFact,
  type LocationId,
  referenceText,
  type Sequence,
  type StockFact,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
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

/** A statement about stock of which no fact can be made as it stands, with what of its names is known. */
export type UnreadableStatement = {
  readonly messageId: string;
  readonly record: number;
  readonly source: string;
  readonly reason: string;
  readonly detail: string;
  readonly itemIds: readonly ItemId[];
  readonly locationIds: readonly LocationId[];
};

/** What is open, as far as was looked. */
export type OpenStock = {
  readonly statements: readonly OpenStockStatement[];
  readonly unreadable: readonly UnreadableStatement[];
  /** Whether there are more records than were looked at. */
  readonly isCut: boolean;
};

/** Records that are looked at, the oldest first. */
const RECORDS_MAX = 2_000;

/**
 * Statements that wait, are held or were refused, as the facts that they would be: for a person who asks what a number lacks. What cannot
 * be read as it stands has no units, and is given with the names that are known.
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
  const statements: OpenStockStatement[] = [];
  const unreadable: UnreadableStatement[] = [];
  for (const { row, record } of mapped) {
    if (record?.is !== "stock") continue;
    const resolution = resolutions.at(effectiveAtOf(record) ?? now);
    const statement = statementOf(row, record, { resolution, now });
    if (statement !== undefined) statements.push(statement);
    else if (row.state !== "dropped") unreadable.push(unreadableOf(row, record, resolution));
  }
  return { statements, unreadable, isCut: rows.length === RECORDS_MAX };
}

function unreadableOf(
  row: ParkedRow,
  record: MappedRecord,
  { items, locations }: Resolution,
): UnreadableStatement {
  const { message_id: messageId, record: place, reason, detail } = row;
  const named = referencesOf(record);
  return {
    ...{ messageId, record: place, source: accountSource(accountId(row.account_id)), reason, detail },
    itemIds: named.items.flatMap((name) => items.get(referenceText(name))?.itemId ?? []),
    locationIds: named.locations.flatMap((name) => locations.get(referenceText(name)) ?? []),
  };
}

function statementOf(
  row: ParkedRow,
  record: MappedRecord,
  { resolution, now }: { readonly resolution: Resolution; readonly now: Date },
): OpenStockStatement | undefined {
  if (record.is === "master") return undefined;
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
