import { loadPeer } from "./peers.ts";
import type { Ask, SalesChannel, StockPlace, Stockroom, Told } from "./stockroom.ts";

/** Classes of Vendure's: entities are made and services are asked for by them. */
type Class<Value = object> = new (...args: never[]) => Value;
type Entity = { readonly id: number };
type Context = { readonly channel: Entity };
type Level = { readonly stockOnHand: number; readonly stockAllocated: number };
type OrderLineInput = { readonly orderLineId: number; readonly quantity: number };

type Repository = {
  save(entity: object): Promise<Entity>;
  findOne(how: object): Promise<Entity | null>;
  find(how: object): Promise<readonly { readonly type: string; readonly quantity: number }[]>;
};

/** The part of `@vendure/core` that is used, as its documentation has it. */
type Vendure = {
  readonly bootstrap: (
    config: object,
  ) => Promise<{ get<Service>(of: Class<Service>): Service; close(): Promise<void> }>;
  readonly DefaultLogger: new (options: { level: number }) => object;
  readonly dummyPaymentHandler: object;
  readonly RequestContextService: Class<{ create(of: object): Promise<Context> }>;
  readonly TransactionalConnection: Class<{ getRepository(ctx: Context, of: Class): Repository }>;
  readonly ProductVariantService: Class<{
    getSaleableStockLevel(ctx: Context, variant: object): Promise<number>;
  }>;
  readonly StockLevelService: Class<{
    getAvailableStock(ctx: Context, variantId: number): Promise<Level>;
    updateStockOnHandForLocation(
      ctx: Context,
      variantId: number,
      placeId: number,
      units: number,
    ): Promise<void>;
  }>;
  readonly StockMovementService: Class<{
    createAllocationsForOrderLines(
      ctx: Context,
      lines: readonly OrderLineInput[],
    ): Promise<readonly { quantity: number }[]>;
    createReleasesForOrderLines(ctx: Context, lines: readonly OrderLineInput[]): Promise<unknown>;
    createSalesForOrder(ctx: Context, lines: readonly OrderLineInput[]): Promise<unknown>;
  }>;
} & { readonly [Name in EntityName]: new (of: object) => object };

type EntityName =
  | "Channel"
  | "Order"
  | "OrderLine"
  | "Product"
  | "ProductVariant"
  | "StockLocation"
  | "StockMovement";

/** Quiet but for errors. */
const LOG_ERRORS = 0;
const SECOND_TOKEN = "second";

/** What everything below needs at hand. */
type Desk = {
  readonly vendure: Vendure;
  readonly service: <Service>(of: Class<Service>) => Service;
  readonly contextOf: (channel: SalesChannel) => Promise<Context>;
};

/**
 * Vendure's stock services behind its server, asked as its order process does: the saleable level first, then the allocations of the
 * order's lines.
 */
export async function openVendure(url: string, scratch: string, isFirst: boolean): Promise<Stockroom> {
  const vendure = loadPeer<Vendure>(scratch, "@vendure/core");
  const { version } = loadPeer<{ version: string }>(scratch, "@vendure/core/package.json");
  const app = await vendure.bootstrap(configOf(vendure, url, isFirst));
  const service = <Service>(of: Class<Service>) => app.get(of);
  const contexts = service(vendure.RequestContextService);
  const contextOf = async (channel: SalesChannel) => {
    const context = await contexts.create({ apiType: "admin" });
    if (channel === "everywhere") return context;
    const channels = service(vendure.TransactionalConnection).getRepository(context, vendure.Channel);
    const second = await channels.findOne({ where: { token: SECOND_TOKEN } });
    return contexts.create({ apiType: "admin", channelOrToken: second });
  };
  const desk: Desk = { vendure, service, contextOf };
  if (isFirst) await setUp(desk);
  const context = await contextOf("everywhere");
  const repository = (of: Class) => service(vendure.TransactionalConnection).getRepository(context, of);
  const idOf = async (of: EntityName, where: object) =>
    (await repository(vendure[of]).findOne({ where }))?.id ?? 0;
  return {
    version: async () => `@vendure/core ${version}`,
    receive: (item, place, units) => receive(desk, { item, place, units }),
    ask: (asks) => Promise.all(asks.map((ask) => allocate(desk, ask))),
    close: (ids, how) =>
      Promise.all(
        ids.map((id) =>
          close(desk, id, how).then(
            () => "done",
            (error: unknown) => String(error),
          ),
        ),
      ),
    async books(item) {
      const variantId = await idOf("ProductVariant", { sku: item });
      const level = await service(vendure.StockLevelService).getAvailableStock(context, variantId);
      const moves = await repository(vendure.StockMovement).find({
        where: { productVariant: { id: variantId } },
      });
      const sum = (type: string) =>
        moves
          .filter((move) => move.type === type)
          .reduce((units, { quantity }) => units + Math.abs(quantity), 0);
      const held = sum("ALLOCATION") - sum("RELEASE") - sum("SALE");
      return { onHand: level.stockOnHand, promised: level.stockAllocated, held };
    },
    async figure(channel, item) {
      const variant = await repository(vendure.ProductVariant).findOne({ where: { sku: item } });
      const own = await contextOf(channel);
      return service(vendure.ProductVariantService).getSaleableStockLevel(own, variant ?? {});
    },
    stop: () => app.close(),
  };
}

function configOf({ DefaultLogger, dummyPaymentHandler }: Vendure, url: string, isFirst: boolean): object {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    apiOptions: { hostname: "127.0.0.1", port: 0, adminApiPath: "admin-api", shopApiPath: "shop-api" },
    authOptions: {
      tokenMethod: ["bearer"],
      superadminCredentials: { identifier: "bench", password: "bench" },
    },
    dbConnectionOptions: {
      ...{ type: "postgres", host: hostname, port: Number(port), username, password },
      ...{ database: pathname.slice(1), synchronize: isFirst, logging: false },
    },
    paymentOptions: { paymentMethodHandlers: [dummyPaymentHandler] },
    logger: new DefaultLogger({ level: LOG_ERRORS }),
  };
}

/** A second place, and a second channel that sells from it alone. */
async function setUp({ vendure, service, contextOf }: Desk): Promise<void> {
  const context = await contextOf("everywhere");
  const { Channel, StockLocation } = vendure;
  const connection = service(vendure.TransactionalConnection);
  const repository = (of: Class) => connection.getRepository(context, of);
  const first = context.channel;
  const copied = { ...first, id: undefined, code: SECOND_TOKEN, token: SECOND_TOKEN };
  const second = await repository(Channel).save(new Channel(copied));
  const place = (name: string, channels: readonly object[]) =>
    repository(StockLocation).save(new StockLocation({ name, description: "", channels }));
  await place("wh-1", [first]);
  await place("wh-2", [first, second]);
}

async function receive(
  { vendure, service, contextOf }: Desk,
  { item, place, units }: { item: string; place: StockPlace; units: number },
): Promise<void> {
  const context = await contextOf("everywhere");
  const second = await contextOf("second");
  const { Product, ProductVariant, StockLocation } = vendure;
  const connection = service(vendure.TransactionalConnection);
  const repository = (of: Class) => connection.getRepository(context, of);
  const known = await repository(ProductVariant).findOne({ where: { sku: item } });
  const make = async () => {
    const product = await repository(Product).save(new Product({ enabled: true, translations: [] }));
    const stock = { trackInventory: "TRUE", useGlobalOutOfStockThreshold: false, outOfStockThreshold: 0 };
    const channels = [context.channel, second.channel];
    const variant = { sku: item, enabled: true, product, translations: [], channels, ...stock };
    return repository(ProductVariant).save(new ProductVariant(variant));
  };
  const variant = known ?? (await make());
  const at = await repository(StockLocation).findOne({ where: { name: place } });
  await service(vendure.StockLevelService).updateStockOnHandForLocation(
    context,
    variant.id,
    at?.id ?? 0,
    units,
  );
}

/** An order with its lines; what is not saleable is not ordered. */
async function allocate({ vendure, service, contextOf }: Desk, { channel, lines }: Ask): Promise<Told> {
  const context = await contextOf(channel);
  const { Order, OrderLine, ProductVariant } = vendure;
  const connection = service(vendure.TransactionalConnection);
  const repository = (of: Class) => connection.getRepository(context, of);
  const wanted = await Promise.all(
    lines.map(async ({ item, units }) => {
      const variant = (await repository(ProductVariant).findOne({ where: { sku: item } })) ?? { id: 0 };
      const saleable = await service(vendure.ProductVariantService).getSaleableStockLevel(context, variant);
      return { variant, units, isThere: saleable >= units };
    }),
  );
  if (wanted.some(({ isThere }) => !isThere)) return { units: 0, refused: "not saleable" };
  const order = { code: crypto.randomUUID(), state: "PaymentSettled", active: false, currencyCode: "USD" };
  const totals = {
    couponCodes: [],
    shippingAddress: {},
    billingAddress: {},
    subTotal: 0,
    subTotalWithTax: 0,
  };
  const saved = await repository(Order).save(new Order({ ...order, ...totals, channels: [context.channel] }));
  const inputs: OrderLineInput[] = [];
  for (const { variant, units } of wanted) {
    const line = { productVariant: variant, quantity: units, orderPlacedQuantity: units, order: saved };
    const prices = { listPrice: 0, listPriceIncludesTax: true, adjustments: [], taxLines: [] };
    const { id } = await repository(OrderLine).save(new OrderLine({ ...line, ...prices }));
    inputs.push({ orderLineId: id, quantity: units });
  }
  await service(vendure.StockMovementService).createAllocationsForOrderLines(context, inputs);
  const units = wanted.reduce((sum, line) => sum + line.units, 0);
  return { units, id: JSON.stringify(inputs) };
}

async function close(
  { vendure, service, contextOf }: Desk,
  id: string,
  how: "release" | "ship",
): Promise<void> {
  const lines: readonly OrderLineInput[] = JSON.parse(id);
  const context = await contextOf("everywhere");
  const movements = service(vendure.StockMovementService);
  if (how === "ship") await movements.createSalesForOrder(context, lines);
  else await movements.createReleasesForOrderLines(context, lines);
}
