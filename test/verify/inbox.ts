import { createHash } from "node:crypto";
import { accountId, accountSource, quantity, type StockFact } from "@crossdock/canonical";
import { sql, type Transaction } from "../../src/platform/index.ts";
import { atMinute, type Core, warehouse, widget } from "../support/core.ts";

/** A message as the inbox keeps it; what is left out is as of one that was mapped into one fact. */
export type KeptMessage = {
  readonly id: string;
  readonly key?: string;
  readonly state?: "stored" | "mapped" | "suspect" | "dead" | "dismissed";
  readonly applied?: number;
  readonly duplicates?: number;
  readonly ignored?: number;
  readonly parked?: number;
};

/** Stores a message of the test's warehouse, with bytes of its own and their hash. */
export async function keepMessage(tx: Transaction, message: KeptMessage): Promise<void> {
  const { id, key = id, state = "mapped", applied = 0, duplicates = 0, ignored = 0, parked = 0 } = message;
  const body = Buffer.from(`{"message":"${id}"}`);
  const hash = createHash("sha256").update(body).digest("hex");
  const isMapped = state === "mapped";
  const isDismissed = state === "dismissed";
  await tx.execute(sql`
    insert into integration.message
      (message_id, account_id, key, kind, headers, body, body_hash, correlation_id, received_at, state, not_before, mapped_at,
       problem, dismissed_at, dismissed_because, records, applied, duplicates, ignored, parked)
    values (${id}, 'wms-1', ${key}, 'events', '{}', ${body}, ${hash}, ${id}, now(), ${state}, now(),
            case when ${isMapped}::boolean then now() end, case when ${isMapped}::boolean then null else 'it does not parse' end,
            case when ${isDismissed}::boolean then now() end, case when ${isDismissed}::boolean then 'sent again' end,
            ${applied + duplicates + ignored + parked}::int, ${applied}::int, ${duplicates}::int, ${ignored}::int,
            ${parked}::int)`);
}

/** The warehouse's numbered events: 5, 6 and 9 are on the log. Its clock ticks in microseconds. */
async function tellNumbered({ factLog, database, ids }: Core): Promise<void> {
  const numbers = await factLog.takeNumbers(3);
  const data = { item: widget, location: warehouse, quantity: quantity(1) };
  const packed: StockFact = { type: "StockPacked", data };
  const received: StockFact = { type: "StockReceived", data };
  const facts = [5, 6, 9].map((sequence, index) => ({
    ...(sequence === 9 ? received : packed),
    number: numbers[index] ?? 0,
    id: ids.next(),
    source: accountSource(accountId("wms-1")),
    effectiveAt: atMinute(500 + sequence).replace("Z", "456Z"),
    correlationId: "m-1",
    causationId: sequence === 9 ? "m-2" : "m-1",
    sequence: { stream: "day", number: sequence },
  }));
  await database.transaction((tx) => factLog.appendFromOutside(tx, facts));
}

/**
 * An inbox as integration leaves it: messages in every state, records that wait, are parked and have ended, a numbered stream with a
 * gap, and documents with control numbers.
 */
export async function fillInbox(core: Core): Promise<void> {
  await tellNumbered(core);
  await core.database.transaction(async (tx) => {
    await tx.execute(sql`
      insert into integration.account
        (account_id, connector, channel_id, settings, secrets, secret_names, created_at, changed_at)
      values ('wms-1', 'wms', null, '{}', '', '{}', now(), now()), ('shop-1', 'x12', 'web', '{}', '', '{}', now(), now())`);
    await keepMessage(tx, { id: "m-1", applied: 2, ignored: 1 });
    await keepMessage(tx, { id: "m-2", applied: 1, ignored: 1, parked: 2 });
    await keepMessage(tx, { id: "m-3", state: "stored" });
    await keepMessage(tx, { id: "m-4", state: "suspect", key: "m-1" });
    await keepMessage(tx, { id: "m-5", state: "dead" });
    await keepMessage(tx, { id: "m-6", state: "dismissed", key: "m-1" });
    // The receipt of the numbered events is remembered by its business key.
    await tx.execute(sql`
      insert into integration.fingerprint (fingerprint, account_id, kind, fact_id, message_id, counted_at, expires_at)
      select decode(repeat('01', 16), 'hex'), 'wms-1', type, id, 'm-2', now(), now() + interval '1 day'
      from backbone.event where source = '/accounts/wms-1' and sequence_number = 9`);
    await tx.execute(sql`
      insert into integration.parked
        (message_id, record, at, reason, detail, waits_for_kind, waits_for, waits_for_reference, statement, state, parked_at,
         settled_at, settled_because)
      values
        ('m-2', 0, '/0', 'unknown-item', 'No item is known as sku X.', 'item', 'sku X', '{"scheme":"sku","value":"X"}',
         '{"type":"StockPacked","sequence":{"stream":"day","number":10}}', 'waiting', now(), null, null),
        ('m-2', 1, '/1', 'invalid', 'The quantity is missing.', null, null, null, null, 'parked', now(), null, null),
        ('m-2', 2, '/2', 'invalid', 'The item is missing.', null, null, null, null, 'dropped', now(), now(), 'sent in error'),
        ('m-2', 3, '/3', 'unknown-item', 'No item is known as sku Y.', null, null, null, null, 'applied', now(), now(), null)`);
    await tx.execute(
      sql`insert into integration.stream (account_id, stream, lowest, highest) values ('wms-1', 'day', 5, 10)`,
    );
    await tx.execute(
      sql`insert into integration.gap (account_id, stream, first, last, seen_at) values ('wms-1', 'day', 7, 8, now())`,
    );
    await tx.execute(sql`insert into integration.control_number (account_id, last) values ('shop-1', 3)`);
    await tx.execute(sql`
      insert into integration.document
        (document_id, account_id, kind, key, content, correlation_id, state, control_number, name, content_type, body,
         next_attempt_at, created_at, delivered_at)
      select 'd-' || n, 'shop-1', 'order-acknowledgement', 'o-' || n, '{}', 'c', 'delivered', n, n::text, 'application/edi-x12',
             'ISA', now(), now(), now()
      from generate_series(1, 3) as n`);
  });
}
