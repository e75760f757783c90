import type { ItemStock } from "../atp.ts";
import type { FigureWithCells } from "../cells.ts";
import type { Figure } from "../figure.ts";
import type { ItemRead } from "../item-stock.ts";
import type { RuleBook } from "../rules/book.ts";

/** An item's stock as it was read, with what was made of it for channels since. It is replaced and never changed. */
export type Remembered = {
  readonly itemId: string;
  /** Whether it has lots: what is known of them is master data, and until when they count depends on the day. */
  readonly hasLots: boolean;
  readonly read: ItemRead;
  /** From this moment on, in milliseconds since 1970, another hold has run out. */
  readonly untilMs: number;
  /** When it was read, by the process's own stopwatch. */
  readonly readMs: number;
  /** What was made of it, by channel. */
  readonly valued: Map<string, Valued>;
  bytes: number;
  /** Whether somebody asked since it was last looked at for being forgotten. */
  isUsed: boolean;
};

/** What the rules make of stock for one channel; its figure as well, where it is that of an item and not only of a part of kits. */
export type Valued = {
  readonly book: RuleBook;
  /** The moment for which it was made; it is the same for others while nothing that is there can grow old. */
  readonly asOf: Date;
  readonly stock: ItemStock;
  figure?: Figure;
  whole?: FigureWithCells;
};

/** Bytes of an item, of a row of it, and of both once more, with what is sent of them, for each channel that asks; measured, and rounded up. */
const ITEM_BYTES = 800;
const ROW_BYTES = 160;
export const VALUED_BYTES = 1_200;
export const PLACE_BYTES = 300;

/** How long what was read is believed at most. Changes that were made by hand tell nobody. */
export const REMEMBERED_MS_MAX = 60_000;

/** The moments at which it is asked whether something may still be believed. */
export type Moments = { readonly nowMs: number; readonly stopwatchMs: number };

/** What was read of an item, to be remembered. */
export function remember(
  itemId: string,
  read: ItemRead,
  { untilMs, readMs }: Pick<Remembered, "untilMs" | "readMs">,
): Remembered {
  const bytes = ITEM_BYTES + read.rows.length * ROW_BYTES;
  const hasLots = read.rows.some(({ lot }) => lot !== "");
  return { itemId, hasLots, read, untilMs, readMs, valued: new Map(), bytes, isUsed: true };
}

/** Stock by item, as much as a number of bytes holds. */
export type StockMemory = {
  /** What is remembered, unless it is too old, or a hold has run out since. */
  recall(itemId: string, moments: Moments): Remembered | undefined;
  put(remembered: Remembered): void;
  forget(itemId: string): void;
  /** Forgets what has lots. */
  forgetLots(): void;
  forgetAll(): void;
  /** Notes that something remembered has grown. */
  grew(remembered: Remembered, bytes: number): void;
  size(): { readonly items: number; readonly bytes: number };
};

/** Makes an empty memory. What nobody has asked for since it was last looked at is forgotten first. */
export function createStockMemory(bytesMax: number): StockMemory {
  const items = new Map<string, Remembered>();
  let bytes = 0;

  function forget(itemId: string): void {
    const known = items.get(itemId);
    if (known === undefined) return;
    items.delete(itemId);
    bytes -= known.bytes;
  }

  function makeRoom(): void {
    for (const known of items.values()) {
      if (bytes <= bytesMax) return;
      items.delete(known.itemId);
      // What is in use goes round once more, so that a question has nothing to move.
      if (known.isUsed) items.set(known.itemId, known);
      else bytes -= known.bytes;
      known.isUsed = false;
    }
  }

  return {
    recall(itemId, { nowMs, stopwatchMs }) {
      const known = items.get(itemId);
      if (known === undefined) return undefined;
      if (nowMs < known.untilMs && stopwatchMs - known.readMs <= REMEMBERED_MS_MAX) {
        known.isUsed = true;
        return known;
      }
      forget(itemId);
      return undefined;
    },
    put(remembered) {
      forget(remembered.itemId);
      items.set(remembered.itemId, remembered);
      bytes += remembered.bytes;
      makeRoom();
    },
    forget,
    forgetLots() {
      for (const { itemId, hasLots } of items.values()) if (hasLots) forget(itemId);
    },
    forgetAll() {
      items.clear();
      bytes = 0;
    },
    grew(remembered, more) {
      remembered.bytes += more;
      if (items.get(remembered.itemId) === remembered) bytes += more;
    },
    size: () => ({ items: items.size, bytes }),
  };
}
