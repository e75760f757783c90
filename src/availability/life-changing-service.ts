import type { Fact, Reservation, ReservationRefusal } from "@crossdock/canonical";
import type { KeepAnswer, Transaction } from "../platform/index.ts";
import type { AdmissionDeps } from "./admission-entry.ts";
import type { NotDone } from "./life.ts";
import type { LifeRow } from "./life-change-store.ts";
import { asOf, type LifeDeps, type StepOptions, toReservation } from "./life-service.ts";
import type { RuleBook } from "./rules/book.ts";

/** How a change went. `already`: it had been made before, or there was nothing to do. */
export type ChangeAnswer =
  | {
      readonly done: true;
      readonly already: boolean;
      readonly reservation: Reservation;
      /** What came of it: what was split off, or what was taken at the other place. */
      readonly made: readonly Reservation[];
    }
  | NotDone;

export type ChangeOptions = Pick<StepOptions, "reason" | "correlationId"> & {
  /** Is given what was done in the transaction that does it, and no refusal. */
  readonly keep?: KeepAnswer<ChangeAnswer>;
};

export type ChangeDeps = LifeDeps &
  Pick<AdmissionDeps, "ids" | "load" | "seenQueues"> & {
    readonly ledger: AdmissionDeps["ledger"] & LifeDeps["ledger"];
    readonly book: () => Promise<RuleBook>;
    /** How long a channel's holds may last in all, extended however often. */
    readonly holdMsMax: (channelId: string) => Promise<number>;
  };

/** What every change is given. */
export type Changing = {
  readonly deps: ChangeDeps;
  readonly tx: Transaction;
  readonly row: LifeRow;
  readonly options: ChangeOptions;
  readonly now: Date;
};

/** A change that turned out to be impossible after something of it was written: the transaction is given up for it. */
export class Withdrawn extends Error {
  readonly refused: ReservationRefusal;
  constructor(refused: ReservationRefusal) {
    super(refused.message);
    this.name = "Withdrawn";
    this.refused = refused;
  }
}

export const already = (row: LifeRow, now: Date, made: readonly LifeRow[]): ChangeAnswer => ({
  done: true,
  already: true,
  reservation: toReservation(asOf(row, now)),
  made: made.map((each) => toReservation(asOf(each, now))),
});

export const done = (row: LifeRow, made: readonly Reservation[] = []): ChangeAnswer => ({
  done: true,
  already: false,
  reservation: toReservation(row),
  made,
});

export const own = (fact: Fact, { correlationId }: ChangeOptions, at: Date) => ({ fact, at, correlationId });
