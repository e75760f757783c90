import type { Queryable, Transaction } from "../platform/index.ts";
import { CALENDAR_ABOUT, DAY_PREFIX } from "./calendar-decision.ts";
import {
  type CalendarPoint,
  deleteCalendarPoints,
  selectCalendarPoints,
  upsertCalendarPoints,
} from "./calendar-store.ts";
import {
  type DockToStock,
  type Hours,
  readCutOffWeek,
  readDockToStock,
  readSpecialDay,
  readWorkingWeek,
  type SpecialDay,
  type Week,
} from "./calendar-text.ts";
import type { PointsToStore } from "./change-service.ts";
import { momentOf } from "./master.ts";
import { toMoment } from "./resolve.ts";
import { selectLocations } from "./store.ts";
import { type Period, type Point, periodsOf, type Timeline, valueAt } from "./timeline.ts";

/** When people work at a place, when its lorries leave, and how long goods need there, by its own clock. */
export type LocationCalendar = {
  readonly timeZone: string;
  /** Whether anything was ever said; where nothing was, days end at midnight and goods can be sold when they arrive. */
  readonly isSaid: boolean;
  /** What holds at a moment, in milliseconds. Undefined: it was not said. */
  hoursAt(moment: number): Week<Hours> | undefined;
  cutOffsAt(moment: number): Week<readonly string[]> | undefined;
  dockToStockAt(moment: number): DockToStock | undefined;
  /** Days that are not as their weekdays are. */
  readonly days: ReadonlyMap<string, SpecialDay>;
};

/** What is said of places, by place and by what it is about. */
export type CalendarCourses = ReadonlyMap<string, ReadonlyMap<string, Timeline<string>>>;

/** Reads all that is said of the calendars of places. */
export async function readCalendarCourses(
  queryable: Queryable,
  locationIds: readonly string[],
): Promise<CalendarCourses> {
  const places = Map.groupBy(await selectCalendarPoints(queryable, locationIds), (row) => row.location_id);
  return new Map([...places].map(([place, rows]) => [place, coursesOf(rows)]));
}

function coursesOf(rows: readonly CalendarPoint[]): ReadonlyMap<string, Timeline<string>> {
  const abouts = Map.groupBy(rows, ({ about }) => about);
  const toPoint = ({ from_ms, said }: CalendarPoint): Point<string> => ({
    from: toMoment(from_ms),
    value: said ?? undefined,
  });
  return new Map([...abouts].map(([about, points]) => [about, points.map(toPoint)]));
}

/** The calendars of those of the places that exist. */
export async function readCalendars(
  queryable: Queryable,
  locationIds: readonly string[],
): Promise<ReadonlyMap<string, LocationCalendar>> {
  const wanted = [...new Set(locationIds)];
  const [places, courses] = await Promise.all([
    selectLocations(queryable, wanted),
    readCalendarCourses(queryable, wanted),
  ]);
  return new Map(
    places.map((row) => [
      row.location_id,
      toCalendar(row.time_zone, courses.get(row.location_id) ?? new Map()),
    ]),
  );
}

/** A calendar out of what is said of it. Texts were checked when they were stated. */
export function toCalendar(
  timeZone: string,
  courses: ReadonlyMap<string, Timeline<string>>,
): LocationCalendar {
  const about = <Value>(name: string, read: (text: string) => Value) =>
    courses
      .get(name)
      ?.map(({ from, value }) => ({ from, value: value === undefined ? undefined : read(value) })) ?? [];
  const hours = about(CALENDAR_ABOUT.workingHours, (text) => weekOf(readWorkingWeek(text)));
  const cutOffs = about(CALENDAR_ABOUT.cutOffs, (text) => weekOf(readCutOffWeek(text)));
  const dockToStock = about(CALENDAR_ABOUT.dockToStock, readDockToStock);
  const days = [...courses].flatMap(([name, course]): [string, SpecialDay][] => {
    const said = name.startsWith(DAY_PREFIX) ? course.at(-1)?.value : undefined;
    return said === undefined ? [] : [[name.slice(DAY_PREFIX.length), readSpecialDay(said)]];
  });
  return {
    timeZone,
    isSaid: courses.size > 0,
    hoursAt: (moment) => valueAt(hours, moment),
    cutOffsAt: (moment) => valueAt(cutOffs, moment),
    dockToStockAt: (moment) => valueAt(dockToStock, moment),
    days: new Map(days),
  };
}

/** A place of which nothing is said. */
export const usualCalendar = (timeZone: string): LocationCalendar => toCalendar(timeZone, new Map());

const weekOf = <Value>(read: Week<Value> | { readonly problem: string }): Week<Value> =>
  "problem" in read ? new Map() : read;

/** Stores what is said of calendars. A key is a place and what it is about. Must have the turn. */
export async function storeCalendars(
  tx: Transaction,
  { removed, put }: PointsToStore<string>,
): Promise<void> {
  const columns = (points: readonly { readonly key: readonly string[]; readonly from: number }[]) => ({
    locationIds: points.map(({ key }) => key[0] ?? ""),
    abouts: points.map(({ key }) => key[1] ?? ""),
    froms: points.map(({ from }) => momentOf(from)),
  });
  if (removed.length > 0) await deleteCalendarPoints(tx, columns(removed));
  if (put.length > 0) {
    await upsertCalendarPoints(tx, { ...columns(put), said: put.map(({ value }) => value ?? null) });
  }
}

/** One thing that is said of a place, and when it holds. */
export type CalendarSaid = {
  readonly about: string;
  readonly said: string;
  readonly validFrom?: string;
  readonly validTo?: string;
};

/** All that is said of a place's calendar, for people; undefined when there is no such place. */
export async function readWholeCalendar(
  queryable: Queryable,
  locationId: string,
): Promise<{ readonly timeZone: string; readonly said: readonly CalendarSaid[] } | undefined> {
  const [place] = await selectLocations(queryable, [locationId]);
  if (place === undefined) return undefined;
  const courses = (await readCalendarCourses(queryable, [locationId])).get(locationId) ?? new Map();
  const said = [...courses].flatMap(([about, course]: [string, Timeline<string>]) =>
    periodsOf(course).map((period) => ({ about, said: period.value, ...told(period) })),
  );
  return { timeZone: place.time_zone, said };
}

const told = ({ from, to }: Period) => ({
  ...(Number.isFinite(from) ? { validFrom: new Date(from).toISOString() } : {}),
  ...(Number.isFinite(to) ? { validTo: new Date(to).toISOString() } : {}),
});
