import type { AccountId, ItemId } from "@crossdock/canonical";
import type { PublicationOutcome, PublicationRow, Publisher } from "@crossdock/connector-kit";
import type { Governance } from "../governance/index.ts";
import type { Clock, Database, Ids, Log, Wakeup } from "../platform/index.ts";
import type { Accounts, ConnectedAccount } from "./account-service.ts";
import { insertDocument, selectLastAdvice } from "./document-store.ts";
import type { HttpIo, SendingRight } from "./io.ts";
import {
  ADVICE_ROWS_MAX,
  adviceOf,
  adviceWaitMs,
  listedRows,
  listingsOf,
  observedPerItem,
  outcomePerItem,
  type PublishAnswer,
  type RowToPublish,
} from "./publish.ts";
import { supports } from "./sender-service.ts";
import { DOCUMENTS_TOPIC } from "./topics.ts";

/** How long one publication may take. */
export const PUBLISH_MS_MAX = 25_000;
/** Wait after a connector has failed. */
const FAILED_WAIT_MS = 5_000;
/** Why a row was not sent. */
const NOT_DUE = "the account's next inventory advice is not due yet";
const LOST = "another process may have taken the account over";

export type PublishDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly wakeup: Wakeup;
  readonly governance: Governance;
  readonly accounts: Accounts;
  readonly io: HttpIo;
};

/** Tells channels their availability. */
export type Publishing = {
  /**
   * One outcome a row. Calls for one account are made one after the other. Once the right to send has ended nothing more leaves,
   * and rows that have not left are to be retried.
   */
  publish(accountId: AccountId, rows: readonly RowToPublish[], right?: SendingRight): Promise<PublishAnswer>;
  /** Rows that one call carries; undefined for an account that cannot be told. */
  publisherLimits(accountId: AccountId): Promise<{ readonly rowsPerCall: number } | undefined>;
  /** What the channel shows of items now; undefined where it cannot be asked. */
  observe(
    accountId: AccountId,
    itemIds: readonly ItemId[],
  ): Promise<readonly { readonly itemId: ItemId; readonly shows: number }[] | undefined>;
};

/** Opens publishing. */
export function createPublishing(deps: PublishDeps): Publishing {
  const turns = new Map<string, Promise<unknown>>();

  /** A connector is promised that it is never asked twice at a time for one account. */
  function inTurn<Value>(accountId: string, work: () => Promise<Value>): Promise<Value> {
    const before = turns.get(accountId) ?? Promise.resolve();
    const mine = before.then(work);
    const quiet = mine
      .catch(() => undefined)
      .then(() => {
        if (turns.get(accountId) === quiet) turns.delete(accountId);
      });
    turns.set(accountId, quiet);
    return mine;
  }

  return {
    publish: (accountId, rows, right) => inTurn(accountId, () => publish(deps, accountId, { rows, right })),
    async publisherLimits(accountId) {
      const connected = await deps.accounts.connect(accountId);
      if (connected === undefined || !connected.enabled) return undefined;
      const { publisher } = connected.connector;
      if (publisher !== undefined) return { rowsPerCall: publisher.rowsPerCall };
      return supports(connected.connector, "inventory-advice") ? { rowsPerCall: ADVICE_ROWS_MAX } : undefined;
    },
    observe: (accountId, itemIds) => observe(deps, accountId, itemIds),
  };
}

type Publication = { readonly rows: readonly RowToPublish[]; readonly right: SendingRight | undefined };

async function publish(
  deps: PublishDeps,
  accountId: AccountId,
  publication: Publication,
): Promise<PublishAnswer> {
  const { rows } = publication;
  const connected = await deps.accounts.connect(accountId);
  if (connected === undefined || !connected.enabled) return refuseAll(rows, "unknown-account");
  const { publisher } = connected.connector;
  if (publisher !== undefined) return tell(deps, connected, publisher, publication);
  if (supports(connected.connector, "inventory-advice")) return advise(deps, connected, publication);
  return refuseAll(rows, "no-publisher");
}

function refuseAll(rows: readonly RowToPublish[], reason: string): PublishAnswer {
  return { outcomes: rows.map(({ itemId }) => ({ itemId, result: "refused", reason })) };
}

/** Looks the listings up and hands the rows to the connector, as many at once as one of its calls carries. */
async function tell(
  deps: PublishDeps,
  { account, connector }: ConnectedAccount,
  publisher: Publisher,
  { rows, right }: Publication,
): Promise<PublishAnswer> {
  const { accountId } = account;
  const ids = rows.map(({ itemId }) => itemId);
  const names = await deps.governance.namesFor(deps.database, ids, accountId);
  const scheme = connector.manifest.listingScheme ?? "sku";
  const { listed, refused } = listedRows(rows, { scheme, accountId, names });
  const outcomes: PublicationOutcome[] = [...refused];
  let waitMs = 0;
  await bounded(async (end) => {
    for (let start = 0; start < listed.length; start += publisher.rowsPerCall) {
      const page = listed.slice(start, start + publisher.rowsPerCall);
      // The budget is used up: the rest is for the next call, with the values of that moment.
      if (waitMs > 0) outcomes.push(...retryAll(page, "the account's budget is used up"));
      else if (right?.isHeld() === false) outcomes.push(...retryAll(page, LOST));
      else {
        const answer = await callPublisher(deps, page, () =>
          publisher.publish(page, deps.io.until(end, right), account),
        );
        outcomes.push(...answer.outcomes);
        waitMs = answer.nextCallAfterMs ?? 0;
      }
    }
  });
  const perItem = outcomePerItem(rows, outcomes);
  return waitMs > 0 ? { outcomes: perItem, nextCallAfterMs: waitMs } : { outcomes: perItem };
}

const retryAll = (
  rows: readonly Pick<PublicationRow, "itemId">[],
  reason: string,
): readonly PublicationOutcome[] => rows.map(({ itemId }) => ({ itemId, result: "retry", reason }));

async function callPublisher(
  deps: PublishDeps,
  rows: readonly PublicationRow[],
  call: () => Promise<PublishAnswer>,
): Promise<PublishAnswer> {
  try {
    return await call();
  } catch (error) {
    deps.log.error({ event: "publication.connector-failed", rows: rows.length, err: error });
    return {
      outcomes: retryAll(rows, `the connector failed: ${String(error)}`),
      nextCallAfterMs: FAILED_WAIT_MS,
    };
  }
}

/** Ends calls that take too long; a connector then gives its rows back to be tried again. */
async function bounded(work: (end: AbortSignal) => Promise<void>): Promise<void> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), PUBLISH_MS_MAX);
  try {
    await work(end.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** An account that is told by document gets one advice with all rows, at the pace of its partner; its sender sees to the rest. */
async function advise(
  deps: PublishDeps,
  { account, connector }: ConnectedAccount,
  { rows, right }: Publication,
): Promise<PublishAnswer> {
  const { accountId } = account;
  const intervalMs = connector.outlet?.adviceIntervalMs?.(account) ?? 0;
  const last = intervalMs > 0 ? await selectLastAdvice(deps.database, accountId) : undefined;
  const waitMs = adviceWaitMs(rows, { last, intervalMs, now: deps.clock.now() });
  if (waitMs > 0) return { outcomes: retryAll(rows, NOT_DUE), nextCallAfterMs: waitMs };
  const ids = rows.map(({ itemId }) => itemId);
  const [items, names] = await Promise.all([
    deps.governance.items(deps.database, ids),
    deps.governance.namesFor(deps.database, ids, accountId),
  ]);
  const now = deps.clock.now();
  const { document, outcomes } = adviceOf(rows, { items, names, asOf: now });
  if (outcomes.every(({ result }) => result !== "published")) return { outcomes };
  if (right?.isHeld() === false) return { outcomes: retryAll(rows, LOST) };
  const documentId = deps.ids.next();
  await deps.database.transaction(async (tx) => {
    await insertDocument(tx, {
      documentId,
      accountId,
      kind: document.kind,
      key: documentId,
      content: document,
      correlationId: documentId,
      causationId: null,
      at: now,
    });
    tx.afterCommit(() => deps.wakeup.signal(DOCUMENTS_TOPIC));
  });
  return { outcomes };
}

async function observe(
  deps: PublishDeps,
  accountId: AccountId,
  itemIds: readonly ItemId[],
): Promise<readonly { readonly itemId: ItemId; readonly shows: number }[] | undefined> {
  const connected = await deps.accounts.connect(accountId);
  const publisher = connected?.connector.publisher;
  if (connected === undefined || !connected.enabled || publisher?.observe === undefined) return undefined;
  const { account, connector } = connected;
  const names = await deps.governance.namesFor(deps.database, itemIds, accountId);
  const scheme = connector.manifest.listingScheme ?? "sku";
  const listings = new Map(
    itemIds.flatMap((itemId) =>
      listingsOf(itemId, { scheme, accountId, names }).map((name): [string, ItemId] => [name, itemId]),
    ),
  );
  let observed: Awaited<ReturnType<NonNullable<typeof publisher.observe>>> = [];
  await bounded(async (end) => {
    observed = (await publisher.observe?.([...listings.keys()], deps.io.until(end), account)) ?? [];
  });
  return observedPerItem(listings, observed);
}
