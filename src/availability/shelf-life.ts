import { dayAt, daysBefore, daysBetween, endOfDay } from "./dated/local-time.ts";

/** Until when a lot is good, and by whose calendar. */
export type LotDays = {
  /** The last day on which it may be used. */
  readonly expiresOn: string;
  /** Of the place where it lies: a day ends there when it ends there. */
  readonly timeZone: string;
};

/** A lot at a place. */
export type LotPlace = { readonly itemId: string; readonly locationId: string; readonly lot: string };

/** Until when lots are good where they lie; those of which no day is known have none. */
export type LotDaysOf = (at: LotPlace) => LotDays | undefined;

/** How many days a lot is good for after the day of a moment: none on its last day, and fewer than none once it has expired. */
export function daysLeftAt({ expiresOn, timeZone }: LotDays, moment: number): number {
  return daysBetween(dayAt(moment, timeZone), expiresOn);
}

/** Whether a lot may not be promised any more where it must be good for so many days. One of which no day is known always may. */
export function isTooOld(daysLeft: number | undefined, minimumDays: number): boolean {
  return daysLeft !== undefined && daysLeft < minimumDays;
}

/** The moment from which on a lot is too old for whoever wants so many days of it. */
export function tooOldFrom({ expiresOn, timeZone }: LotDays, minimumDays: number): number {
  return endOfDay(daysBefore(expiresOn, minimumDays), timeZone);
}
