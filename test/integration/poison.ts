import type { SeededRandom } from "@crossdock/connector-kit/testing";
import { signatureHeaders } from "@crossdock/connector-wms";

/** An event as a warehouse writes it, or as one that is broken does. */
export type Event = Readonly<Record<string, unknown>>;

/** Whose events they are, and what signs them. */
export type Writer = { readonly warehouse: string; readonly secret: string; readonly now: Date };

/** A delivery as it leaves its warehouse. */
export type Delivered = { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> };

/** A receipt that nothing is wrong with. */
export function cleanReceipt(sequence: number, sku: string, quantity: number): Event {
  const occurredAt = new Date(Date.UTC(2026, 2, 1) + sequence).toISOString();
  return { type: "receipt", eventId: `e-${sequence}`, sequence, occurredAt, sku, quantity };
}

/** Signs bytes the way their warehouse does: what is wrong is what it says, not who says it. */
export function signed(body: Uint8Array, deliveryId: string, { secret, now }: Writer): Delivered {
  return { body, headers: { ...signatureHeaders(secret, now, body), "x-wms-delivery-id": deliveryId } };
}

export function batchOf(events: readonly Event[], { warehouse }: Pick<Writer, "warehouse">): Uint8Array {
  return Buffer.from(JSON.stringify({ warehouse, events }));
}

const LONG_BYTES = 10 * 1024 * 1024;

/** The event that is told first and clean, whose id a poison uses for something else. */
export const FIRST_EVENT = "e-0";

/** What may be wrong with one event. Its neighbours in the batch must not notice. */
export const EVENT_POISONS: Readonly<Record<string, (clean: Event, random: SeededRandom) => unknown>> = {
  "an unknown unit": (clean) => ({ ...clean, unit: "ZZZ" }),
  "a unit that is no code": (clean) => ({ ...clean, unit: "\u0000" }),
  "a negative quantity": (clean) => ({ ...clean, quantity: -5 }),
  "a quantity beyond counting": (clean) => ({ ...clean, quantity: "9".repeat(29) }),
  "half a unit": (clean) => ({ ...clean, quantity: "0.5" }),
  "a date before dates": (clean) => ({ ...clean, occurredAt: "0001-01-01T00:00:00Z" }),
  "a date to come": (clean) => ({ ...clean, occurredAt: "9999-12-31T23:59:59Z" }),
  "the thirty-first of February": (clean) => ({ ...clean, occurredAt: "2026-02-31T00:00:00Z" }),
  "an item that nobody knows": (clean, random) => ({ ...clean, sku: `unknown-${random.integer(1, 9)}` }),
  "an item with a NUL": (clean) => ({ ...clean, sku: "wid\u0000get" }),
  "half of a surrogate pair": (clean) => ({ ...clean, sku: "wid\ud800get" }),
  "an id with other content": (clean) => ({ ...clean, eventId: FIRST_EVENT, quantity: 999 }),
  "no event at all": () => null,
  "a list": () => [[[]]],
  "deep nesting": (clean) => ({ ...clean, sku: nested(400) }),
  "an unknown field": (clean) => ({ ...clean, qty: 5 }),
  "a number without end": (clean) => ({ ...clean, sequence: 1e300 }),
};

function nested(depth: number): unknown {
  let value: unknown = {};
  for (let level = 0; level < depth; level += 1) value = { deeper: value };
  return value;
}

/** What may be wrong with the bytes of a whole delivery. Nothing of it counts, and nothing else notices. */
export const BODY_POISONS: Readonly<Record<string, (clean: Uint8Array, random: SeededRandom) => Uint8Array>> =
  {
    "half a JSON": (clean) => clean.subarray(0, clean.length >> 1),
    "truncated UTF-8": (clean) => Buffer.concat([clean, Buffer.from([0xe2, 0x82])]),
    "bytes of anything": (_clean, random) =>
      Buffer.from(Array.from({ length: 200 }, () => random.integer(0, 255))),
    "ten megabytes in one text": () => Buffer.from(`{"warehouse":"${"x".repeat(LONG_BYTES)}","events":[]}`),
    "a hundred thousand brackets": () => Buffer.from("[".repeat(100_000)),
    "nothing but NUL": () => Buffer.alloc(1_000),
    "another warehouse's frame": () => Buffer.from('{"warehouse":"\\u0000","events":[{}]}'),
  };

/** The names of poisons, so that a failure says which it was. */
export const eventPoisonNames = Object.keys(EVENT_POISONS);
export const bodyPoisonNames = Object.keys(BODY_POISONS);
