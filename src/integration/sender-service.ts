import type { DocumentKind } from "@crossdock/canonical";
import type { Account, Connector, Delivery, Rendered } from "@crossdock/connector-kit";
import type { Clock, Database, Lease, Leases, Log, Random, Transaction } from "../platform/index.ts";
import type { Accounts } from "./account-service.ts";
import { afterDelivery, cut, isRefusal } from "./document.ts";
import type { HttpIo } from "./io.ts";
import type { Meters } from "./meters.ts";
import {
  beginAttempt,
  endAttempt,
  type HeadDocument,
  keepRendered,
  lockHead,
  lockNextControlNumber,
  refuseDocument,
  selectDueAccounts,
} from "./sending-store.ts";

/** Accounts that are sent to at the same time. A slow partner keeps one of these places and nobody else's. */
export const ACCOUNTS_AT_ONCE_MAX = 8;
/** Documents that an account sends before it stands back for others. */
const TURN_DOCUMENTS_MAX = 50;
/** How long one delivery may take, whatever calls the connector makes for it. */
export const DELIVERY_MS_MAX = 60_000;
/** Accounts that are due and looked at in one go; those that other processes send for are among them. */
const DUE_ACCOUNTS_MAX = 1_000;

export type SenderDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly leases: Leases;
  readonly log: Log;
  readonly random: Pick<Random, "next">;
  readonly meters: Meters;
  readonly accounts: Accounts;
  readonly io: HttpIo;
};

/** Sends what is due. */
export type Sender = {
  /** Begins to send for accounts that are due, as far as there are places. Gives how many it took. */
  begin(): Promise<number>;
  /** Resolves when every account has ended its turn. */
  finished(): Promise<void>;
  /** Ends running calls: their outcome counts as unknown, and they are made again later. */
  abandon(): void;
  /** Documents that were dealt with so far. */
  handled(): number;
};

/** Makes the sender of this process. `woken` is told whenever a place is free again. */
export function createSender(deps: SenderDeps, woken: () => void): Sender {
  const abandoned = new AbortController();
  const turns = new Set<Promise<void>>();
  let handled = 0;

  async function turn(accountId: string, lease: Lease): Promise<void> {
    try {
      handled += await sendTurn(deps, { accountId, lease, abandoned: abandoned.signal });
    } catch (error) {
      deps.log.warn({ event: "sender.turn-failed", accountId, err: error });
    } finally {
      await lease.giveBack();
    }
  }

  return {
    async begin() {
      const places = ACCOUNTS_AT_ONCE_MAX - turns.size;
      if (places <= 0) return 0;
      const due = await selectDueAccounts(deps.database, deps.clock.now(), DUE_ACCOUNTS_MAX);
      const accountOf = new Map(due.map((row) => [leaseName(row.account_id), row.account_id]));
      const taken = await deps.leases.take([...accountOf.keys()], places);
      for (const lease of taken) {
        const running: Promise<void> = turn(accountOf.get(lease.name) ?? "", lease).then(() => {
          turns.delete(running);
          woken();
        });
        turns.add(running);
      }
      return taken.length;
    },
    async finished() {
      while (turns.size > 0) await Promise.all(turns);
    },
    abandon: () => abandoned.abort(),
    handled: () => handled,
  };
}

const leaseName = (accountId: string) => `sending/${accountId}`;

type Turn = { readonly accountId: string; readonly lease: Lease; readonly abandoned: AbortSignal };

/** Sends an account's documents one after the other, in their order, until none is due. Gives how many it dealt with. */
async function sendTurn(deps: SenderDeps, turn: Turn): Promise<number> {
  let handled = 0;
  while (handled < TURN_DOCUMENTS_MAX && !turn.abandoned.aborted) {
    const task = await deps.database.transaction((tx) => takeHead(deps, tx, turn));
    if (task === undefined) break;
    handled += 1;
    if ("rendered" in task) await hand(deps, turn, task);
  }
  return handled;
}

/** A rendered document on its way. */
type Task = {
  readonly head: HeadDocument;
  readonly rendered: Rendered;
  readonly account: Account;
  readonly connector: Connector;
};

/**
 * Takes the account's first open document: renders it if that has not been done, and counts the attempt. What is delivered is
 * what was stored, so a document never goes out in two versions.
 */
async function takeHead(
  deps: SenderDeps,
  tx: Transaction,
  turn: Turn,
): Promise<Task | { readonly refused: true } | undefined> {
  const now = deps.clock.now();
  const { accountId, lease } = turn;
  // Whoever may have taken the account over while we were held up is sending this very document.
  if (!(await lease.confirm(tx))) return undefined;
  const head = await lockHead(tx, accountId, now);
  if (head === undefined) return undefined;
  const connected = await deps.accounts.connect(accountId, tx);
  if (connected === undefined) throw new Error(`account ${accountId} is gone`);
  const { account, connector } = connected;
  const rendered = storedRendering(head) ?? (await render(deps, tx, { head, account, connector }));
  if (rendered === undefined) return { refused: true };
  await beginAttempt(tx, head.document_id);
  return { head: { ...head, attempts: head.attempts + 1 }, rendered, account, connector };
}

function storedRendering(head: HeadDocument): Rendered | undefined {
  const { state, body, name, content_type: contentType } = head;
  if (state !== "rendered" || body === null || name === null) return undefined;
  return { body, name, contentType: contentType ?? "application/octet-stream" };
}

/** Renders a document with the account's next control number, and stores both. A refused one leaves the number to the next. */
async function render(
  deps: SenderDeps,
  tx: Transaction,
  { head, account, connector }: Pick<Task, "head" | "account" | "connector">,
): Promise<Rendered | undefined> {
  const { document_id: documentId } = head;
  const { accountId } = account;
  const controlNumber = await lockNextControlNumber(tx, accountId);
  const context = { documentId, now: deps.clock.now(), controlNumber };
  const rendered = tryRender(connector, head, () => connector.outlet?.render(head.content, context, account));
  if (isRefusal(rendered)) {
    await refuseDocument(tx, documentId, cut(rendered.refused));
    tx.afterCommit(() => refused(deps, head, { accountId, reason: rendered.refused }));
    return undefined;
  }
  await keepRendered(tx, { documentId, accountId, controlNumber, ...rendered });
  return rendered;
}

function tryRender(
  connector: Connector,
  head: HeadDocument,
  draw: () => ReturnType<NonNullable<Connector["outlet"]>["render"]> | undefined,
): ReturnType<NonNullable<Connector["outlet"]>["render"]> {
  const { title } = connector.manifest;
  if (!supports(connector, head.content.kind)) {
    return { refused: `${title} has no way to say what a document of kind ${head.kind} says.` };
  }
  try {
    return draw() ?? { refused: `${title} sends nothing.` };
  } catch (error) {
    // Rendering is pure: what made it throw once makes it throw every time.
    return { refused: `${title} failed to render the document: ${String(error)}` };
  }
}

/** Whether a connector can send documents of a kind. */
export function supports(connector: Connector, kind: DocumentKind): boolean {
  return connector.outlet?.documents.includes(kind) === true;
}

function refused(
  deps: SenderDeps,
  head: HeadDocument,
  { accountId, reason }: { readonly accountId: string; readonly reason: string },
): void {
  deps.meters.documents.add({ kind: head.kind, outcome: "refused" });
  deps.log.error({
    event: "document.refused",
    documentId: head.document_id,
    kind: head.kind,
    accountId,
    correlationId: head.correlation_id,
    reason,
  });
}

/** Hands a rendered document over, outside of any transaction, and writes down what came of it. */
async function hand(deps: SenderDeps, turn: Turn, task: Task): Promise<void> {
  const { head, connector } = task;
  const stopwatch = deps.meters.deliverySeconds.time({ connector: connector.manifest.name });
  const delivery = await deliver(deps, turn, task);
  stopwatch();
  const now = deps.clock.now();
  const record = afterDelivery(delivery, { failures: head.failures, now, random: deps.random.next() });
  await endAttempt(deps.database, {
    documentId: head.document_id,
    attempts: head.attempts,
    at: now,
    ...record,
  });
  if (record.state === "refused") {
    refused(deps, head, { accountId: turn.accountId, reason: record.problem ?? "" });
    return;
  }
  const outcome = delivery.delivered ? "delivered" : delivery.outcome;
  deps.meters.documents.add({ kind: head.kind, outcome });
  const fields = {
    documentId: head.document_id,
    kind: head.kind,
    accountId: turn.accountId,
    correlationId: head.correlation_id,
  };
  if (record.problem === null) deps.log.info({ event: `document.${outcome}`, ...fields });
  else
    deps.log.warn({ event: "document.retried", ...fields, reason: record.problem, attempts: head.attempts });
}

/** Never longer than its time, and never throws: what ends without an answer may have had its effect. */
async function deliver(deps: SenderDeps, turn: Turn, task: Task): Promise<Delivery> {
  const { connector, rendered, head, account } = task;
  const { outlet } = connector;
  if (outlet?.deliver === undefined) return { delivered: false, outcome: "fetch" };
  const unknown = (reason: string): Delivery => ({ delivered: false, outcome: "unknown", reason });
  const end = new AbortController();
  const ended = Promise.withResolvers<Delivery>();
  const stop = (reason: string) => {
    end.abort();
    ended.resolve(unknown(reason));
  };
  const timer = setTimeout(() => stop(`not done within ${DELIVERY_MS_MAX} ms`), DELIVERY_MS_MAX);
  const abandon = () => stop("we were stopped");
  const lose = () => stop("another process may have taken the account over");
  turn.abandoned.addEventListener("abort", abandon, { once: true });
  turn.lease.ended.addEventListener("abort", lose, { once: true });
  if (turn.abandoned.aborted) abandon();
  if (!turn.lease.isHeld()) lose();
  try {
    const running = outlet.deliver(rendered, head.content, deps.io.until(end.signal, turn.lease), account);
    return await Promise.race([running, ended.promise]);
  } catch (error) {
    deps.log.error({ event: "document.connector-failed", documentId: head.document_id, err: error });
    return unknown(`the connector failed: ${String(error)}`);
  } finally {
    clearTimeout(timer);
    turn.abandoned.removeEventListener("abort", abandon);
    turn.lease.ended.removeEventListener("abort", lose);
  }
}
