import type { MappedRecord } from "@crossdock/connector-kit";
import { fieldOf, textOf } from "./order-body.ts";

/**
 * What becomes of an order after it was taken in: cancelled, edited, refunded. Nothing of it is taken over in this version, and
 * the warehouse would ship what nobody wants any more, so each is parked for a person who has to act. What asks nobody to act
 * is ignored.
 */

const ignored = (reason: string): MappedRecord => ({ is: "ignored", at: "", reason });

function forPerson(reason: string, happened: string): MappedRecord {
  const message = `${happened}. This version does not take that over: where the order was taken in here, change its reservations and its release to the warehouse by hand, then drop this record.`;
  return { is: "invalid", at: "", reason, message };
}

/** The records of an `orders/cancelled` body, which is the order. */
export function mapCancellation(order: unknown): readonly MappedRecord[] {
  if (fieldOf(order, "test") === true) return [ignored("test order")];
  const name = textOf(fieldOf(order, "name")) ?? textOf(fieldOf(order, "id")) ?? "of no name";
  const why = textOf(fieldOf(order, "cancel_reason"));
  const because = why === undefined ? "" : ` (${why})`;
  return [forPerson("order-cancelled", `Order ${name} was cancelled in the shop${because}`)];
}

/** The records of an `orders/edited` body: what was added to lines and taken from them. */
export function mapEdit(body: unknown): readonly MappedRecord[] {
  const edit = fieldOf(body, "order_edit");
  const lines = fieldOf(edit, "line_items");
  const changes = ["additions", "removals"].map((name) => listOf(fieldOf(lines, name)).length);
  const [additions = 0, removals = 0] = changes;
  // An edit of another shape is not known to be harmless.
  if (edit !== undefined && lines !== undefined && additions + removals === 0) {
    return [ignored("the edit changed no line")];
  }
  const id = textOf(fieldOf(edit, "order_id")) ?? "of no id";
  const happened = `Order ${id} was edited in the shop: ${additions} additions and ${removals} removals`;
  return [forPerson("order-edited", happened)];
}

/** The records of a `refunds/create` body. What was shipped and comes back is the warehouse's to tell. */
export function mapRefund(body: unknown): readonly MappedRecord[] {
  const lines = listOf(fieldOf(body, "refund_line_items"));
  const unshipped = lines.filter((line) => fieldOf(line, "restock_type") !== "return");
  if (unshipped.length === 0) return [ignored("a refund that takes nothing from what is to be shipped")];
  const id = textOf(fieldOf(body, "order_id")) ?? "of no id";
  const happened = `${unshipped.length} lines of order ${id} were refunded in the shop, and perhaps not shipped yet`;
  return [forPerson("order-refunded", happened)];
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
