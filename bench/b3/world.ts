/** How large the company is, and how much happens in one run. */
export type FirehoseSize = {
  readonly warehouses: number;
  /** Every warehouse stocks every item: positions are the product of the two. */
  readonly items: number;
  readonly eventsPerShift: number;
  readonly eventsPerDelivery: number;
};

/** 1.2 million positions, and what a good second of twelve busy buildings is. */
export const WHOLE_FIREHOSE: FirehoseSize = {
  warehouses: 12,
  items: 100_000,
  eventsPerShift: 120_000,
  eventsPerDelivery: 500,
};
/** Shows that everything works. */
export const SMALL_FIREHOSE: FirehoseSize = {
  warehouses: 12,
  items: 500,
  eventsPerShift: 12_000,
  eventsPerDelivery: 500,
};

/** The size with about so many positions. */
export function withPositions(size: FirehoseSize, positions: number): FirehoseSize {
  return { ...size, items: Math.max(1, Math.round(positions / size.warehouses)) };
}

const place = (warehouse: number) => String(warehouse + 1).padStart(2, "0");

/** Our id of a warehouse, and the code that it calls itself by. */
export const warehouseId = (warehouse: number): string => `wh-${place(warehouse)}`;
export const warehouseCode = (warehouse: number): string => `WH${place(warehouse)}`;
/** The account through which a warehouse speaks. */
export const warehouseAccount = (warehouse: number): string => `wms-${place(warehouse)}`;

/** Our id of an item, and the SKU that warehouses know it by. */
export const itemIdOf = (item: number): string => `item-${String(item).padStart(6, "0")}`;
export const skuOf = (item: number): string => `SKU-${String(item).padStart(6, "0")}`;

/** Units of every item in every warehouse before the first shift. */
export const OPENING_UNITS = 200;
