import { channelId as toChannelId } from "@crossdock/canonical";
import {
  type AdmissionLine,
  type AdmissionRequest,
  type Decision,
  decide,
  unitsPossible,
} from "../admission.ts";
import { bookAt, type RuleBook } from "../rules/book.ts";
import { withoutSafetyStock } from "../rules/safety.ts";
import { type OpenPosition, openShelf, type Shelf } from "../shelf.ts";
import { daysLeftAt, type LotDays } from "../shelf-life.ts";
import type { Ask, Change, Happening, LineOfAsk } from "./happening.ts";
import { openTimers } from "./timers.ts";

/** What lay at a position when the window began, and until when its lot is good. */
export type StartPosition = Omit<OpenPosition, "expiresOn" | "daysLeft"> & {
  readonly days: LotDays | undefined;
};

/** Units that were set aside for a channel when the window began. */
export type StartFence = { readonly channelId: string; readonly positionId: number; readonly units: number };

/** A hold of before the window, which ends in it. */
export type StartHold = {
  readonly reservationId: string;
  readonly positionId: number;
  readonly channelId: string;
  readonly units: number;
  readonly fenced: number;
  readonly expiresAt: number;
};

export type Start = {
  readonly positions: readonly StartPosition[];
  readonly fences: readonly StartFence[];
  readonly holds: readonly StartHold[];
};

type Place = Omit<StartPosition, "available"> & { available: number };

/** A promise that this sandbox has made. */
type Kept = {
  readonly lineId: string;
  readonly itemId: string;
  readonly channelId: string;
  readonly since: number;
  positionId: number;
  open: number;
  fenced: number;
  until: number | undefined;
};

/** The line of what was held before the window began: nobody knows it. */
const BEFORE = "";

/** How a hold went: for how long, and how many units. */
export type HoldEnded = { readonly channelId: string; readonly heldMs: number; readonly units: number };

/** What a sandbox says while it plays. */
export type Listener = {
  /** What is there of an item is about to change. */
  changing(itemId: string, at: number): void;
  holdEnded(ended: HoldEnded): void;
};

/**
 * Stock and promises under one book, in memory: nothing that it does can reach a database, a channel or a warehouse. It decides with the
 * very functions that admission decides with. What it keeps grows with the positions of the items that are played and with the promises
 * that are open.
 */
export type Sandbox = {
  readonly book: () => RuleBook;
  useBook(book: RuleBook): void;
  /** Decides a request, and keeps what it promises. */
  ask(ask: Ask): Decision;
  play(happening: Exclude<Happening, { readonly kind: "asked" | "rules" | "told" }>): void;
  /** What a channel may be promised of an item at a moment, as it is told. */
  possible(channelId: string, line: AdmissionLine, at: number): number;
  /** What lies at a channel's places of an item and belongs to nobody, its own ring-fences included, whatever the rules say. */
  lying(channelId: string, itemId: string): number;
  /** Ends what is still held, for the sake of the count. */
  close(at: number): void;
};

/** Opens a sandbox on what there was at the beginning. */
export function openSandbox(start: Start, book: RuleBook, listener: Listener): Sandbox {
  return new Shop(start, book, listener);
}

class Shop implements Sandbox {
  #book: RuleBook;
  readonly #listener: Listener;
  readonly #places = new Map<number, Place>();
  readonly #byItem = new Map<string, Place[]>();
  readonly #fences = new Map<string, Map<number, number>>();
  readonly #kept = new Map<number, Kept[]>();
  readonly #timers = openTimers<Kept>();
  #lastGiven: { readonly reservationId: string; readonly parts: Kept[] } | undefined;

  constructor({ positions, fences, holds }: Start, book: RuleBook, listener: Listener) {
    this.#book = book;
    this.#listener = listener;
    for (const position of positions) {
      const place = { ...position };
      this.#places.set(place.positionId, place);
      const known = this.#byItem.get(place.itemId);
      if (known === undefined) this.#byItem.set(place.itemId, [place]);
      else known.push(place);
    }
    for (const { channelId, positionId, units } of fences) this.#addToFence(channelId, positionId, units);
    for (const { positionId, channelId, units, fenced, expiresAt } of holds) {
      const itemId = this.#places.get(positionId)?.itemId ?? "";
      const kept = { lineId: BEFORE, itemId, channelId, since: expiresAt, positionId, open: units, fenced };
      this.#timers.add({ ...kept, until: expiresAt });
    }
  }

  book = (): RuleBook => this.#book;

  useBook(book: RuleBook): void {
    this.#book = book;
  }

  ask({ ask, at, request, holdMs, early, live }: Ask): Decision {
    const items = itemsOf(request);
    for (const item of items) this.#expire(item, at);
    this.#book = bookAt(this.#book, at);
    for (const { positionId, units } of early) this.#change(positionId, units, at);
    const decision = decide(this.#shelf(items, at), this.#book, request);
    const promisedThen = new Set(live.map(({ lineId }) => lineId));
    const kept = decision.promised.map(({ lineId, position, quantity, fenced = 0 }): Kept => {
      // Who was refused at the time never said what would have become of the hold: it is taken to have become a sale.
      const isKnown = promisedThen.has(lineId);
      return {
        ...{ lineId, itemId: position.itemId, channelId: request.channelId, since: at, fenced },
        positionId: position.positionId,
        open: quantity,
        until: holdMs === undefined || !isKnown ? undefined : at + holdMs,
      };
    });
    for (const { positionId, channelId, open, fenced } of kept) {
      this.#change(positionId, fenced - open, at);
      if (fenced > 0) this.#addToFence(channelId, positionId, -fenced);
    }
    if (early.length > 0) this.#settleEarly(kept, early, at);
    if (kept.length > 0) this.#kept.set(ask, kept);
    for (const each of kept) if (each.until !== undefined) this.#timers.add(each);
    return decision;
  }

  /** What had left before it was asked for has left whether it was promised or not. */
  #settleEarly(kept: readonly Kept[], early: Ask["early"], at: number): void {
    for (const { lineId, positionId, units } of early) {
      let left = units;
      const own = kept.filter((each) => each.lineId === lineId);
      for (const each of [...own.filter((one) => one.positionId === positionId), ...own]) {
        const part = Math.min(left, each.open);
        each.open -= part;
        each.fenced = Math.min(each.fenced, each.open);
        left -= part;
      }
      this.#change(positionId, -left, at);
    }
  }

  play(happening: Parameters<Sandbox["play"]>[0]): void {
    const { at } = happening;
    switch (happening.kind) {
      case "moved":
        if (happening.of === undefined || this.#kept.has(happening.of.ask))
          this.#moveAll(happening.changes, at);
        return;
      case "given-back":
        this.#giveBack(happening);
        return;
      case "kept-again":
        this.#keepAgain(happening);
        return;
      case "kept-on":
        for (const each of this.#promisesOf(happening.of)) this.#keepOn(each, happening.until, at);
        return;
      case "used":
        this.#takeOff(happening.of, happening, () => undefined);
        return;
      case "promised-elsewhere":
        this.#promiseElsewhere(happening);
        return;
      case "set-aside":
        this.#change(happening.positionId, -happening.units, at);
        this.#addToFence(happening.channelId, happening.positionId, happening.units);
        return;
      default:
        happening satisfies never;
    }
  }

  #moveAll(changes: readonly Change[], at: number): void {
    for (const { positionId, units } of changes) this.#change(positionId, units, at);
  }

  #giveBack(happening: Extract<Happening, { readonly kind: "given-back" }>): void {
    const { at, of, reservationId, positionId, units, fence } = happening;
    if (of === undefined) {
      if (fence === undefined) this.#change(positionId, units, at);
      else this.#addToFence(fence, positionId, units);
      return;
    }
    const parts: Kept[] = [];
    this.#takeOff(of, happening, (kept, part) => {
      const fenced = this.#putBack(kept, part, at);
      parts.push({ ...kept, open: part, fenced });
      if (kept.open === 0) this.#endHold(kept, part, at);
    });
    this.#lastGiven = { reservationId, parts };
  }

  /** Puts units of a promise back on the shelf, its channel's own first; gives how many of them were. */
  #putBack(kept: Kept, units: number, at: number): number {
    const fenced = Math.min(units, kept.fenced);
    kept.fenced -= fenced;
    if (fenced > 0) this.#addToFence(kept.channelId, kept.positionId, fenced);
    this.#change(kept.positionId, units - fenced, at);
    return fenced;
  }

  /** Takes units off what a line is promised: at the position first, then wherever; no more than it is promised. */
  #takeOff(of: LineOfAsk, { positionId, units }: Change, tell: (kept: Kept, units: number) => void): void {
    const own = this.#promisesOf(of);
    let left = units;
    for (const kept of [...own.filter((each) => each.positionId === positionId), ...own]) {
      const part = Math.min(left, kept.open);
      if (part === 0) continue;
      kept.open -= part;
      left -= part;
      tell(kept, part);
    }
    if (own.every(({ open }) => open === 0)) this.#forget(of.ask);
  }

  #forget(ask: number): void {
    if (this.#kept.get(ask)?.every(({ open }) => open === 0) === true) this.#kept.delete(ask);
  }

  #promisesOf({ ask, lineId, itemId }: LineOfAsk): readonly Kept[] {
    const all = this.#kept.get(ask) ?? [];
    return all.filter((kept) => kept.lineId === lineId && kept.itemId === itemId);
  }

  #keepAgain({ of, positionId, units, at }: Extract<Happening, { readonly kind: "kept-again" }>): void {
    if (of === undefined) {
      this.#change(positionId, -units, at);
      return;
    }
    const own = this.#promisesOf(of);
    const kept = own.find((each) => each.positionId === positionId) ?? own[0];
    if (kept === undefined) return;
    kept.open += units;
    this.#change(kept.positionId, -units, at);
  }

  #keepOn(kept: Kept, until: number | undefined, at: number): void {
    if (kept.until === undefined) return;
    if (until === undefined) this.#endHold(kept, kept.open, at);
    kept.until = until;
    if (until !== undefined) this.#timers.add(kept);
  }

  #promiseElsewhere(happening: Extract<Happening, { readonly kind: "promised-elsewhere" }>): void {
    const { of, from, positionId, units, at } = happening;
    if (of === undefined) {
      this.#change(positionId, -units, at);
      return;
    }
    const parts = this.#lastGiven?.reservationId === from ? this.#lastGiven.parts : [];
    let left = units;
    for (const part of parts) {
      const moved = Math.min(left, part.open);
      if (moved === 0) continue;
      left -= moved;
      part.open -= moved;
      this.#change(positionId, -moved, at);
      const kept = { ...part, positionId, open: moved, fenced: 0 };
      const all = this.#kept.get(of.ask);
      if (all === undefined) this.#kept.set(of.ask, [kept]);
      else all.push(kept);
      if (kept.until !== undefined) this.#timers.add(kept);
    }
  }

  #endHold({ channelId, lineId, since, until }: Kept, units: number, at: number): void {
    if (until === undefined || lineId === BEFORE) return;
    this.#listener.holdEnded({ channelId, heldMs: Math.max(0, at - since), units });
  }

  /** Gives back the holds of an item that have run out by a moment. */
  #expire(item: string, at: number): void {
    this.#timers.due(item, at, (kept) => {
      const { open: units, until = at } = kept;
      kept.open = 0;
      this.#endHold(kept, units, until);
      this.#putBack(kept, units, at);
    });
  }

  possible(channelId: string, line: AdmissionLine, at: number): number {
    const items = new Set<string>(line.components.map((part) => part.itemId));
    for (const item of items) this.#expire(item, at);
    this.#book = bookAt(this.#book, at);
    return unitsPossible(this.#shelf(items, at), this.#book, { channelId: toChannelId(channelId), line });
  }

  lying(channelId: string, itemId: string): number {
    const network = new Set<string>(this.#book.channels.get(channelId)?.locations ?? []);
    const own = this.#fences.get(channelId);
    let units = 0;
    for (const place of this.#byItem.get(itemId) ?? []) {
      if (!network.has(place.locationId)) continue;
      units += Math.max(0, place.available) + (own?.get(place.positionId) ?? 0);
    }
    return units;
  }

  close(at: number): void {
    for (const kept of this.#timers.all()) {
      const { open, until = at } = kept;
      if (open > 0) this.#endHold(kept, open, Math.min(at, until));
    }
  }

  #shelf(items: ReadonlySet<string>, at: number): Shelf {
    const positions: OpenPosition[] = [];
    for (const item of items)
      for (const place of this.#byItem.get(item) ?? [])
        positions.push(place.days === undefined ? place : aged(place, at));
    return openShelf(withoutSafetyStock(this.#book, positions), copyOf(this.#fences));
  }

  #change(positionId: number, units: number, at: number): void {
    const place = this.#places.get(positionId);
    if (place === undefined || units === 0) return;
    this.#listener.changing(place.itemId, at);
    place.available += units;
  }

  #addToFence(channelId: string, positionId: number, units: number): void {
    const own = this.#fences.get(channelId) ?? new Map<number, number>();
    own.set(positionId, Math.max(0, (own.get(positionId) ?? 0) + units));
    this.#fences.set(channelId, own);
  }
}

/** A lot with the days that it is good for at a moment. */
function aged({ days, ...place }: Place, at: number): OpenPosition {
  if (days === undefined) return place;
  return { ...place, expiresOn: days.expiresOn, daysLeft: daysLeftAt(days, at) };
}

/** Ring-fences, to be used up by one decision. Nearly always there are none. */
function copyOf(fences: ReadonlyMap<string, Map<number, number>>): Shelf["fences"] {
  return new Map([...fences].map(([channel, own]) => [channel, new Map(own)]));
}

function itemsOf({ lines }: AdmissionRequest): ReadonlySet<string> {
  return new Set(lines.flatMap(({ components }) => components.map((part): string => part.itemId)));
}
