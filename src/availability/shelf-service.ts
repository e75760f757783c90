import type { OpenStockRow } from "../ledger/index.ts";
import type { Transaction } from "../platform/index.ts";
import { withExpiries } from "./expiry-service.ts";
import { fencesOf } from "./fences-service.ts";
import { eachByItself, openPositions } from "./open-positions.ts";
import type { RuleBook } from "./rules/book.ts";
import { withoutSafetyStock } from "./rules/safety.ts";
import { openShelf, type Shelf } from "./shelf.ts";
import type { ReservationRow } from "./store.ts";

/** What is laid out for deciding, and for whom. */
export type ToLayOut = {
  readonly requests: readonly { readonly request: { readonly channelId: string } }[];
  readonly book: RuleBook;
  readonly positions: readonly OpenStockRow[];
  /** Holds that have run out: their units are there again. */
  readonly swept: readonly ReservationRow[];
  readonly now: Date;
  /** What is promised was given back before in this transaction: what another place is short by is no reason against it. */
  readonly isMove?: boolean | undefined;
};

/** Lays positions out for deciding: with what expired holds give back, without safety stock, and with what is set aside for the channels. */
export async function layOut(tx: Transaction, work: ToLayOut): Promise<Shelf> {
  const open = openPositions(work.positions, work.swept);
  const dated = await withExpiries(tx, work.isMove === true ? eachByItself(open) : open, work.now);
  return openShelf(withoutSafetyStock(work.book, dated), await fencesOf(tx, work));
}
