/**
 * A simulated warehouse behind a real socket: it takes releases, picks, packs and ships them, counts, adjusts, transfers,
 * and posts what it did in signed batches.
 *
 * Terms: a *tick* is one step of its working day; *truth* is what physically lies on its shelves, whatever anybody has been
 * told; *reported* is what its events say. The two differ by what was lost and not yet counted.
 *
 * Invariants: the same seed, the same clock and the same calls give the same events, byte for byte. Faults of the post change
 * when and how often events arrive, never which. Its events are numbered without gaps; they happen one after the other, so
 * that no two share a moment. Whatever it keeps is bounded: when the post is stuck the warehouse waits, and drops nothing.
 *
 * It deliberately starts no timer until `run` is called, and knows nothing of Crossdock but the interface of this connector.
 */
export type { Condition, FakeTransfer, Floor, Goods } from "./floor.ts";
export {
  EVENTS_WAITING_MAX,
  type FakeBatch,
  NO_POST_FAULTS,
  type PostFaults,
  type SendBatch,
} from "./mail-room.ts";
export { ORDERS_OPEN_MAX, RELEASES_KEPT_MAX } from "./order-desk.ts";
export { gs1CheckDigit, ssccOf } from "./serial-shipping-container-code.ts";
export type { FakeStock, PhysicalStock } from "./shelves.ts";
export {
  type FakeWarehouse,
  type FakeWarehouseOptions,
  startFakeWarehouse,
  type TickReport,
} from "./warehouse.ts";
export { type Activity, NO_ACTIVITY, PICK_ATTEMPTS_MAX } from "./working-day.ts";
