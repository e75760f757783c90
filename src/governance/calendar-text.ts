/** Hours of a day by the clock of a place, as `07:00` to `19:00`. The end may be `24:00`. */
export type Hours = { readonly opens: string; readonly closes: string };

/** Days of the week, Monday first, as ISO 8601 numbers them from 1. */
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** What holds on each day of a week, by its number; days that are missing have nothing. */
export type Week<Value> = ReadonlyMap<number, Value>;

/** How long goods need from the dock to the shelf: hours in which people work, or days on which they do. */
export type DockToStock = { readonly count: number; readonly unit: "hours" | "days" };

/** A day that is not as its weekday is. Without cut-offs those of the weekday hold. */
export type SpecialDay = {
  readonly hours: Hours | "closed";
  readonly cutOffs: readonly string[] | undefined;
  readonly name: string | undefined;
};

/** Somebody works every hour of every day. */
export const ALWAYS = "always";
/** No lorry leaves at a time that anybody has said. */
export const NONE = "none";

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const ALL_DAY: Hours = { opens: "00:00", closes: "24:00" };

/** Hours as they are written; undefined where they are no hours. What ends the next day is written as two days. */
export function readHours(text: string): Hours | undefined {
  const [opens = "", closes = "", ...more] = text.split("-").map((part) => part.trim());
  const isTime = TIME.test(opens) && (TIME.test(closes) || closes === "24:00") && more.length === 0;
  return isTime && opens < closes ? { opens, closes } : undefined;
}

/** Times of a day as they are written, in their order; undefined where one is no time. */
export function readTimes(text: string): readonly string[] | undefined {
  const times = text.split(/[\s,]+/).filter((part) => part !== "");
  return times.length > 0 && times.every((time) => TIME.test(time))
    ? [...new Set(times)].toSorted()
    : undefined;
}

function numberOf(day: string): number {
  return DAYS.findIndex((name) => name.toLowerCase() === day.trim().toLowerCase()) + 1;
}

/** The days that `Mon-Fri`, `Mon,Wed` or `Sat` mean; undefined where one is no day. A range may go over the end of the week. */
function readDays(text: string): readonly number[] | undefined {
  const days: number[] = [];
  for (const part of text.split(",")) {
    const [first = 0, last = first, ...more] = part.split("-").map(numberOf);
    if (first === 0 || last === 0 || more.length > 0) return undefined;
    for (let step = 0; step <= (last - first + 7) % 7; step += 1) days.push(((first - 1 + step) % 7) + 1);
  }
  return days;
}

/** A plan such as `Mon-Fri 07:00-19:00; Sat 08:00-12:00`; or why it is none. A day is said once. */
function readWeek<Value>(
  text: string,
  readValue: (text: string) => Value | undefined,
): Week<Value> | { readonly problem: string } {
  const week = new Map<number, Value>();
  for (const entry of text.split(";").map((part) => part.trim())) {
    if (entry === "") continue;
    const [, days = "", rest = ""] = /^([A-Za-z][A-Za-z,\s-]*?)(?:\s+(\d.*))?$/.exec(entry) ?? [];
    const [numbers, value] = [readDays(days), readValue(rest.trim())];
    if (numbers === undefined)
      return { problem: `${JSON.stringify(entry)} names no days such as Mon-Fri or Mon,Wed.` };
    if (value === undefined) return { problem: `${JSON.stringify(entry)} has no times that are right.` };
    for (const day of numbers) {
      if (week.has(day)) return { problem: `${DAYS[day - 1]} is said twice.` };
      week.set(day, value);
    }
  }
  return week.size === 0 ? { problem: "It names no day." } : week;
}

/** The hours of a week. Days without hours are worked all day, days that are not named not at all. */
export function readWorkingWeek(text: string): Week<Hours> | { readonly problem: string } {
  if (text.trim().toLowerCase() === ALWAYS) return new Map(DAYS.map((_, index) => [index + 1, ALL_DAY]));
  return readWeek(text, (hours) => (hours === "" ? ALL_DAY : readHours(hours)));
}

/** The cut-offs of a week. */
export function readCutOffWeek(text: string): Week<readonly string[]> | { readonly problem: string } {
  return text.trim().toLowerCase() === NONE ? new Map() : readWeek(text, readTimes);
}

/** How long goods need from the dock to the shelf; what is stored has the right form. */
export function readDockToStock(text: string): DockToStock {
  return { count: Number.parseInt(text, 10), unit: text.endsWith("d") ? "days" : "hours" };
}

/** One text for each week, so that two plans mean the same exactly when they are equal. */
export function weekText<Value>(week: Week<Value>, valueText: (value: Value) => string): string {
  const said = DAYS.flatMap((name, index) => {
    const value = week.get(index + 1);
    return value === undefined ? [] : [{ day: index + 1, name, text: valueText(value) }];
  });
  const runs: { first: string; last: string; day: number; text: string }[] = [];
  for (const { day, name, text } of said) {
    const run = runs.at(-1);
    if (run !== undefined && run.day === day - 1 && run.text === text)
      Object.assign(run, { last: name, day });
    else runs.push({ first: name, last: name, day, text });
  }
  return runs
    .map(({ first, last, text }) => `${first === last ? first : `${first}-${last}`} ${text}`)
    .join("; ");
}

export const hoursText = ({ opens, closes }: Hours): string => `${opens}-${closes}`;
export const timesText = (times: readonly string[]): string => times.join(" ");

/** A day that is not as its weekday is, in one line. */
export function specialDayText({ hours, cutOffs, name }: SpecialDay): string {
  return [
    hours === "closed" ? hours : hoursText(hours),
    ...(cutOffs === undefined ? [] : [`until ${timesText(cutOffs)}`]),
    ...(name === undefined ? [] : [`(${name})`]),
  ].join(" ");
}

/** The same read again. */
export function readSpecialDay(text: string): SpecialDay {
  const [, hours = "", times, name] = /^(\S+)(?: until ([\d: ]+?))?(?: \((.*)\))?$/.exec(text) ?? [];
  return {
    hours: readHours(hours) ?? "closed",
    cutOffs: times === undefined ? undefined : readTimes(times),
    name,
  };
}
