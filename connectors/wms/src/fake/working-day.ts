import type { SeededRandom } from "@crossdock/connector-kit/testing";
import type { FakeTransfer, Floor } from "./floor.ts";
import type { FloorOrder, OrderDesk } from "./order-desk.ts";
import type { Shelves } from "./shelves.ts";

/** How often each thing happens by itself in one tick: 0.2 is once in five ticks, 3 is three times in each. */
export type Activity = {
  readonly receipts: number;
  readonly counts: number;
  readonly adjustments: number;
  readonly returns: number;
  readonly statusChanges: number;
  readonly transfers: number;
  /** Chances that an order, when its turn comes, is short of a unit, or is put back after its pick. */
  readonly shortPicks: number;
  readonly putBacks: number;
  /** Goods that vanish without an event, until a count finds it. */
  readonly losses: number;
};

/** A quiet warehouse: only what it is told to do happens. */
export const NO_ACTIVITY: Activity = {
  receipts: 0,
  counts: 0,
  adjustments: 0,
  returns: 0,
  statusChanges: 0,
  transfers: 0,
  shortPicks: 0,
  putBacks: 0,
  losses: 0,
};

/** Ticks for which a short order waits for goods, before it leaves with what there is. */
export const PICK_ATTEMPTS_MAX = 20;

const ADJUSTMENT_REASONS = ["damaged-in-handling", "found-in-aisle", "mislabelled", "sample-taken"];

export type WorkingDayOptions = {
  readonly shelves: Shelves;
  readonly desk: OrderDesk;
  readonly floor: Floor;
  readonly random: SeededRandom;
  readonly activity: Activity;
  /** Orders that take a step in one tick. */
  readonly ordersPerTick: number;
  /** Codes of the warehouses that goods may be sent to. */
  readonly neighbours: readonly string[];
  readonly onTransfer: (transfer: FakeTransfer) => void;
};

/** One tick of a working day: orders take a step, and whatever else happens in a warehouse happens. */
export function workTick(options: WorkingDayOptions): void {
  const { desk, ordersPerTick } = options;
  for (const order of desk.open().slice(0, ordersPerTick)) advance(order, options);
  for (const [times, act] of actsOf(options)) {
    for (let time = 0; time < times; time += 1) act();
  }
}

function advance(order: FloorOrder, { floor, desk, random, activity }: WorkingDayOptions): void {
  const { releaseId } = order.release;
  switch (order.step) {
    case "released":
      if (random.chance(activity.shortPicks)) floor.pickShort(releaseId, 1);
      if (!floor.pick(releaseId)) {
        if (order.attempts < PICK_ATTEMPTS_MAX) return;
        floor.pickShort(releaseId);
      }
      if (order.picked.size === 0) desk.close(order);
      else order.step = "picked";
      return;
    case "picked":
      if (random.chance(activity.putBacks)) floor.putBack(releaseId);
      else floor.pack(releaseId);
      return;
    case "packed":
      floor.ship(releaseId);
      return;
    default:
      order.step satisfies never;
  }
}

/** Everything that may happen by itself, with how often it does in this tick. */
function actsOf(options: WorkingDayOptions): [number, () => void][] {
  const { shelves, floor, random, activity, neighbours } = options;
  const skus = shelves.skus();
  if (skus.length === 0) return [];
  const times = (rate: number) => Math.floor(rate) + (random.chance(rate % 1) ? 1 : 0);
  const some = () => random.pick(skus);
  /** Some of what is there; nothing happens where the shelf is empty. */
  const withSome = (
    shelf: "available" | "quarantined",
    act: (goods: { sku: string; quantity: number }) => void,
  ) => {
    const sku = some();
    const there = shelves.truth(sku)[shelf];
    if (there > 0) act({ sku, quantity: random.integer(1, Math.min(there, 10)) });
  };
  return [
    [times(activity.receipts), () => receive(options, some())],
    [times(activity.counts), () => floor.count(some())],
    [times(activity.adjustments), () => adjust(options, some())],
    [times(activity.returns), () => takeBack(options, some())],
    [
      times(activity.statusChanges),
      () =>
        withSome("available", (goods) =>
          floor.changeStatus({ ...goods, from: "available", to: "quarantined" }),
        ),
    ],
    [
      times(activity.statusChanges / 2),
      () =>
        withSome("quarantined", (goods) =>
          floor.changeStatus({ ...goods, from: "quarantined", to: "available" }),
        ),
    ],
    [
      neighbours.length === 0 ? 0 : times(activity.transfers),
      () =>
        withSome("available", (goods) => {
          options.onTransfer(floor.dispatchTransfer({ ...goods, to: random.pick(neighbours) }));
        }),
    ],
    [times(activity.losses), () => withSome("available", (goods) => floor.lose({ ...goods, quantity: 1 }))],
  ];
}

function receive({ floor, random }: WorkingDayOptions, sku: string): void {
  const purchaseOrder = `PO-${random.integer(10_000, 99_999)}`;
  const quantity = random.integer(1, 12) * 10;
  const state = random.chance(0.1) ? { status: "quarantined" as const } : {};
  floor.receive({ sku, quantity, purchaseOrder, ...state });
}

function adjust({ floor, random, shelves }: WorkingDayOptions, sku: string): void {
  const reason = random.pick(ADJUSTMENT_REASONS);
  const delta = random.pick([-2, -1, 1, 2]);
  if (shelves.truth(sku).available + delta >= 0) floor.adjust({ sku, delta, reason });
}

function takeBack({ floor, random }: WorkingDayOptions, sku: string): void {
  const state = random.chance(0.5) ? { status: "quarantined" as const } : {};
  floor.takeReturn({ sku, quantity: random.integer(1, 3), ...state });
}
