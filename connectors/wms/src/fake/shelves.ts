/** What is physically there of one SKU, by its condition. */
export type PhysicalStock = {
  readonly onHand: number;
  readonly available: number;
  readonly picked: number;
  readonly quarantined: number;
  readonly damaged: number;
};

/** Where goods are inside of the building. */
export type Shelf = "available" | "picked" | "quarantined" | "damaged";

/** A SKU that the warehouse stocks, as it is at the start. */
export type FakeStock = {
  readonly sku: string;
  readonly onHand: number;
  /** The one lot that all of it belongs to; named in every event about it. */
  readonly lot?: string;
};

type Bin = Record<Shelf, number> & { readonly lot: string | undefined; unreported: number };

/** The physical truth: whole units on shelves. What is impossible here is impossible in a building, so it throws. */
export type Shelves = {
  skus(): readonly string[];
  has(sku: string): boolean;
  lotOf(sku: string): { readonly lot?: string };
  truth(sku: string): PhysicalStock;
  /** What is on hand according to the events so far: differs from the truth by what was lost unseen. */
  reported(sku: string): number;
  put(sku: string, shelf: Shelf, quantity: number): void;
  take(sku: string, shelf: Shelf, quantity: number): void;
  /** Takes from the shelf without anyone seeing it. */
  lose(sku: string, quantity: number): void;
  /** Gives what is on hand, and takes note that it has been reported. */
  count(sku: string): number;
};

/** The shelves of a warehouse with this stock, all of it available. */
export function shelvesWith(stock: readonly FakeStock[]): Shelves {
  const bins = new Map(stock.map(({ sku, onHand, lot }): [string, Bin] => [sku, binOf(onHand, lot)]));

  const binAt = (sku: string): Bin => {
    const bin = bins.get(sku);
    if (bin === undefined) throw new RangeError(`this warehouse does not stock ${sku}`);
    return bin;
  };
  const move = (sku: string, shelf: Shelf, change: number): void => {
    const bin = binAt(sku);
    if (!Number.isSafeInteger(change)) throw new RangeError(`${change} is not a whole number of ${sku}`);
    if (bin[shelf] + change < 0) {
      throw new RangeError(`there are ${bin[shelf]} ${shelf} of ${sku}, so ${-change} cannot be taken`);
    }
    bin[shelf] += change;
  };
  const truth = (sku: string): PhysicalStock => {
    const { available, picked, quarantined, damaged } = binAt(sku);
    return { onHand: available + picked + quarantined + damaged, available, picked, quarantined, damaged };
  };
  return {
    skus: () => [...bins.keys()],
    has: (sku) => bins.has(sku),
    lotOf: (sku) => {
      const { lot } = binAt(sku);
      return lot === undefined ? {} : { lot };
    },
    truth,
    reported: (sku) => truth(sku).onHand + binAt(sku).unreported,
    put: (sku, shelf, quantity) => move(sku, shelf, quantity),
    take: (sku, shelf, quantity) => move(sku, shelf, -quantity),
    lose(sku, quantity) {
      move(sku, "available", -quantity);
      binAt(sku).unreported += quantity;
    },
    count(sku) {
      binAt(sku).unreported = 0;
      return truth(sku).onHand;
    },
  };
}

function binOf(onHand: number, lot: string | undefined): Bin {
  return { available: onHand, picked: 0, quarantined: 0, damaged: 0, lot, unreported: 0 };
}
