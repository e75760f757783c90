import type { FactData } from "@crossdock/canonical";
import type { PastTransfer } from "../../ledger/index.ts";
import type { AskedRow } from "../asked-store.ts";
import { distinct, type Gathered, nameOf, requestOf, saidOf, startsAgain, toRequest } from "./gathered.ts";
import type { Ask, Change, EarlyLeft, Happening, LineOfAsk } from "./happening.ts";

/** A fact that says of a transfer what the ledger does not know. */
export type FactOfTransfer =
  | {
      readonly type: "StockReserved";
      readonly data: FactData<"StockReserved">;
      readonly correlationId: string;
    }
  | { readonly type: "other"; readonly channelId: string | undefined };

/** Something that moved no stock. */
export type Aside =
  | Extract<Happening, { readonly kind: "rules" | "told" }>
  | {
      readonly kind: "extended";
      readonly at: number;
      readonly reservationId: string;
      readonly until: number;
    };

/** What is read of the past at a time: whatever else happened before the last of the transfers is among it. */
export type PastPage = {
  readonly transfers: readonly PastTransfer[];
  readonly factOf: (eventNumber: number) => FactOfTransfer | undefined;
  readonly asked: readonly AskedRow[];
  /** In the order of their time. */
  readonly aside: readonly Aside[];
  /** Whose the reservations of before the window are, where they give back to a ring-fence. */
  readonly channelOf: (reservationId: string) => string | undefined;
};

/**
 * Turns what was recorded into what happened, in the order in which it was decided: of one position the order of its transfers, which were
 * posted under its lock. A request stands where its promises were made; one that was refused, where the ledger stood then.
 */
export type History = {
  take(page: PastPage): readonly Happening[];
  /** What is left when all pages were taken. */
  end(): readonly Happening[];
};

type Known = { readonly of: LineOfAsk; left: number };

/** Opens the history of a window. `startedHolds`: holds of before it that end by the clock. */
export function openHistory(startedHolds: ReadonlySet<string>): History {
  return new Past(startedHolds);
}

/** Reasons for which a promise gives units back. */
const GIVING_BACK: ReadonlySet<string> = new Set(["release", "reduce", "expire", "settle", "replace"]);

class Past implements History {
  readonly #startedHolds: ReadonlySet<string>;
  readonly #promises = new Map<string, Known>();
  readonly #early = new Map<string, { readonly positionId: number; units: number }>();
  readonly #refusedNext: AskedRow[] = [];
  readonly #byEvent = new Map<number, AskedRow>();
  readonly #afterEvent = new Map<number, AskedRow[]>();
  readonly #aside: Aside[] = [];
  #gathered: Gathered | undefined;
  /** Reservations that are made on the page at hand. */
  #soonMade: ReadonlySet<string> = new Set();
  #asks = 0;
  #out: Happening[] = [];

  constructor(startedHolds: ReadonlySet<string>) {
    this.#startedHolds = startedHolds;
  }

  take(page: PastPage): readonly Happening[] {
    for (const row of page.asked) this.#expect(row);
    this.#aside.push(...page.aside);
    this.#soonMade = new Set(
      page.transfers.flatMap((each) => (isMaking(each) ? (each.reservation_id ?? []) : [])),
    );
    for (const transfer of page.transfers) this.#takeTransfer(transfer, page);
    return this.#emitted();
  }

  end(): readonly Happening[] {
    this.#finish();
    for (const row of this.#refusedNext.splice(0)) this.#emitAsked(row);
    this.#playAside(Number.POSITIVE_INFINITY);
    return this.#emitted();
  }

  #emitted(): readonly Happening[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #expect(row: AskedRow): void {
    if (row.event_numbers.length > 0) {
      for (const number of row.event_numbers) this.#byEvent.set(number, row);
    } else if (row.after_event !== null) {
      const known = this.#afterEvent.get(row.after_event);
      if (known === undefined) this.#afterEvent.set(row.after_event, [row]);
      else known.push(row);
    } else this.#refusedNext.push(row);
  }

  #takeTransfer(transfer: PastTransfer, page: PastPage): void {
    const fact = page.factOf(transfer.event_number);
    const made = fact?.type === "StockReserved" && isMaking(transfer) ? fact : undefined;
    if (made !== undefined && made.data.cameFrom === undefined) {
      const row = this.#byEvent.get(transfer.event_number);
      const name = row === undefined ? nameOf(made, transfer) : `kept ${row.asked_number}`;
      const part = { transfer, reserved: made.data, correlationId: made.correlationId };
      if (this.#gathered?.name === name && !startsAgain(this.#gathered, part)) {
        this.#gathered.parts.push(part);
        return;
      }
      this.#before(transfer);
      this.#gathered = { name, row, parts: [part] };
      return;
    }
    this.#before(transfer);
    if (made !== undefined) this.#madeElsewhere(made.data, transfer);
    else this.#moved(transfer, fact, page);
  }

  /** Lets everything happen that happened before a transfer. */
  #before({ transfer_id: id, recorded_at: at }: PastTransfer): void {
    this.#finish();
    let refused = this.#refusedNext[0];
    while (refused !== undefined && refused.transfer_after < id) {
      this.#refusedNext.shift();
      this.#emitAsked(refused);
      refused = this.#refusedNext[0];
    }
    this.#playAside(at.getTime());
  }

  #playAside(at: number): void {
    while (this.#aside[0] !== undefined && this.#aside[0].at < at) {
      const aside = this.#aside.shift();
      if (aside === undefined) return;
      if (aside.kind !== "extended") this.#out.push(aside);
      else {
        const of = this.#promises.get(aside.reservationId)?.of;
        if (of !== undefined) this.#out.push({ kind: "kept-on", at: aside.at, of, until: aside.until });
      }
    }
  }

  /** Tells of the request of which the promises were gathered, and of those that were refused right after it. */
  #finish(): void {
    const gathered = this.#gathered;
    this.#gathered = undefined;
    if (gathered === undefined) return;
    const ask = this.#askOf(gathered);
    this.#out.push({ kind: "asked", at: ask.at, ask });
    for (const number of new Set(gathered.parts.map(({ transfer }) => transfer.event_number))) {
      this.#byEvent.delete(number);
      const after = this.#afterEvent.get(number) ?? [];
      this.#afterEvent.delete(number);
      for (const row of after) this.#emitAsked(row);
    }
  }

  #askOf({ row, parts }: Gathered): Ask {
    this.#asks += 1;
    const ask = this.#asks;
    const early: EarlyLeft[] = [];
    const units = new Map<string, number>();
    for (const { transfer, reserved } of parts) {
      const { reservationId, lineId, itemId } = reserved;
      if (!this.#promises.has(reservationId)) {
        this.#promises.set(reservationId, { of: { ask, lineId, itemId }, left: reserved.quantity });
        const left = this.#early.get(reservationId);
        if (left !== undefined) early.push({ lineId, ...left });
        this.#early.delete(reservationId);
      }
      units.set(reservationId, (units.get(reservationId) ?? 0) + transfer.quantity);
    }
    const live = distinct(parts).map(({ transfer, reserved }) => ({
      reservationId: reserved.reservationId,
      lineId: reserved.lineId,
      itemId: reserved.itemId,
      positionId: transfer.to_position_id,
      units: reserved.quantity,
    }));
    const [first] = parts;
    if (first === undefined) throw new Error(`request ${ask} of the window has no promise`);
    const at = first.transfer.effective_at.getTime();
    const said = row === undefined ? requestOf(parts) : { request: toRequest(row), ...saidOf(row) };
    return { ...{ ask, at, early, live }, correlationId: first.correlationId, ...said };
  }

  #emitAsked(row: AskedRow): void {
    for (let each = 0; each < row.times; each += 1) {
      this.#asks += 1;
      const at = row.decided_at.getTime();
      const ask: Ask = {
        ...{ ask: this.#asks, at, correlationId: row.correlation_id, early: [], live: [] },
        request: toRequest(row),
        ...saidOf(row),
      };
      this.#out.push({ kind: "asked", at, ask });
    }
  }

  #madeElsewhere(reserved: FactData<"StockReserved">, transfer: PastTransfer): void {
    const { reservationId, cameFrom = "", quantity: left } = reserved;
    const of = this.#promises.get(cameFrom)?.of;
    if (of !== undefined) this.#promises.set(reservationId, { of, left });
    const units = transfer.from_status === "available" ? transfer.quantity : 0;
    const at = transfer.effective_at.getTime();
    const positionId = transfer.to_position_id;
    this.#out.push({ kind: "promised-elsewhere", at, of, from: cameFrom, positionId, units });
  }

  #moved(transfer: PastTransfer, fact: FactOfTransfer | undefined, page: PastPage): void {
    const { reason, reservation_id: reservationId, quantity: units } = transfer;
    const at = transfer.recorded_at.getTime();
    const known = reservationId === null ? undefined : this.#promises.get(reservationId);
    const of = known?.of;
    if (reservationId !== null && GIVING_BACK.has(reason)) {
      this.#givenBack(transfer, reservationId, page);
      return;
    }
    if (reason === "restore") {
      if (known !== undefined) known.left += units;
      this.#out.push({ kind: "kept-again", at, of, positionId: transfer.to_position_id, units });
      return;
    }
    if (reason === "allocate") {
      if (of !== undefined) this.#out.push({ kind: "kept-on", at, of, until: undefined });
      return;
    }
    if (reason === "ring-fence" || reason === "give-back") {
      this.#setAside(transfer, fact, at);
      return;
    }
    this.#happened(transfer, known, at);
  }

  /** What is done to stock on the floor; what was promised of it leaves its promise. */
  #happened(transfer: PastTransfer, known: Known | undefined, at: number): void {
    const { from_status: from, from_position_id: positionId, quantity: units } = transfer;
    const changes = changesOf(transfer);
    if (changes.length > 0) this.#out.push({ kind: "moved", at, changes, of: known?.of });
    if (known !== undefined && (from === "held" || from === "allocated")) {
      this.#out.push({ kind: "used", at, of: known.of, positionId, units });
      known.left -= units;
    }
  }

  #givenBack(transfer: PastTransfer, reservationId: string, { channelOf }: PastPage): void {
    const { reason, quantity: units, to_position_id: positionId } = transfer;
    const at = transfer.effective_at.getTime();
    const known = this.#promises.get(reservationId);
    // Holds run out by the clock of whoever plays: of those that were promised here, and of those that stood at the beginning.
    if (reason === "expire" && (known !== undefined || this.#startedHolds.has(reservationId))) return;
    if (known === undefined && (reason === "settle" || reason === "replace") && this.#isEarly(transfer))
      return;
    const isFenced = transfer.to_status === "channel-reserved";
    const fence = isFenced ? channelOf(reservationId) : undefined;
    if (known === undefined && isFenced && fence === undefined) return;
    const of = known?.of;
    if (known !== undefined) known.left -= units;
    this.#out.push({ kind: "given-back", at, of, reservationId, positionId, units, fence });
  }

  /** Notes what had left for a promise that is about to be made; says whether it is that. */
  #isEarly({ reservation_id: id, quantity: units, to_position_id: positionId }: PastTransfer): boolean {
    if (id === null || !this.#soonMade.has(id)) return false;
    const known = this.#early.get(id);
    this.#early.set(id, { positionId, units: units + (known?.units ?? 0) });
    return true;
  }

  #setAside(transfer: PastTransfer, fact: FactOfTransfer | undefined, at: number): void {
    const channelId = fact?.type === "other" ? fact.channelId : undefined;
    if (channelId === undefined) {
      this.#out.push({ kind: "moved", at, changes: changesOf(transfer), of: undefined });
      return;
    }
    const { quantity, to_position_id: positionId } = transfer;
    const units = transfer.to_status === "channel-reserved" ? quantity : -quantity;
    this.#out.push({ kind: "set-aside", at, channelId, positionId, units });
  }
}

const isMaking = ({ reason, from_status: from }: PastTransfer): boolean =>
  (reason === "reserve" || reason === "allocate") && (from === "available" || from === "channel-reserved");

function changesOf(transfer: PastTransfer): readonly Change[] {
  const { from_position_id: from, to_position_id: to, quantity: units } = transfer;
  return [
    ...(transfer.from_status === "available" ? [{ positionId: from, units: -units }] : []),
    ...(transfer.to_status === "available" ? [{ positionId: to, units }] : []),
  ];
}
