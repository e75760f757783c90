import { type TString, type TUnsafe, Type } from "typebox";

declare const brand: unique symbol;

/** A value that carries its meaning in its type: a `LocationId` where an `ItemId` is wanted does not compile. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };

/** Longest id that any part stores. Partners' references may be longer; they are aliases, not ids. */
export const ID_LENGTH_MAX = 64;

const ID_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

function idSchema<Name extends string>(title: Name, description: string): TUnsafe<Brand<string, Name>> {
  const text: TString = Type.String({
    title,
    description,
    pattern: ID_PATTERN,
    minLength: 1,
    maxLength: ID_LENGTH_MAX,
  });
  return Type.Unsafe<Brand<string, Name>>(text);
}

const idExpression = new RegExp(ID_PATTERN);

function brandId<Name extends string>(name: Name, value: string): Brand<string, Name> {
  if (value.length > ID_LENGTH_MAX || !idExpression.test(value)) {
    throw new TypeError(
      `${JSON.stringify(value)} is not a ${name}: 1 to ${ID_LENGTH_MAX} of A-Z a-z 0-9 . _ -`,
    );
  }
  return value as Brand<string, Name>;
}

export const ItemId = idSchema(
  "ItemId",
  "The immutable internal id of an item. SKUs, GTINs and part numbers are aliases of it.",
);
export type ItemId = Brand<string, "ItemId">;
/** Brands a text that is known to be an item id; throws a TypeError when it cannot be one. */
export const itemId = (value: string): ItemId => brandId("ItemId", value);

export const LocationId = idSchema(
  "LocationId",
  "A warehouse, store or 3PL, or a virtual location such as `supplier`.",
);
export type LocationId = Brand<string, "LocationId">;
/** Brands a text that is known to be a location id; throws a TypeError when it cannot be one. */
export const locationId = (value: string): LocationId => brandId("LocationId", value);

export const ChannelId = idSchema(
  "ChannelId",
  "Something that sells: a web shop, a marketplace, an EDI customer, a sales desk.",
);
export type ChannelId = Brand<string, "ChannelId">;
/** Brands a text that is known to be a channel id; throws a TypeError when it cannot be one. */
export const channelId = (value: string): ChannelId => brandId("ChannelId", value);

export const ChannelGroupId = idSchema(
  "ChannelGroupId",
  "Channels that stand together: the stores of a retailer, the marketplaces of a region.",
);
export type ChannelGroupId = Brand<string, "ChannelGroupId">;
/** Brands a text that is known to be the id of a group of channels; throws a TypeError when it cannot be one. */
export const channelGroupId = (value: string): ChannelGroupId => brandId("ChannelGroupId", value);

export const FormulaId = idSchema("FormulaId", "The name of a formula by which channels may sell.");
export type FormulaId = Brand<string, "FormulaId">;
/** Brands a text that is known to be the name of a formula; throws a TypeError when it cannot be one. */
export const formulaId = (value: string): FormulaId => brandId("FormulaId", value);

export const AccountId = idSchema(
  "AccountId",
  "One configured connection of a connector: a shop, a trading partner, a warehouse.",
);
export type AccountId = Brand<string, "AccountId">;
/** Brands a text that is known to be an account id; throws a TypeError when it cannot be one. */
export const accountId = (value: string): AccountId => brandId("AccountId", value);

export const OrderId = idSchema(
  "OrderId",
  "The internal id of an order. The channel's own number is kept beside it.",
);
export type OrderId = Brand<string, "OrderId">;
/** Brands a text that is known to be an order id; throws a TypeError when it cannot be one. */
export const orderId = (value: string): OrderId => brandId("OrderId", value);

export const ReservationId = idSchema(
  "ReservationId",
  "One id per order line and location, for the whole life of the promise.",
);
export type ReservationId = Brand<string, "ReservationId">;
/** Brands a text that is known to be a reservation id; throws a TypeError when it cannot be one. */
export const reservationId = (value: string): ReservationId => brandId("ReservationId", value);

export const BackorderId = idSchema(
  "BackorderId",
  "Units of an order line that wait for stock, from the moment at which they could not be promised.",
);
export type BackorderId = Brand<string, "BackorderId">;
/** Brands a text that is known to be a backorder id; throws a TypeError when it cannot be one. */
export const backorderId = (value: string): BackorderId => brandId("BackorderId", value);

export const MessageId = idSchema(
  "MessageId",
  "A raw message as it was received, before anything was made of it.",
);
export type MessageId = Brand<string, "MessageId">;
/** Brands a text that is known to be a message id; throws a TypeError when it cannot be one. */
export const messageId = (value: string): MessageId => brandId("MessageId", value);

export const DocumentId = idSchema(
  "DocumentId",
  "A document that we send: an acknowledgement, a ship notice, a warehouse order.",
);
export type DocumentId = Brand<string, "DocumentId">;
/** Brands a text that is known to be a document id; throws a TypeError when it cannot be one. */
export const documentId = (value: string): DocumentId => brandId("DocumentId", value);

export const LineId = idSchema("LineId", "The line of an order, as its source numbers it.");
export type LineId = Brand<string, "LineId">;
/** Brands a text that is known to be a line id; throws a TypeError when it cannot be one. */
export const lineId = (value: string): LineId => brandId("LineId", value);

/** A lot or serial number; the empty text means "not tracked by lot". */
export const Lot = Type.String({
  title: "Lot",
  maxLength: 80,
  description: "Lot or serial number; empty when the item has none.",
});
export type Lot = string;

/** An RFC 3339 instant with its offset. */
export const Instant = Type.String({
  title: "Instant",
  description: "RFC 3339 date and time with offset, for example 2026-11-23T09:30:00Z.",
  pattern:
    "^\\d{4}-(0[1-9]|1[0-2])-([0-2]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$",
});
export type Instant = string;
