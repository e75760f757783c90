/** Where stock may lie. `everywhere` sells from both, `second` from wh-2 alone. */
export const STOCK_PLACES = ["wh-1", "wh-2"] as const;
export type StockPlace = (typeof STOCK_PLACES)[number];
export type SalesChannel = "everywhere" | "second";

/** What somebody wants: lines of one order, of plain items. */
export type Ask = {
  readonly channel: SalesChannel;
  readonly lines: readonly { readonly item: string; readonly units: number }[];
  /** An order that will be shipped, and not a hold. */
  readonly isFirm?: boolean;
};

/** What they were told. `units` were promised in all, under this name. */
export type Told =
  | { readonly units: number; readonly id: string }
  | { readonly units: 0; readonly refused: string };

/** What the books say of an item over all places. */
export type StockBooks = {
  readonly onHand: number;
  /** What the counter of promised units says. */
  readonly promised: number;
  /** What the single open promises add up to. */
  readonly held: number;
};

/** A system that promises stock, by its public programming interface. */
export type Stockroom = {
  /** Package and version, as far as it has one. */
  version(): Promise<string>;
  receive(item: string, place: StockPlace, units: number): Promise<void>;
  /** All at the same moment. */
  ask(asks: readonly Ask[]): Promise<readonly Told[]>;
  /** Closes promises, all at the same moment; gives what each was told, `done` where nothing else. */
  close(ids: readonly string[], how: "release" | "ship"): Promise<readonly string[]>;
  books(item: string): Promise<StockBooks>;
  /** How many a channel is told that it may sell. */
  figure(channel: SalesChannel, item: string): Promise<number>;
  stop(): Promise<void>;
};
