import type {
  Instant,
  ItemId,
  LineId,
  LocationId,
  Lot,
  OrderId,
  Quantity,
  QuantityDelta,
} from "@crossdock/canonical";

/** What lies of a lot at a place, as a person with a scanner needs it. */
export type ScannedLot = {
  readonly positionId: string;
  readonly lot: Lot;
  readonly expiresOn?: string | undefined;
  readonly onHand: QuantityDelta;
  readonly available: QuantityDelta;
  readonly held: Quantity;
  readonly allocated: Quantity;
  readonly picked: QuantityDelta;
  readonly setAside: Quantity;
  readonly quarantined: QuantityDelta;
  readonly damaged: QuantityDelta;
};

/** Units that are promised from here to an order, and have to be picked. */
export type ToPick = {
  readonly orderId?: OrderId | undefined;
  readonly lineId: LineId;
  readonly lot: Lot;
  readonly units: Quantity;
  readonly promisedAt: Instant;
};

/** What a barcode said beside the item. */
export type ScannedText = {
  readonly gtin?: string | undefined;
  readonly lot?: Lot | undefined;
  readonly expiresOn?: string | undefined;
  readonly serial?: string | undefined;
};

export type Scanned = {
  readonly locationId: LocationId;
  readonly item: { readonly itemId: ItemId; readonly sku: string; readonly description: string };
  readonly read: ScannedText;
  readonly lots: readonly ScannedLot[];
  /** The earliest promise first. */
  readonly toPick: readonly ToPick[];
};

/** What a scanner asks. */
export type WarehousePort = {
  scan(asked: {
    readonly location: string;
    readonly code: string;
  }): Promise<
    | { readonly is: "found"; readonly scanned: Scanned }
    | { readonly is: "unknown-location" | "unknown-item" | "unreadable"; readonly message: string }
  >;
};
