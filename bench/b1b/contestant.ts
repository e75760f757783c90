/** Whoever decides a call of many requests for one unit of the item on sale each. */
export type Contestant = {
  readonly name: string;
  readonly role: "product" | "peer";
  /** Calls of a run; those who decide one by one are given fewer. */
  readonly calls: number;
  /** Puts units of a new item into stock. */
  prepare(item: string, units: number): Promise<void>;
  /** Decides one call; gives the keys that were promised a unit, after the commit. */
  decide(item: string, keys: readonly string[]): Promise<readonly string[]>;
  /** Compares the books of an item with what callers were told. */
  audit(
    item: string,
    told: { readonly units: number; readonly promised: readonly string[] },
  ): Promise<readonly string[]>;
  /** Whatever judge there is beside ours, at the end. */
  verify(): Promise<readonly string[]>;
  close(): Promise<void>;
};
