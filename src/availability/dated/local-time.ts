import { Temporal } from "temporal-polyfill";

const DAY_MS = 86_400_000;

/** When a day is over at a place: its next midnight there, or where a clock jumps over that, the first moment of the next day. */
export function endOfDay(day: string, timeZone: string): number {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds;
}

/** When a day begins at a place: midnight there, or where a clock jumps over that, what comes after it. */
export function startOfDay(day: string, timeZone: string): number {
  return Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds;
}

/** Which day it is at a place. */
export function dayAt(moment: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone).toPlainDate().toString();
}

/** Days from one day to another; negative where that was before it. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** The day so many days before another. */
export function daysBefore(day: string, days: number): string {
  return Temporal.PlainDate.from(day).subtract({ days }).toString();
}

/** Whether there is such a day: the form alone lets 31 February pass. */
export function isDay(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text, { overflow: "reject" }).toString() === text;
  } catch {
    return false;
  }
}

/** The hours of the time near to a moment, and beyond them the beginnings of days in a zone, up to a horizon. */
export function momentsAhead(
  now: number,
  ahead: { readonly nearHours: number; readonly horizonDays: number; readonly timeZone: string },
): readonly number[] {
  const start = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(ahead.timeZone);
  const hours = Array.from({ length: ahead.nearHours + 1 }, (_, hour) => start.add({ hours: hour }));
  const near = start.add({ hours: ahead.nearHours });
  const days = Array.from({ length: ahead.horizonDays }, (_, day) =>
    start.startOfDay().add({ days: day + 1 }),
  );
  const beyond = days.filter((day) => Temporal.ZonedDateTime.compare(day, near) > 0);
  return [...hours, ...beyond].map((each) => each.epochMilliseconds);
}
