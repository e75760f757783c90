/** A day and a time as X12 writes them, read in the partner's time zone. */

const MINUTE_MS = 60_000;

/** Years that a date of a business document can have; others are slips of the pen. */
const YEAR_MIN = 1970;
const YEAR_MAX = 2199;

/** Formatters cost as much as a thousand dates, and there are few zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();
const FORMATTERS_MAX = 100;

/** Whether a name is a time zone that can be computed with. */
export function isTimeZone(name: string): boolean {
  try {
    return formatterOf(name).resolvedOptions().timeZone !== "";
  } catch {
    return false; // The way in which Intl says that it has no such zone.
  }
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  if (formatters.size < FORMATTERS_MAX) formatters.set(timeZone, made);
  return made;
}

/** What the clocks of a zone show at a moment, as if it were UTC. */
function wallClock(epochMs: number, timeZone: string): Date {
  const parts = new Map(
    formatterOf(timeZone)
      .formatToParts(epochMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return new Date(
    Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second")),
  );
}

/**
 * The moment at which a zone's clocks show a day and time, in RFC 3339 and UTC. Undefined when the calendar has no such day.
 * In the hour that is skipped in spring it is the moment after it, in the hour that comes twice in autumn the first one.
 *
 * @param date CCYYMMDD
 * @param time HHMM, HHMMSS or longer
 */
export function momentOf(date: string, time: string, timeZone: string): string | undefined {
  const [, year = "", month = "", day = ""] = /^(\d{4})(\d\d)(\d\d)$/.exec(date) ?? [];
  const [, hour = "", minute = "", second = "00"] =
    /^([01]\d|2[0-3])([0-5]\d)([0-5]\d)?\d{0,2}$/.exec(time) ?? [];
  if (year === "" || hour === "" || Number(year) < YEAR_MIN || Number(year) > YEAR_MAX) return undefined;
  const wanted = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(wanted) || !new Date(wanted).toISOString().startsWith(`${year}-${month}-${day}`))
    return undefined;
  const offsets = [wanted - 1_440 * MINUTE_MS, wanted + 1_440 * MINUTE_MS].map(
    (near) => wallClock(near, timeZone).getTime() - near,
  );
  const [before = 0, after = 0] = offsets;
  const fits = [wanted - before, wanted - after].find(
    (moment) => wallClock(moment, timeZone).getTime() === wanted,
  );
  return new Date(fits ?? wanted - before).toISOString().replace(".000Z", "Z");
}

/** A moment as a zone's clocks show it: CCYYMMDD and HHMM. */
export type LocalTime = { readonly date: string; readonly time: string };

/** Undefined when the moment is none, or lies outside the years of business documents. */
export function localTime(moment: Date, timeZone: string): LocalTime | undefined {
  if (Number.isNaN(moment.getTime())) return undefined;
  const shown = wallClock(moment.getTime(), timeZone);
  const year = shown.getUTCFullYear();
  if (Number.isNaN(year) || year < YEAR_MIN || year > YEAR_MAX) return undefined;
  const text = shown.toISOString();
  return { date: text.slice(0, 10).replaceAll("-", ""), time: text.slice(11, 16).replace(":", "") };
}
