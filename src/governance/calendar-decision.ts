import type { MasterRecordOf } from "@crossdock/canonical";
import {
  ALWAYS,
  hoursText,
  NONE,
  readCutOffWeek,
  readHours,
  readSpecialDay,
  readTimes,
  readWorkingWeek,
  type SpecialDay,
  specialDayText,
  timesText,
  weekText,
} from "./calendar-text.ts";
import { isDay } from "./detail-decision.ts";
import { changed, created, type Fields, type MasterDecision, refused, withId } from "./master-outcome.ts";
import { courseText, type LocationState, locationNamed, type MasterState } from "./master-state.ts";
import { endsFirst, withValue } from "./measure-decision.ts";
import { nameProblem, saidOf, unknownLocation } from "./name-decision.ts";
import { type Timeline, valueAt, withPeriod } from "./timeline.ts";

/** What is said of a place's calendar, each over time by itself. Days stand beside these, as `day 2026-12-25`. */
export const CALENDAR_ABOUT = {
  workingHours: "working-hours",
  cutOffs: "cut-offs",
  dockToStock: "dock-to-stock",
} as const;
type CalendarField = keyof typeof CALENDAR_ABOUT;
const FIELDS: readonly CalendarField[] = ["workingHours", "cutOffs", "dockToStock"];

/** What a day of a calendar is kept under. */
export const DAY_PREFIX = "day ";

type Read = { readonly text: string } | { readonly problem: string };

/** Each field as it is kept: one text for each meaning. */
const READ: { readonly [Field in CalendarField]: (text: string) => Read } = {
  workingHours(said) {
    const week = readWorkingWeek(said);
    if ("problem" in week) return week;
    const text = weekText(week, hoursText);
    return { text: text === "Mon-Sun 00:00-24:00" ? ALWAYS : text };
  },
  cutOffs(said) {
    const week = readCutOffWeek(said);
    if ("problem" in week) return week;
    return { text: week.size === 0 ? NONE : weekText(week, timesText) };
  },
  dockToStock: (said) => ({ text: `${Number.parseInt(said, 10)}${said.at(-1)}` }),
};

/** Decides about the usual week of a location. Without a beginning it holds from now on, and for a place that had none, always. */
export function decideCalendar(
  state: MasterState,
  record: MasterRecordOf<"location-calendar">,
): MasterDecision {
  const place = locationNamed(state, record.location);
  if (place === undefined) return unknownLocation("calendar", record.location);
  const subject = `calendar of location ${place.code}`;
  const calendar = new Map(place.calendar);
  const [before, after]: [Record<string, string>, Record<string, string>] = [{}, {}];
  const course = (timeline: Timeline<string>) => courseText(timeline, state.now, String);
  for (const field of FIELDS) {
    const said = record[field];
    if (said === undefined) continue;
    const read = READ[field](said);
    if ("problem" in read) return refused(subject, "bad-calendar", { detail: read.problem, field });
    const about = CALENDAR_ABOUT[field];
    const old = calendar.get(about) ?? [];
    const usual = old.length === 0 ? Number.NEGATIVE_INFINITY : state.now;
    const validity = saidOf(record);
    const now = withValue(old, { said: validity, value: read.text, usual, now: state.now }, Object.is);
    if (now === undefined) return endsFirst(subject, validity, state.now);
    calendar.set(about, now);
    [before[field], after[field]] = [course(old), course(now)];
  }
  if (Object.keys(after).length === 0) {
    const detail = "Say working hours, cut-offs, or how long goods need from the dock to the shelf.";
    return refused(subject, "field-missing", { detail, field: "workingHours" });
  }
  return decided(place, { subject, before, after, calendar });
}

/** Decides about a day of a location. */
export function decideDay(state: MasterState, record: MasterRecordOf<"location-day">): MasterDecision {
  const { day, workingHours = "closed" } = record;
  const place = locationNamed(state, record.location);
  if (place === undefined) return unknownLocation(`day ${day}`, record.location);
  const subject = `${day} at location ${place.code}`;
  if (!isDay(day)) {
    return refused(subject, "bad-day", { detail: `${day} is no day of the calendar.`, field: "day" });
  }
  const about = `${DAY_PREFIX}${day}`;
  const old = place.calendar.get(about) ?? [];
  const stood = valueAt(old, state.now);
  const special = specialDay(record, stood === undefined ? undefined : readSpecialDay(stood));
  if ("problem" in special)
    return refused(subject, "bad-calendar", { detail: special.problem, field: special.field });
  const value = workingHours === "usual" ? undefined : specialDayText(special);
  const course = withPeriod(
    old,
    { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY, value },
    Object.is,
  );
  const calendar = new Map(place.calendar).set(about, course);
  return decided(place, { subject, before: { day: stood ?? "" }, after: { day: value ?? "" }, calendar });
}

function specialDay(
  { workingHours = "closed", cutOffs, name }: MasterRecordOf<"location-day">,
  stood: SpecialDay | undefined,
): SpecialDay | { readonly problem: string; readonly field: string } {
  const hours = workingHours === "closed" || workingHours === "usual" ? "closed" : readHours(workingHours);
  if (hours === undefined) {
    const problem = `${JSON.stringify(workingHours)} is neither closed, nor usual, nor hours such as 07:00-12:00.`;
    return { problem, field: "workingHours" };
  }
  const times = cutOffs === undefined ? undefined : readTimes(cutOffs);
  if (cutOffs !== undefined && (times === undefined || hours === "closed")) {
    const problem =
      hours === "closed"
        ? "Nothing ships on a day on which nobody works."
        : "Write times such as 10:00 12:00.";
    return { problem, field: "cutOffs" };
  }
  const bad =
    name === undefined ? undefined : (nameProblem(name) ?? (/[()]/.test(name) ? "has brackets" : undefined));
  if (bad !== undefined) return { problem: `The name ${bad}.`, field: "name" };
  return { hours, cutOffs: times, name: name ?? stood?.name };
}

function decided(
  place: LocationState,
  about: {
    readonly subject: string;
    readonly before: Fields;
    readonly after: Fields;
    readonly calendar: LocationState["calendar"];
  },
): MasterDecision {
  const { subject, before, after, calendar } = about;
  const change = { locations: [{ ...place, calendar }] };
  const isNew = Object.values(before).every((value) => value === "");
  const isSaid = Object.values(after).some((value) => value !== "");
  return withId(
    isNew && isSaid ? created(subject, after, change) : changed(subject, { before, after }, change),
    place.locationId,
  );
}
