import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextShipping, readyAfter, shipBy } from "../../src/availability/dated/working-time.ts";
import { toCalendar } from "../../src/governance/calendar-service.ts";
import type { LocationCalendar } from "../../src/governance/index.ts";

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;
const ALWAYS = Number.NEGATIVE_INFINITY;
/** Zones whose clocks are changed at unlike times and by unlike amounts, those farthest from each other, and some of odd minutes. */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Beirut",
  "America/Santiago",
  "Pacific/Kiritimati",
  "Etc/GMT-14",
  "Etc/GMT+12",
  "Asia/Kathmandu",
  "Pacific/Apia",
] as const;
/** Days on which, or near to which, some of them change their clocks. */
const NEAR = [
  "2026-03-08",
  "2026-03-29",
  "2026-04-05",
  "2026-09-06",
  "2026-10-04",
  "2026-10-25",
  "2026-11-01",
];

function calendarOf(timeZone: string, said: Readonly<Record<string, string>>): LocationCalendar {
  const courses = Object.entries(said).map(([about, value]) => [about, [{ from: ALWAYS, value }]] as const);
  return toCalendar(timeZone, new Map(courses));
}

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall of a place shows, by the runtime's own calendar. */
function wallAt(moment: number, timeZone: string): { day: string; weekday: string; time: string } {
  const clock =
    clocks.get(timeZone) ??
    new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone, year: "numeric", month: "2-digit", day: "2-digit", weekday: "short" },
      ...{ hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    });
  clocks.set(timeZone, clock);
  const parts = new Map(clock.formatToParts(moment).map(({ type, value }) => [type, value]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? "";
  return {
    day: `${part("year")}-${part("month")}-${part("day")}`,
    weekday: part("weekday").slice(0, 3),
    time: `${part("hour")}:${part("minute")}`,
  };
}

const oclock = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;
/** No shift begins or ends in the hours that clocks jump over or show twice: what it means then is told by the examples below. */
const shift = fc
  .tuple(fc.constantFrom(0, 4, 6, 9, 12), fc.constantFrom(13, 15, 19, 22, 24))
  .map(([opens, closes]) => ({ opens: oclock(opens), closes: oclock(closes) }));
const shifts = fc
  .array(fc.option(shift, { nil: undefined, freq: 3 }), { minLength: 7, maxLength: 7 })
  .filter((week) => week.some((each) => each !== undefined));
const moment = fc
  .tuple(fc.constantFrom(...NEAR), fc.integer({ min: -4 * 96, max: 4 * 96 }))
  .map(([day, quarters]) => Date.parse(`${day}T00:00:00Z`) + quarters * QUARTER_MS);
const zone = fc.constantFrom(...ZONES);
const holidays = fc.array(fc.constantFrom(...NEAR), { maxLength: 2 });

type Week = typeof shifts extends fc.Arbitrary<infer Value> ? Value : never;
const hoursSaid = (week: Week) =>
  week
    .flatMap((each, day) => (each === undefined ? [] : [`${WEEKDAYS[day]} ${each.opens}-${each.closes}`]))
    .join("; ");
const closed = (days: readonly string[]) => Object.fromEntries(days.map((day) => [`day ${day}`, "closed"]));

test("goods are ready after exactly so many hours in which the clock on the wall shows that people work", () => {
  fc.assert(
    fc.property(
      zone,
      fc.tuple(shifts, holidays),
      moment,
      fc.nat(40),
      (timeZone, [week, days], arrivesAt, hours) => {
        const said = { "working-hours": hoursSaid(week), "dock-to-stock": `${hours}h`, ...closed(days) };
        const readyAt = readyAfter(calendarOf(timeZone, said), arrivesAt);
        assert.ok(readyAt !== undefined);
        const works = (at: number) => {
          const { day, weekday, time } = wallAt(at, timeZone);
          const own = days.includes(day) ? undefined : week[WEEKDAYS.indexOf(weekday)];
          return own !== undefined && own.opens <= time && time < own.closes;
        };
        let worked = 0;
        for (let at = arrivesAt; at < readyAt; at += QUARTER_MS) worked += works(at) ? QUARTER_MS : 0;
        assert.equal(worked, hours * HOUR_MS);
        assert.ok(hours > 0 ? works(readyAt - QUARTER_MS) : works(readyAt), "not a moment later than that");
      },
    ),
    { numRuns: 150 },
  );
});

test("after working days goods are ready as one begins, and what arrives later is never ready earlier", () => {
  const lead = fc.tuple(fc.nat(4), fc.constantFrom("d", "h")).map(([count, unit]) => `${count}${unit}`);
  fc.assert(
    fc.property(zone, shifts, lead, fc.tuple(moment, moment), (timeZone, week, dockToStock, both) => {
      const said = { "working-hours": hoursSaid(week), "dock-to-stock": dockToStock };
      const calendar = calendarOf(timeZone, said);
      const [first = 0, second = 0] = both.toSorted((a, b) => a - b);
      const [one = 0, other = 0] = [readyAfter(calendar, first), readyAfter(calendar, second)];
      assert.ok(first <= one && one <= other, `${first} → ${one}, ${second} → ${other}`);
      if (dockToStock.endsWith("d") && dockToStock !== "0d") {
        const { weekday, time } = wallAt(one, timeZone);
        const opens = week[WEEKDAYS.indexOf(weekday)]?.opens;
        // At midnight of the days on which the clock jumps over it, a place opens when the day begins.
        assert.ok(time === opens || (opens === "00:00" && time === "01:00"), `${time} is not ${opens}`);
      }
    }),
    { numRuns: 200 },
  );
});

test("what ships by a day leaves at a cut-off, and at no later one is it still that day", () => {
  const lorries = fc.array(fc.constantFrom(5, 8, 11, 16, 22), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(zone, shifts, lorries, fc.constantFrom(...NEAR), (timeZone, week, hours, day) => {
      const times = [...new Set(hours.map(oclock))].toSorted();
      const said = { "working-hours": hoursSaid(week), "cut-offs": `Mon-Sun ${times.join(" ")}` };
      const calendar = calendarOf(timeZone, said);
      const last = shipBy(calendar, day);
      const isWorked = week.some((each) => each !== undefined && times.some((time) => time <= each.closes));
      assert.equal(last !== undefined, isWorked);
      if (last === undefined) return;
      assert.equal(last.is, "cut-off");
      const shown = wallAt(last.at, timeZone);
      assert.ok(shown.day <= day && times.includes(shown.time), `${shown.day} ${shown.time}`);
      assert.ok(week[WEEKDAYS.indexOf(shown.weekday)] !== undefined, "somebody works then");
      assert.equal(nextShipping(calendar, last.at), last.at);
      const next = nextShipping(calendar, last.at + 1);
      assert.ok(next === undefined || wallAt(next, timeZone).day > day);
    }),
    { numRuns: 200 },
  );
});

test("a time that the clock jumps over is after the jump, one that it shows twice is the first, and a day that there was not has no hours", () => {
  const nightly = calendarOf("Europe/Berlin", { "cut-offs": "Sun 02:30" });
  const at = (day: string) => new Date(shipBy(nightly, day)?.at ?? 0).toISOString();
  assert.equal(at("2026-03-29"), "2026-03-29T01:30:00.000Z");
  assert.equal(at("2026-10-25"), "2026-10-25T00:30:00.000Z");
  const apia = calendarOf("Pacific/Apia", { "working-hours": "Mon-Sun 08:00-17:00", "dock-to-stock": "1d" });
  // Apia went from the 29th to the 31st of December 2011.
  const arrived = Date.parse("2011-12-29T20:00:00Z");
  assert.equal(new Date(readyAfter(apia, arrived) ?? 0).toISOString(), "2011-12-30T18:00:00.000Z");
});

test("where nothing is said a day ends when it ends at the place, also where the clock is changed, and goods are ready when they come", () => {
  const cases = [
    ["2026-03-28", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
    ["2026-03-29", "Europe/Berlin", "2026-03-29T22:00:00.000Z"],
    ["2026-10-25", "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
    ["2026-03-06", "America/Los_Angeles", "2026-03-07T08:00:00.000Z"],
    // There is no midnight on that day: the clock goes from 23:59 to 1:00.
    ["2026-03-28", "Asia/Beirut", "2026-03-28T22:00:00.000Z"],
    ["2026-03-28", "Pacific/Kiritimati", "2026-03-28T10:00:00.000Z"],
    ["2026-03-28", "Etc/GMT+12", "2026-03-29T12:00:00.000Z"],
  ] as const;
  for (const [day, timeZone, end] of cases) {
    const calendar = calendarOf(timeZone, {});
    const last = shipBy(calendar, day);
    assert.deepEqual([new Date(last?.at ?? 0).toISOString(), last?.is], [end, "end-of-day"], timeZone);
    assert.equal(readyAfter(calendar, 12_345), 12_345);
    assert.equal(nextShipping(calendar, 0), undefined);
  }
});

test("where nobody ever works nothing is ready and nothing ships, and where no lorries are said they leave until the end of work", () => {
  const never = calendarOf("UTC", {
    "working-hours": "Mon 08:00-09:00",
    "cut-offs": "Tue 08:00",
    "dock-to-stock": "200h",
  });
  assert.deepEqual(
    [readyAfter(never, 0), shipBy(never, "2026-03-02"), nextShipping(never, 0)],
    [undefined, undefined, undefined],
  );
  const plain = calendarOf("UTC", {
    "working-hours": "Mon-Fri 08:00-17:00",
    "day 2026-03-06": "08:00-12:00",
  });
  const end = (day: string) => new Date(shipBy(plain, day)?.at ?? 0).toISOString();
  assert.deepEqual(
    [end("2026-03-05"), end("2026-03-08")],
    ["2026-03-05T17:00:00.000Z", "2026-03-06T12:00:00.000Z"],
  );
});
