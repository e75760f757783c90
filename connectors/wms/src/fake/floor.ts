import type { MasterRecord } from "@crossdock/canonical";
import type { WmsEvent } from "../event-schema.ts";
import type { FloorOrder, OrderDesk, PackedCarton } from "./order-desk.ts";
import { ssccOf } from "./serial-shipping-container-code.ts";
import type { Shelves } from "./shelves.ts";

/** The conditions that goods can be in on their own, apart from being picked. */
export type Condition = "available" | "quarantined" | "damaged";

/** A transfer on its way, for the warehouse that will receive it. */
export type FakeTransfer = {
  readonly transferNumber: string;
  readonly from: string;
  readonly to: string;
  readonly sku: string;
  readonly quantity: number;
};

/**
 * Everything that people in the warehouse do. Each act changes the physical stock and records its event; what cannot be
 * done in a building throws a RangeError and records nothing.
 */
export type Floor = {
  receive(goods: Goods & { readonly status?: Condition; readonly purchaseOrder?: string }): void;
  /**
   * Picks what is there for every open line. True when all lines are picked in full. Orders are named by their order id, or
   * by their release id where an order was released in parts.
   */
  pick(order: string): boolean;
  /**
   * Gives up what is left to pick of an order, or so many units of it: they are not where they should be. The place is counted at once, as
   * is the custom, and what the count found is no longer in question.
   */
  pickShort(order: string, units?: number): void;
  /** Puts everything back that was picked for an order and is not packed, to be picked again. */
  putBack(order: string): void;
  pack(order: string): void;
  ship(order: string): void;
  count(sku: string): void;
  adjust(
    change: { readonly sku: string; readonly delta: number; readonly reason: string } & {
      readonly status?: Condition;
    },
  ): void;
  dispatchTransfer(goods: Goods & { readonly to: string }): FakeTransfer;
  receiveTransfer(transfer: FakeTransfer): void;
  /** Learns that a transfer will not arrive. */
  loseTransfer(transfer: FakeTransfer): void;
  takeReturn(
    goods: Goods & { readonly status?: Condition; readonly orderId?: string; readonly lineId?: string },
  ): void;
  changeStatus(
    goods: Goods & { readonly from: Condition; readonly to: Condition; readonly reason?: string },
  ): void;
  /** One SKU becomes another: a case is broken, a kit built. */
  convert(change: { readonly from: Goods; readonly to: Goods; readonly reason: string }): void;
  /** Tells what is known of an item, a lot or a place. */
  tell(record: MasterRecord, version?: number): void;
  /** Goods vanish and nobody notices: the next count will. */
  lose(goods: Goods): void;
};

export type Goods = { readonly sku: string; readonly quantity: number };

/** What every event carries: its id, its number, and when it happened. */
export type Stamp = Pick<WmsEvent, "eventId" | "sequence" | "occurredAt">;

/** Records an event: the stamp is given, the rest is made from it. */
export type Record = (make: (stamp: Stamp) => WmsEvent) => void;

/**
 * Units in one carton: whole cases of 6, 12, 24 and 48. A very large order has larger cartons, so that a shipment stays within
 * its limits.
 */
const CARTON_UNITS = 48;
const CARTONS_MAX = 1_000;
const LINES_PER_CARTON_MAX = 100;
const CARRIERS = ["UPSN", "FDEG", "DHLC"];

export type FloorOptions = {
  readonly code: string;
  readonly shelves: Shelves;
  readonly desk: OrderDesk;
  readonly record: Record;
};

/** The people of a warehouse. */
export function floorOf(options: FloorOptions): Floor {
  return {
    ...dockOf(options),
    ...benchOf(options),
    ...pickingOf(options),
    ...secondThoughtsOf(options),
    ...packingOf(options),
  };
}

/** Whatever comes in or leaves on its own account: receipts, transfers, returns. */
function dockOf({ code, shelves, record }: FloorOptions) {
  return {
    receive({ sku, quantity, ...rest }: Parameters<Floor["receive"]>[0]): void {
      shelves.put(sku, rest.status ?? "available", quantity);
      record((stamp) => ({ type: "receipt", ...stamp, sku, ...shelves.lotOf(sku), quantity, ...rest }));
    },
    dispatchTransfer({ sku, quantity, to }: Parameters<Floor["dispatchTransfer"]>[0]): FakeTransfer {
      shelves.take(sku, "available", quantity);
      let transferNumber = "";
      record((stamp) => {
        transferNumber = `${code}-T${stamp.sequence}`;
        return { type: "transfer-out", ...stamp, sku, ...shelves.lotOf(sku), quantity, to, transferNumber };
      });
      return { transferNumber, from: code, to, sku, quantity };
    },
    receiveTransfer({ sku, quantity, from, transferNumber }: FakeTransfer): void {
      shelves.put(sku, "available", quantity);
      record((stamp) => {
        return { type: "transfer-in", ...stamp, sku, ...shelves.lotOf(sku), quantity, from, transferNumber };
      });
    },
    loseTransfer({ sku, quantity, from, transferNumber }: FakeTransfer): void {
      const lot = shelves.lotOf(sku);
      record((stamp) => ({ type: "transfer-lost", ...stamp, sku, ...lot, quantity, from, transferNumber }));
    },
    takeReturn({ sku, quantity, ...rest }: Parameters<Floor["takeReturn"]>[0]): void {
      shelves.put(sku, rest.status ?? "available", quantity);
      record((stamp) => ({ type: "return", ...stamp, sku, ...shelves.lotOf(sku), quantity, ...rest }));
    },
  };
}

/** Whatever changes the stock where it stands: counts, adjustments, changes of its condition. */
function benchOf({ shelves, record }: FloorOptions) {
  return {
    count(sku: string): void {
      const counted = shelves.count(sku);
      record((stamp) => ({ type: "count", ...stamp, sku, ...shelves.lotOf(sku), counted }));
    },
    adjust({ sku, delta, reason, status }: Parameters<Floor["adjust"]>[0]): void {
      shelves.put(sku, status ?? "available", delta);
      const state = status === undefined ? {} : { status };
      record((stamp) => ({
        type: "adjustment",
        ...stamp,
        sku,
        ...shelves.lotOf(sku),
        delta,
        reason,
        ...state,
      }));
    },
    changeStatus({ sku, quantity, from, to, reason }: Parameters<Floor["changeStatus"]>[0]): void {
      shelves.take(sku, from, quantity);
      shelves.put(sku, to, quantity);
      const why = reason === undefined ? {} : { reason };
      record((stamp) => {
        return { type: "status-change", ...stamp, sku, ...shelves.lotOf(sku), quantity, from, to, ...why };
      });
    },
    convert({ from, to, reason }: Parameters<Floor["convert"]>[0]): void {
      shelves.take(from.sku, "available", from.quantity);
      shelves.put(to.sku, "available", to.quantity);
      const [taken, given] = [from, to].map((goods) => ({ ...goods, ...shelves.lotOf(goods.sku) }));
      if (taken === undefined || given === undefined) return;
      record((stamp) => ({ type: "convert", ...stamp, from: taken, to: given, reason }));
    },
    tell(told: MasterRecord, version?: number): void {
      const state = version === undefined ? {} : { version };
      record((stamp) => ({ type: "master", ...stamp, record: told, ...state }));
    },
    lose: ({ sku, quantity }: Goods): void => shelves.lose(sku, quantity),
  };
}

/** What is taken from the shelves for orders. */
function pickingOf({ shelves, desk, record }: FloorOptions) {
  return {
    pick(id: string): boolean {
      const order = desk.find(id);
      const { orderId } = order.release;
      for (const line of order.release.lines) {
        const { lineId, sku = "" } = line;
        const open = openUnits(order, line);
        const taken = Math.min(open, shelves.truth(sku).available);
        if (taken === 0) continue;
        shelves.take(sku, "available", taken);
        shelves.put(sku, "picked", taken);
        order.picked.set(line, (order.picked.get(line) ?? 0) + taken);
        const goods = { sku, ...shelves.lotOf(sku), quantity: taken, orderId, lineId };
        record((stamp) => ({ type: "pick", ...stamp, ...goods }));
      }
      order.attempts += 1;
      const isComplete = order.release.lines.every((line) => openUnits(order, line) === 0);
      if (isComplete) order.step = "picked";
      return isComplete;
    },
  };
}

/** Units of a line that are still to be picked. */
function openUnits({ picked, short }: FloorOrder, line: FloorOrder["release"]["lines"][number]): number {
  return line.quantity - (picked.get(line) ?? 0) - (short.get(line) ?? 0);
}

/** What goes otherwise than it was meant to: goods that are not there, and goods that go back. */
function secondThoughtsOf({ shelves, desk, record }: FloorOptions) {
  return {
    pickShort(id: string, units = Number.POSITIVE_INFINITY): void {
      const order = desk.find(id);
      let left = units;
      for (const line of order.release.lines) {
        const { lineId, sku = "" } = line;
        const quantity = Math.min(left, openUnits(order, line));
        if (quantity === 0) continue;
        left -= quantity;
        order.short.set(line, (order.short.get(line) ?? 0) + quantity);
        const goods = { sku, ...shelves.lotOf(sku), quantity };
        const { orderId } = order.release;
        record((stamp) => ({
          type: "short-pick",
          ...stamp,
          ...goods,
          orderId,
          lineId,
          reason: "not-in-bin",
        }));
        const counted = shelves.count(sku);
        record((stamp) => ({ type: "count", ...stamp, sku, ...shelves.lotOf(sku), counted }));
        const looked = { from: "quarantined", to: "available", reason: "counted" } as const;
        record((stamp) => ({ type: "status-change", ...stamp, ...goods, ...looked }));
      }
    },
    putBack(id: string): void {
      const order = desk.find(id);
      if (order.cartons.length > 0) throw new RangeError(`${id} is packed already`);
      for (const [line, quantity] of order.picked) {
        const { lineId, sku = "" } = line;
        shelves.take(sku, "picked", quantity);
        shelves.put(sku, "available", quantity);
        const goods = { sku, ...shelves.lotOf(sku), quantity, orderId: order.release.orderId, lineId };
        record((stamp) => ({ type: "put-back", ...stamp, ...goods, reason: "rescheduled" }));
      }
      order.picked.clear();
      order.step = "released";
    },
  };
}

/** What is done with goods that were picked. */
function packingOf({ code, shelves, desk, record }: FloorOptions) {
  return {
    pack(id: string): void {
      const order = desk.find(id);
      const { orderId } = order.release;
      for (const lines of cartonLines(order)) {
        let carton: PackedCarton | undefined;
        for (const { line, quantity } of lines) {
          const { lineId, sku = "" } = line;
          record((stamp) => {
            carton ??= { sscc: ssccOf(stamp.sequence), lines };
            const goods = { sku, ...shelves.lotOf(sku), quantity, orderId, lineId };
            return { type: "pack", ...stamp, ...goods, sscc: carton.sscc };
          });
        }
        if (carton !== undefined) order.cartons.push(carton);
      }
      order.step = "packed";
    },
    ship(id: string): void {
      const order = desk.find(id);
      const { orderId } = order.release;
      if (order.cartons.length === 0) throw new RangeError(`nothing is packed of order ${orderId}`);
      const cartons = order.cartons.map(({ sscc, lines }) => ({
        sscc,
        lines: lines.map(({ line: { lineId, sku = "" }, quantity }) => {
          shelves.take(sku, "picked", quantity);
          return { sku, ...shelves.lotOf(sku), quantity, orderId, lineId };
        }),
      }));
      record((stamp) => ({
        type: "ship",
        ...stamp,
        shipmentNumber: `${code}-S${stamp.sequence}`,
        orderId,
        carrier: CARRIERS[stamp.sequence % CARRIERS.length] ?? "UPSN",
        trackingNumber: `1Z${String(stamp.sequence).padStart(16, "0")}`,
        cartons,
      }));
      desk.close(order);
    },
  };
}

/** Fills cartons line by line. A line begins a carton of its own where it does not fit, and is split only when it is larger. */
function cartonLines({ picked }: FloorOrder): PackedCarton["lines"][] {
  const units = picked.values().reduce((sum, quantity) => sum + quantity, 0);
  const room = Math.max(CARTON_UNITS, Math.ceil(units / CARTONS_MAX));
  const cartons: PackedCarton["lines"][] = [];
  let left = 0;
  for (const [line, quantity] of picked) {
    for (let open = quantity; open > 0; ) {
      const isFull = open > left && left < room;
      if (isFull || (cartons.at(-1)?.length ?? 0) >= LINES_PER_CARTON_MAX) {
        cartons.push([]);
        left = room;
      }
      const packed = Math.min(open, left);
      cartons.at(-1)?.push({ line, quantity: packed });
      open -= packed;
      left -= packed;
    }
  }
  return cartons;
}
