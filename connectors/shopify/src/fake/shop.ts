/**
 * The state of the fake shop: items, what is available of them where, orders with the work that is open on them. It behaves
 * like the vendor's where this product can notice, and holds no more than its limits.
 */

/** Orders that are remembered; older ones are forgotten, as `order` forgets them after 60 days. */
const ORDERS_MAX = 5_000;

/** First id of everything: past 2^53, so that whoever rounds ids notices at once. */
const ID_BASE = 9_007_199_254_740_993n;
/** Ids of one kind lie this far from those of the next. */
const ID_KIND_STEP = 100_000_000_000n;
/** Ids that one order takes for itself, its lines, its work and its shipments. */
const IDS_PER_ORDER = 10_000n;

const KINDS = [
  "InventoryItem",
  "ProductVariant",
  "Order",
  "LineItem",
  "FulfillmentOrder",
  "FulfillmentOrderLineItem",
  "Fulfillment",
] as const;
type Kind = (typeof KINDS)[number];

/** The digits of the n-th id of a kind. */
function idOf(kind: Kind, n: bigint): string {
  const firstOfKind: bigint = BigInt(KINDS.indexOf(kind)) * ID_KIND_STEP;
  return String(ID_BASE + firstOfKind + n);
}

export const gid = (kind: Kind, id: string): string => `gid://shopify/${kind}/${id}`;

/** What a shop is stocked with. `available` is at the first location; undefined is "not stocked there". */
export type NewItem = {
  readonly sku: string;
  readonly title?: string;
  readonly price?: string;
  readonly available?: number;
};

export type FakeItem = {
  readonly sku: string;
  readonly title: string;
  readonly price: string;
  /** Digits, as webhooks write it. */
  readonly variantId: string;
  /** The inventory item's gid: the listing to publish to. */
  readonly listing: string;
};

export type OrderedLine = { readonly sku: string; readonly quantity: number };

export type FakeLine = { readonly id: string; readonly item: FakeItem; readonly quantity: number };

export type FakeWork = {
  readonly id: string;
  readonly locationId: string;
  status: "OPEN" | "IN_PROGRESS" | "CLOSED" | "ON_HOLD" | "CANCELLED";
  readonly lines: { readonly id: string; readonly line: FakeLine; remaining: number }[];
};

export type FakeShipment = {
  readonly id: string;
  status: "SUCCESS" | "CANCELLED";
  readonly company: string | null;
  readonly number: string | null;
  readonly lines: readonly { readonly line: FakeLine; readonly quantity: number }[];
};

export type FakeOrder = {
  readonly id: string;
  readonly orderNumber: number;
  readonly createdAt: Date;
  cancelledAt: Date | undefined;
  readonly customer: string;
  readonly lines: readonly FakeLine[];
  readonly work: readonly FakeWork[];
  readonly shipments: FakeShipment[];
};

export type ShopOptions = {
  readonly locationIds: readonly [string, ...string[]];
  readonly items: readonly NewItem[];
  /** Number of the first order. A shop that goes on with an earlier product's data begins past its last. */
  readonly firstOrderNumber: number;
};

/** An order of an earlier run. */
export type RecalledOrder = {
  readonly orderNumber: number;
  readonly lines: readonly OrderedLine[];
  readonly customer?: string;
  readonly createdAt: Date;
};

export type Placed =
  | { readonly placed: true; readonly order: FakeOrder }
  | { readonly placed: false; readonly reason: string };

export class FakeShop {
  readonly locationIds: readonly [string, ...string[]];
  readonly items = new Map<string, FakeItem>();
  readonly #bySku = new Map<string, FakeItem>();
  /** Available quantity by location and listing. */
  readonly #levels = new Map<string, Map<string, number>>();
  readonly orders = new Map<string, FakeOrder>();
  #nextOrderNumber: number;
  #shipments = 0;

  constructor(options: ShopOptions) {
    this.locationIds = options.locationIds;
    this.#nextOrderNumber = options.firstOrderNumber;
    for (const locationId of options.locationIds) this.#levels.set(locationId, new Map());
    for (const item of options.items) this.addItem(item);
  }

  addItem({ sku, title = sku, price = "10.00", available }: NewItem): FakeItem {
    const n = BigInt(this.items.size);
    const listing = gid("InventoryItem", idOf("InventoryItem", n));
    const item = { sku, title, price, listing, variantId: idOf("ProductVariant", n) };
    this.items.set(listing, item);
    this.#bySku.set(sku, item);
    if (available !== undefined) this.setAvailable(listing, this.locationIds[0], available);
    return item;
  }

  itemOf(sku: string): FakeItem | undefined {
    return this.#bySku.get(sku);
  }

  /** What the shop shows, or undefined when the item is not stocked at the location. */
  available(listing: string, locationId: string = this.locationIds[0]): number | undefined {
    return this.#levels.get(locationId)?.get(listing);
  }

  setAvailable(listing: string, locationId: string, available: number): void {
    this.#levels.get(locationId)?.set(listing, available);
  }

  /** Takes an order as the online store does: whatever is not available cannot be bought, and a sale lowers it at once. */
  placeOrder(lines: readonly OrderedLine[], customer: string, at: Date): Placed {
    const wanted: { item: FakeItem; quantity: number; locationId: string }[] = [];
    for (const { sku, quantity } of lines) {
      const item = this.itemOf(sku);
      if (item === undefined) return { placed: false, reason: `no item ${sku}` };
      const locationId = this.locationIds.find((id) => (this.available(item.listing, id) ?? 0) >= quantity);
      if (locationId === undefined) return { placed: false, reason: `${sku} is sold out` };
      wanted.push({ item, quantity, locationId });
    }
    for (const { item, quantity, locationId } of wanted) {
      this.setAvailable(item.listing, locationId, (this.available(item.listing, locationId) ?? 0) - quantity);
    }
    const order = newOrder(wanted, { orderNumber: this.#nextOrderNumber, customer, createdAt: at });
    this.#nextOrderNumber += 1;
    this.#keep(order);
    return { placed: true, order };
  }

  /** Takes an order of an earlier run back into its books: nothing is sold by it. Lines of unknown items are left out. */
  recallOrder({ orderNumber, lines, customer = "", createdAt }: RecalledOrder): void {
    const [locationId] = this.locationIds;
    const wanted = lines.flatMap(({ sku, quantity }) => {
      const item = this.itemOf(sku);
      return item === undefined ? [] : [{ item, quantity, locationId }];
    });
    this.#keep(newOrder(wanted, { orderNumber, customer, createdAt }));
  }

  #keep(order: FakeOrder): void {
    this.orders.set(order.id, order);
    const [oldest] = this.orders.keys();
    if (this.orders.size > ORDERS_MAX && oldest !== undefined) this.orders.delete(oldest);
  }

  /** Cancels an order and puts what has not been shipped back on sale; undefined when there is no such open order. */
  cancelOrder(id: string, at: Date): FakeOrder | undefined {
    const order = this.orders.get(id);
    if (order === undefined || order.cancelledAt !== undefined) return undefined;
    order.cancelledAt = at;
    for (const work of order.work) {
      for (const { line, remaining } of work.lines) {
        const { listing } = line.item;
        this.setAvailable(
          listing,
          work.locationId,
          (this.available(listing, work.locationId) ?? 0) + remaining,
        );
      }
      work.status = "CANCELLED";
    }
    return order;
  }

  orderOfWork(workId: string): { readonly order: FakeOrder; readonly work: FakeWork } | undefined {
    for (const order of this.orders.values()) {
      const work = order.work.find(({ id }) => id === workId);
      if (work !== undefined) return { order, work };
    }
    return undefined;
  }

  /** A new shipment's gid. */
  nextShipmentId(): string {
    this.#shipments += 1;
    return gid("Fulfillment", idOf("Fulfillment", BigInt(this.#shipments)));
  }
}

type Wanted = { readonly item: FakeItem; readonly quantity: number; readonly locationId: string };

/** An order with the ids that follow from its number. */
function newOrder(
  wanted: readonly Wanted[],
  { orderNumber, customer, createdAt }: Pick<FakeOrder, "orderNumber" | "customer" | "createdAt">,
): FakeOrder {
  const base = BigInt(orderNumber) * IDS_PER_ORDER;
  const lines = wanted.map(({ item, quantity }, index) => ({
    id: idOf("LineItem", base + BigInt(index)),
    item,
    quantity,
  }));
  const locations = [...new Set(wanted.map(({ locationId }) => locationId))];
  const work = locations.map(
    (locationId, workIndex): FakeWork => ({
      id: gid("FulfillmentOrder", idOf("FulfillmentOrder", base + BigInt(workIndex))),
      locationId,
      status: "OPEN",
      lines: lines.flatMap((line, index) =>
        wanted[index]?.locationId === locationId
          ? [
              {
                id: gid("FulfillmentOrderLineItem", idOf("FulfillmentOrderLineItem", base + BigInt(index))),
                line,
                remaining: line.quantity,
              },
            ]
          : [],
      ),
    }),
  );
  const id = idOf("Order", base);
  return { id, orderNumber, createdAt, cancelledAt: undefined, customer, lines, work, shipments: [] };
}
