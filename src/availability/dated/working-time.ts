import { Temporal } from "temporal-polyfill";
import type { Hours, LocationCalendar } from "../../governance/index.ts";
import { endOfDay } from "./local-time.ts";

/** When people work on a day at a place, and when its lorries leave. Moments are milliseconds; without `work` nobody does. */
export type WorkingDay = {
  readonly work: { readonly opens: number; readonly closes: number } | undefined;
  readonly cutOffs: readonly number[];
  /** Whether anybody has said when lorries leave; where not, they leave until the end of work. */
  readonly hasCutOffs: boolean;
};

/** Until when something has to be ready to ship by a day from a place, and what happens then. */
export type ShipBy = {
  readonly at: number;
  readonly is: "cut-off" | "end-of-work" | "end-of-day";
};

/** Days that are looked at for one on which somebody works: a year, so that one of them is any day of it. */
const DAYS_MAX = 370;
const HOUR_MS = 3_600_000;

/** The moment that a clock shows a time at a place. A time that is jumped over is the one after the jump; of one that comes twice, the first. */
function momentOf(day: Temporal.PlainDate, time: string, timeZone: string): number {
  return time === "24:00"
    ? startOf(day.add({ days: 1 }), timeZone)
    : day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
}

const startOf = (day: Temporal.PlainDate, timeZone: string): number =>
  day.toZonedDateTime(timeZone).epochMilliseconds;

const dayAt = (moment: number, timeZone: string): Temporal.PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).toPlainDate();

/** A day at a place, of what held as the day began. Nothing ships after people have gone home. */
export function workingDay(calendar: LocationCalendar, day: Temporal.PlainDate): WorkingDay {
  const { timeZone } = calendar;
  const start = startOf(day, timeZone);
  const [week, special] = [calendar.hoursAt(start), calendar.days.get(day.toString())];
  const usual: Hours | undefined =
    week === undefined ? { opens: "00:00", closes: "24:00" } : week.get(day.dayOfWeek);
  const hours = special === undefined ? usual : special.hours === "closed" ? undefined : special.hours;
  const lorries = calendar.cutOffsAt(start);
  const times = special?.cutOffs ?? lorries?.get(day.dayOfWeek) ?? [];
  const hasCutOffs = lorries !== undefined || special?.cutOffs !== undefined;
  if (hours === undefined) return { work: undefined, cutOffs: [], hasCutOffs };
  const [opens, closes] = [hours.opens, hours.closes].map((time) => momentOf(day, time, timeZone));
  // A day that a place jumps over, as Apia did when it changed sides of the date line, has no hours.
  if (opens === undefined || closes === undefined || opens >= closes) {
    return { work: undefined, cutOffs: [], hasCutOffs };
  }
  const cutOffs = times.map((time) => momentOf(day, time, timeZone)).filter((at) => at <= closes);
  return { work: { opens, closes }, cutOffs, hasCutOffs };
}

/** Days from that of a moment on, with when people work. */
function* daysFrom(calendar: LocationCalendar, moment: number): Generator<WorkingDay> {
  const first = dayAt(moment, calendar.timeZone);
  for (let step = 0; step < DAYS_MAX; step += 1) yield workingDay(calendar, first.add({ days: step }));
}

/**
 * When goods that arrive at a moment can be sold: after so many hours in which people work, or when so many working days later begins.
 * Undefined where nobody will have worked that long within a year.
 */
export function readyAfter(calendar: LocationCalendar, arrivesAt: number): number | undefined {
  const lead = calendar.dockToStockAt(arrivesAt);
  if (lead === undefined) return arrivesAt;
  let left = lead.unit === "hours" ? lead.count * HOUR_MS : lead.count;
  for (const { work } of daysFrom(calendar, arrivesAt)) {
    if (work === undefined || work.closes <= arrivesAt) continue;
    const from = Math.max(work.opens, arrivesAt);
    if (lead.unit === "days") {
      if (left === 0) return from;
      left -= 1;
      continue;
    }
    if (left <= work.closes - from) return from + left;
    left -= work.closes - from;
  }
  return undefined;
}

/**
 * Until when goods have to be ready to leave a place by a day: its last cut-off on the last day up to that on which anything ships; where
 * no cut-offs are said the end of work; where nothing is said of the place the end of the day. Undefined where nothing ships.
 */
export function shipBy(calendar: LocationCalendar, day: string): ShipBy | undefined {
  const last = Temporal.PlainDate.from(day);
  if (!calendar.isSaid) {
    return { at: endOfDay(day, calendar.timeZone), is: "end-of-day" };
  }
  for (let step = 0; step < DAYS_MAX; step += 1) {
    const { work, cutOffs, hasCutOffs } = workingDay(calendar, last.subtract({ days: step }));
    const cutOff = cutOffs.at(-1);
    if (cutOff !== undefined) return { at: cutOff, is: "cut-off" };
    if (work !== undefined && !hasCutOffs) return { at: work.closes, is: "end-of-work" };
  }
  return undefined;
}

/** The next moment at which something ships from a place; undefined where nobody has said when. */
export function nextShipping(calendar: LocationCalendar, now: number): number | undefined {
  if (!calendar.isSaid) return undefined;
  for (const { cutOffs } of daysFrom(calendar, now)) {
    const next = cutOffs.find((at) => at >= now);
    if (next !== undefined) return next;
  }
  return undefined;
}
