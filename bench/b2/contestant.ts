import type { Order } from "./world.ts";

/** What was promised for an order: names of its promises, to be cancelled by or looked up. */
export type Placed = readonly string[];

/** Whoever takes orders. */
export type Contestant = {
  readonly name: string;
  readonly role: "product" | "peer";
  /** The share of a run's orders that is enough to tell how fast it is. */
  readonly share: number;
  /** Decides an order, after the commit; undefined when not all of it is there. */
  place(order: Order): Promise<Placed | undefined>;
  cancel(placed: Placed): Promise<void>;
  /** Begins, and ends, what runs beside a run. */
  beside(): { stop(): Promise<void> };
  /** Compares the books with what buyers were told. */
  audit(told: {
    readonly placed: readonly Placed[];
    readonly cancelled: readonly Placed[];
  }): Promise<readonly string[]>;
  verify(): Promise<readonly string[]>;
  close(): Promise<void>;
};
