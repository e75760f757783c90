import assert from "node:assert/strict";
import { test } from "node:test";
import type { MasterRecord } from "@crossdock/canonical";
import fc from "fast-check";
import {
  hoursText,
  readCutOffWeek,
  readSpecialDay,
  readWorkingWeek,
  specialDayText,
  timesText,
  weekText,
} from "../../src/governance/calendar-text.ts";
import { createGovernance } from "../../src/governance/index.ts";
import { manualClock } from "../support/clock.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const clock = manualClock();
const governance = createGovernance({ database, clock });
clock.set(new Date("2026-03-02T08:00:00Z"));
await governance.saveLocations([
  { locationId: "wh-1", code: "BER", name: "Berlin", type: "warehouse", timeZone: "Europe/Berlin" },
]);
const ber = { scheme: "code", value: "BER" };
const changer = { by: "test" };

const calendar = (more: object): MasterRecord => ({ kind: "location-calendar", location: ber, ...more });
const day = (on: string, more: object = {}): MasterRecord => ({
  kind: "location-day",
  location: ber,
  day: on,
  ...more,
});
const outcomes = async (...records: readonly MasterRecord[]) =>
  (await governance.stateMaster(records, changer)).map((each) =>
    "reason" in each ? each.reason : each.outcome,
  );
const said = async () => (await governance.calendarWhole("wh-1"))?.said.map((each) => ({ ...each }));

test("a calendar is said over time, once in one form however it was written, and told with its periods", async () => {
  assert.deepEqual(
    await outcomes(calendar({ workingHours: "mon, Tue,Wed-Fri 07:00-19:00;Sat 8:00-12:00" })),
    ["bad-calendar"],
  );
  assert.deepEqual(
    await outcomes(
      calendar({ workingHours: "mon, Tue,Wed-Fri 07:00-19:00;Sat 08:00-12:00", dockToStock: "04h" }),
    ),
    ["created"],
  );
  assert.deepEqual(await outcomes(calendar({ workingHours: "Mon-Fri 07:00-19:00; Sat 08:00-12:00" })), [
    "unchanged",
  ]);
  const from = "2026-04-01T00:00:00.000Z";
  assert.deepEqual(
    await outcomes(calendar({ cutOffs: "Mon-Fri 16:00 11:00", dockToStock: "1d", validFrom: from })),
    ["changed"],
  );
  assert.deepEqual(await said(), [
    { about: "cut-offs", said: "Mon-Fri 11:00 16:00", validFrom: from },
    { about: "dock-to-stock", said: "4h", validTo: from },
    { about: "dock-to-stock", said: "1d", validFrom: from },
    { about: "working-hours", said: "Mon-Fri 07:00-19:00; Sat 08:00-12:00" },
  ]);
  const found = (await governance.calendars(database, ["wh-1", "nowhere"])).get("wh-1");
  const [before, after] = [Date.parse("2026-03-31"), Date.parse("2026-04-02")];
  assert.deepEqual(
    [found?.dockToStockAt(before), found?.dockToStockAt(after), found?.cutOffsAt(before)],
    [{ count: 4, unit: "hours" }, { count: 1, unit: "days" }, undefined],
  );
  assert.deepEqual(found?.hoursAt(after)?.get(6), { opens: "08:00", closes: "12:00" });
});

test("days that are not as their weekdays are are said, changed and taken away, and kept in the history", async () => {
  assert.deepEqual(
    await outcomes(
      day("2026-12-25", { name: "Christmas Day" }),
      day("2026-12-24", { workingHours: "07:00-12:00", cutOffs: "10:00" }),
    ),
    ["created", "created"],
  );
  assert.deepEqual(await outcomes(day("2026-12-25")), ["unchanged"]);
  const days = async () => (await governance.calendars(database, ["wh-1"])).get("wh-1")?.days;
  assert.deepEqual(
    [...((await days()) ?? [])],
    [
      ["2026-12-24", { hours: { opens: "07:00", closes: "12:00" }, cutOffs: ["10:00"], name: undefined }],
      ["2026-12-25", { hours: "closed", cutOffs: undefined, name: "Christmas Day" }],
    ],
  );
  assert.deepEqual(await outcomes(day("2026-12-24", { workingHours: "usual" })), ["changed"]);
  assert.deepEqual([...((await days())?.keys() ?? [])], ["2026-12-25"]);
  const [change] = await governance.masterHistory({ locationId: "wh-1", limit: 1 });
  assert.deepEqual([change?.what, change?.changed_by, change?.after], ["location_calendar", "test", null]);
});

test("what is no calendar is refused with what is wrong, and changes nothing", async () => {
  const before = await said();
  const wrong = [
    calendar({ workingHours: "Mon-Fri 19:00-07:00" }),
    calendar({ workingHours: "Mon 07:00-12:00; Mon 13:00-19:00", validFrom: "2026-05-01T00:00:00Z" }),
    calendar({ cutOffs: "Mon", validFrom: "2026-05-02T00:00:00Z" }),
    calendar({ validFrom: "2026-05-03T00:00:00Z" }),
    day("2026-02-30"),
    day("2026-05-01", { workingHours: "open" }),
    day("2026-05-02", { cutOffs: "10:00" }),
  ];
  assert.deepEqual(await outcomes(...wrong), [
    "bad-calendar",
    "bad-calendar",
    "bad-calendar",
    "field-missing",
    "bad-day",
    "bad-calendar",
    "bad-calendar",
  ]);
  assert.deepEqual(
    await outcomes(calendar({ location: { scheme: "code", value: "MARS" }, cutOffs: "none" })),
    ["unknown-location"],
  );
  assert.deepEqual(await said(), before);
});

test("a file of calendars is rehearsed before it is taken", async () => {
  const bytes = Buffer.from(
    "location;day;working_hours;cut_offs;name\r\nBER;2026-05-01;;;Labour Day\r\nBER;2026-05-02;never;;\r\n",
  );
  const rows: string[] = [];
  const file = {
    kind: "location-day" as const,
    bytes,
    changer,
    onRow: (line: number, outcome: { outcome: string }) => rows.push(`${line} ${outcome.outcome}`),
  };
  const rehearsed = await governance.importMasterFile(file);
  assert.ok(!("problem" in rehearsed));
  assert.deepEqual([rehearsed.is, rows], ["rehearsed", ["2 created", "3 refused"]]);
  assert.equal((await governance.calendars(database, ["wh-1"])).get("wh-1")?.days.has("2026-05-01"), false);
  const taken = await governance.importMasterFile({ ...file, token: rehearsed.token, skipRefused: true });
  assert.ok(!("problem" in taken));
  assert.equal(taken.is, "applied");
  assert.equal(
    (await governance.calendars(database, ["wh-1"])).get("wh-1")?.days.get("2026-05-01")?.name,
    "Labour Day",
  );
});

test("a plan that is written is read as it was, whatever it is", () => {
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom("00", "15", "59"))
    .map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${minute}`);
  const hours = fc
    .tuple(time, fc.oneof(time, fc.constant("24:00")))
    .filter(([a, b]) => a < b)
    .map(([opens, closes]) => ({ opens, closes }));
  const times = fc.uniqueArray(time, { minLength: 1, maxLength: 4 }).map((all) => all.toSorted());
  const weekOf = <Value>(value: fc.Arbitrary<Value>) =>
    fc
      .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 7 }), value), { minLength: 1, selector: ([on]) => on })
      .map((all) => new Map(all.toSorted(([a], [b]) => a - b)));
  fc.assert(
    fc.property(weekOf(hours), (week) => assert.deepEqual(readWorkingWeek(weekText(week, hoursText)), week)),
  );
  fc.assert(
    fc.property(weekOf(times), (week) => assert.deepEqual(readCutOffWeek(weekText(week, timesText)), week)),
  );
  const special = fc.record({
    hours: fc.oneof(hours, fc.constant("closed" as const)),
    cutOffs: fc.option(times, { nil: undefined }),
    name: fc.option(fc.constantFrom("Christmas Day", "until noon"), { nil: undefined }),
  });
  fc.assert(
    fc.property(special, (each) => assert.deepEqual(readSpecialDay(specialDayText(each)), { ...each })),
  );
});
