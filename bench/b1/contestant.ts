import type { LoadResult, Target } from "../load/protocol.ts";
import type { ServerProcess } from "../server-process.ts";

/** One sale as it was ordered: the item, how many units of it there are, and under which keys buyers ask. */
export type Sale = {
  readonly itemId: string;
  readonly units: number;
  readonly keyPrefix: string;
};

/** How large a sale is. */
export type SaleSize = {
  readonly units: number;
  readonly buyers: number;
  readonly inFlight: number;
  readonly retryShare: number;
};

/** How many batches a server has decided so far, and of how many requests. */
export type Batches = { readonly count: number; readonly requests: number };

/** Whoever takes part in the sale: a running server and what is known of its books. */
export type Contestant = {
  readonly name: string;
  readonly role: "product" | "peer" | "ceiling";
  readonly server: ServerProcess;
  /** Its own size of every sale, where it would take too long over the others'. */
  readonly size?: SaleSize;
  /** Puts the units of a new item into stock, and says where they are sold. */
  prepare(sale: Sale): Promise<Target>;
  /** Compares the books with what buyers were told; gives what is wrong, and nothing when all is right. */
  audit(sale: Sale, seen: LoadResult): Promise<readonly string[]>;
  /** Judges all books at the end, by whatever judge the contestant has beside ours; gives what is wrong. */
  verify(): Promise<readonly string[]>;
  /** Undefined for servers that decide each request alone. */
  batches(): Promise<Batches | undefined>;
  stop(): Promise<void>;
};
