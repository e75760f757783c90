import { type Checked, checker } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

/**
 * The part of an order webhook's body that is used, read tolerantly: a field that the papers only repeat may be anything,
 * a field that decides what is promised must be right.
 */

/** An id after lossless parsing: a number below 2^53, or the digits of a larger one. */
const Id = Type.Union([
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  Type.String({ pattern: "^\\d{1,20}$" }),
]);
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** Longest name, address line or number that an order statement takes. */
const TEXT_LENGTH_MAX = 200;

/** May be missing, null or of any type. Read with `textOf`, `flagOf` or `fieldOf`. */
const anything = Type.Optional(Type.Unknown());
const optional = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

const OrderLineBody = Type.Object({
  id: Id,
  admin_graphql_api_id: anything,
  variant_id: optional(Id),
  sku: anything,
  name: anything,
  title: anything,
  quantity: Count,
  current_quantity: optional(Count),
  fulfillable_quantity: optional(Count),
  price: anything,
  gift_card: anything,
  requires_shipping: anything,
  fulfillment_status: anything,
});
export type OrderLineBody = Static<typeof OrderLineBody>;

const OrderBody = Type.Object({
  id: Id,
  admin_graphql_api_id: anything,
  name: anything,
  order_number: anything,
  created_at: Type.String({ maxLength: 60 }),
  cancelled_at: anything,
  closed_at: anything,
  fulfillment_status: anything,
  test: anything,
  currency: anything,
  po_number: anything,
  source_name: anything,
  shipping_address: anything,
  line_items: Type.Array(OrderLineBody),
});
export type OrderBody = Static<typeof OrderBody>;

/** Whether a parsed body is an order as far as we need it, or what is wrong with it and where. */
export const checkOrderBody: (value: unknown) => Checked<OrderBody> = checker(OrderBody);

/**
 * A value as a text of 1 to 200 characters without surrounding blanks; undefined when there is nothing to say. What no
 * database stores, NUL and halves of surrogate pairs, is replaced.
 */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = toStorableText(String(value)).trim().slice(0, TEXT_LENGTH_MAX).toWellFormed().trim();
  return text === "" ? undefined : text;
}

/** A text without what PostgreSQL refuses in any text. */
export function toStorableText(text: string): string {
  return text.replaceAll("\u0000", "\ufffd").toWellFormed();
}

/** A field of a value that may not be an object at all. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

/**
 * The digits of a resource's id. Its gid is preferred, because no JSON parser on the way can have rounded a text
 * (`gid://shopify/Order/9007199254740993`).
 */
export function idOf(gid: unknown, type: string, id: number | string): string {
  const match = typeof gid === "string" ? /^gid:\/\/shopify\/(\w+)\/(\d{1,20})$/.exec(gid) : null;
  return match?.[1] === type && match[2] !== undefined ? match[2] : String(id);
}

const WRITTEN = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ?(Z|[+-]\d{2}:?\d{2})$/i;

/**
 * A time as Shopify writes it, as an RFC 3339 instant in UTC with milliseconds; undefined when it is none. The day is
 * looked up in the calendar, because `Date` takes 31 February for 3 March.
 */
export function instantOf(written: string): string | undefined {
  const [, day, clock, offset] = WRITTEN.exec(written.trim()) ?? [];
  if (day === undefined || clock === undefined || offset === undefined) return undefined;
  const midnight = new Date(`${day}T00:00:00Z`);
  const time = new Date(`${day}T${clock}${offset.toUpperCase()}`);
  if (Number.isNaN(midnight.getTime()) || Number.isNaN(time.getTime()) || time.getTime() < 0)
    return undefined;
  return midnight.toISOString().startsWith(day) ? time.toISOString() : undefined;
}
