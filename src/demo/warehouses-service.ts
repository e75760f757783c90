import { randomBytes } from "node:crypto";
import { type FakeStock, type FakeWarehouse, startFakeWarehouse } from "@crossdock/connector-wms/fake";
import type { Client } from "./client-service.ts";
import { type Company, warehouseAccount } from "./company.ts";
import type { Holdings, OnTheRoad } from "./holdings-service.ts";
import type { Run } from "./parts.ts";

/** Units of one transfer at most, and the share of what is there: a warehouse does not give away what it needs. */
const MOVE_UNITS_MAX = 20;
const MOVE_SHARE = 0.1;
/** Ticks that goods are on the road. */
const ROAD_TICKS = { min: 3, max: 10 } as const;
/** Goods on the road at once; with more, no other transfer leaves. */
const ON_THE_ROAD_MAX = 200;

/** What happens by itself in each warehouse in one tick, beside the orders. */
const ACTIVITY = {
  counts: 0.05,
  adjustments: 0.01,
  returns: 0.01,
  statusChanges: 0.01,
  losses: 0.005,
  shortPicks: 0.01,
  putBacks: 0.02,
};
/** How their events go astray: some come late, some twice, some overtake others. */
const POST_FAULTS = { duplicateEvent: 0.03, duplicateBatch: 0.03, late: 0.05, reorder: 0.2 };
const EVENTS_PER_BATCH = 5_000;
/** Each warehouse numbers its events from here on, times its place: carton labels are made of these numbers, and differ. */
const NUMBERS_PER_WAREHOUSE = 10_000_000;

/** Ticks between two snapshots of the company's; the warehouses take turns. */
const TICKS_PER_SNAPSHOT = 15;

/** What a warehouse's account is told. */
export type WarehouseAccount = {
  readonly accountId: string;
  readonly settings: { readonly url: string; readonly warehouseCodes: Readonly<Record<string, string>> };
  readonly secrets: { readonly signingSecret: string };
};

/** The simulated warehouses of the company. */
export type Warehouses = {
  readonly byLocation: ReadonlyMap<string, FakeWarehouse>;
  readonly accounts: readonly WarehouseAccount[];
  /** Has those that have reported nothing yet receive their opening stock, and sends it. Gives how many events that were. */
  open(): Promise<number>;
  /** One step of the working day everywhere, with its post. */
  tick(): Promise<void>;
  receive(delivery: { readonly warehouse: string; readonly sku: string; readonly quantity: number }): void;
  /** Sends a little of an item to another warehouse, if there is enough of it. */
  move(goods: { readonly sku: string; readonly from: string; readonly to: string }): void;
  /** Orders that are not shipped yet, and goods that have not arrived. */
  unfinished(): number;
  /** Lets everything that is on the road arrive. */
  arrive(): void;
  /** Sends all that waits to be sent; throws when the product keeps refusing it. */
  drain(): Promise<void>;
  close(): Promise<void>;
};

export type WarehousesOptions = {
  readonly company: Company;
  readonly holdings: Holdings;
  readonly run: Run;
  readonly client: Client;
  /** Whether anything happens beside orders, and whether the post has faults. */
  readonly isLively: boolean;
};

/** Starts the warehouses, each with what it last told about its stock. Nothing happens before the first tick. */
export async function startWarehouses(options: WarehousesOptions): Promise<Warehouses> {
  const { company, holdings } = options;
  const started = await Promise.all(
    company.warehouses.map((place, index) =>
      startOne(options, { ...place, firstNumber: index * NUMBERS_PER_WAREHOUSE + 1 }),
    ),
  );
  const byLocation = new Map(started.map(({ locationId, fake }) => [locationId, fake]));
  const road = roadBetween(options, byLocation);
  const stockTake = stockTakes(options, started);
  const each = (work: (fake: FakeWarehouse) => Promise<unknown>) =>
    Promise.all(started.map(({ fake }) => work(fake)));

  return {
    byLocation,
    accounts: started.map(({ account }) => account),
    async open() {
      const closed = started.filter(({ locationId }) => !holdings.onHand.has(locationId));
      for (const { locationId, fake } of closed) receiveOpeningStock(company, locationId, fake);
      await Promise.all(closed.map(({ fake }) => fake.drain()));
      return closed.reduce((sum, { fake }) => sum + fake.skus.length, 0);
    },
    async tick() {
      road.tick();
      await each((fake) => fake.tick());
      await stockTake.tick();
    },
    receive({ warehouse, ...goods }) {
      byLocation.get(warehouse)?.floor.receive(goods);
    },
    move: road.dispatch,
    unfinished: () => started.reduce((sum, { fake }) => sum + fake.openOrders(), road.count()),
    arrive: road.arrive,
    async drain() {
      await each((fake) => fake.drain());
    },
    async close() {
      await each((fake) => fake.close());
    },
  };
}

type Started = {
  readonly locationId: string;
  readonly fake: FakeWarehouse;
  readonly account: WarehouseAccount;
};

async function startOne(
  { company, holdings, run, client, isLively }: WarehousesOptions,
  { locationId, code, firstNumber }: Company["warehouses"][number] & { readonly firstNumber: number },
): Promise<Started> {
  const accountId = warehouseAccount(locationId);
  const signingSecret = randomBytes(24).toString("base64url");
  const firstSequence = holdings.nextNumber.get(locationId) ?? firstNumber;
  const fake = await startFakeWarehouse({
    seed: `${run.seed}/${firstSequence}`,
    code,
    secret: signingSecret,
    stock: stockOf(company, locationId, holdings),
    firstSequence,
    now: run.now,
    sendTo: client.messagesUrl(accountId),
    io: client.io,
    eventsPerBatch: EVENTS_PER_BATCH,
    ...(isLively ? { activity: ACTIVITY, postFaults: POST_FAULTS } : {}),
  });
  const settings = { url: fake.url, warehouseCodes: { [locationId]: code } };
  return {
    locationId,
    fake,
    account: { accountId, settings, secrets: { signingSecret } },
  };
}

/** Every item that the warehouse stocks. One that has reported nothing yet has empty shelves: its stock comes in by receipts. */
function stockOf(company: Company, locationId: string, { onHand }: Holdings): FakeStock[] {
  const held = onHand.get(locationId);
  return openingStockOf(company, locationId).map(({ sku, lot }) => ({
    sku,
    onHand: held?.get(sku) ?? 0,
    ...(lot === "" ? {} : { lot }),
  }));
}

function openingStockOf(company: Company, locationId: string) {
  return company.items.flatMap(({ sku, openingStock }) =>
    openingStock
      .filter((place) => place.warehouse === locationId)
      .map(({ units, lot }) => ({ sku, units, lot })),
  );
}

/** A lot is named after the month in which it was made, and keeps for a year. */
const expiryOf = (lot: string): string => `2027-${lot.slice(-2)}-01`;

function receiveOpeningStock(company: Company, locationId: string, fake: FakeWarehouse): void {
  for (const { sku, units, lot } of openingStockOf(company, locationId)) {
    fake.floor.receive({ sku, quantity: units, purchaseOrder: "OPENING-STOCK" });
    if (lot === "") continue;
    const item = { scheme: "sku", value: sku };
    fake.floor.tell({ kind: "lot", item, lot, expiresOn: expiryOf(lot) });
  }
}

/** Says now and then what is in one of the warehouses, as a snapshot: what went astray on the way is found, and told. */
function stockTakes({ run, isLively }: WarehousesOptions, started: readonly Started[]) {
  let ticks = 0;
  return {
    async tick(): Promise<void> {
      ticks += 1;
      if (!isLively || ticks % TICKS_PER_SNAPSHOT !== 0) return;
      const turn = ticks / TICKS_PER_SNAPSHOT;
      const next = started[(turn - 1) % started.length];
      // One that cannot be delivered is not tried again: the next says what is there by then.
      await next?.fake.postSnapshot({ snapshotId: `run-${run.number}-${turn}` }).catch(() => undefined);
    },
  };
}

type Travelling = OnTheRoad & { readonly transferNumber: string; ticksLeft: number };

/** The lorries between the warehouses. */
function roadBetween(
  { company, holdings, run }: WarehousesOptions,
  byLocation: ReadonlyMap<string, FakeWarehouse>,
) {
  const codeOf = new Map(company.warehouses.map(({ locationId, code }) => [locationId, code]));
  let sent = 0;
  let travelling: Travelling[] = holdings.onTheRoad.map((goods, index) => ({
    ...goods,
    transferNumber: `RESUMED-${run.number}-${index + 1}`,
    ticksLeft: ROAD_TICKS.min,
  }));

  const unload = ({ from, to, sku, quantity, transferNumber }: Travelling): void => {
    const [fromCode = from, toCode = to] = [codeOf.get(from), codeOf.get(to)];
    byLocation.get(to)?.floor.receiveTransfer({ from: fromCode, to: toCode, sku, quantity, transferNumber });
  };
  const unloadThose = (areThere: (goods: Travelling) => boolean): void => {
    const there = travelling.filter(areThere);
    travelling = travelling.filter((goods) => !there.includes(goods));
    for (const goods of there) unload(goods);
  };

  return {
    count: () => travelling.length,
    tick(): void {
      for (const goods of travelling) goods.ticksLeft -= 1;
      unloadThose(({ ticksLeft }) => ticksLeft <= 0);
    },
    arrive: () => unloadThose(() => true),
    dispatch({ sku, from, to }: { readonly sku: string; readonly from: string; readonly to: string }): void {
      const [origin, target] = [byLocation.get(from), codeOf.get(to)];
      if (origin === undefined || target === undefined || travelling.length >= ON_THE_ROAD_MAX) return;
      const spare = Math.floor(origin.truth(sku).available * MOVE_SHARE);
      const quantity = Math.min(MOVE_UNITS_MAX, spare);
      if (quantity < 1) return;
      const { transferNumber } = origin.floor.dispatchTransfer({ sku, quantity, to: target });
      sent += 1;
      const ticksLeft = ROAD_TICKS.min + (sent % (ROAD_TICKS.max - ROAD_TICKS.min));
      travelling.push({ sku, from, to, quantity, transferNumber, ticksLeft });
    },
  };
}
