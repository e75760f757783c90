import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { localTime, momentOf } from "../../src/connector/local-time.ts";

test("a day and a time are those of the zone's clocks, in summer and in winter", () => {
  const cases = [
    ["20260112", "0000", "America/Chicago", "2026-01-12T06:00:00Z"],
    ["20260712", "235959", "America/Chicago", "2026-07-13T04:59:59Z"],
    ["20260712", "0930", "Asia/Kolkata", "2026-07-12T04:00:00Z"],
    ["20260712", "0930", "UTC", "2026-07-12T09:30:00Z"],
    // Clocks jump from 02:00 to 03:00; the skipped half hour is the moment after the jump.
    ["20260308", "0230", "America/Chicago", "2026-03-08T08:30:00Z"],
    // Clocks go back from 02:00 to 01:00; of the two moments it is the first.
    ["20261101", "0130", "America/Chicago", "2026-11-01T06:30:00Z"],
  ] as const;
  for (const [date, time, zone, moment] of cases)
    assert.equal(momentOf(date, time, zone), moment, `${date} ${time} ${zone}`);
});

test("a day that no calendar has, or that no business document can be of, is none", () => {
  for (const date of ["20260229", "20261301", "20260100", "16000101", "99991231", "2026011", "", "abcdefgh"])
    assert.equal(momentOf(date, "0000", "UTC"), undefined, date);
  for (const time of ["2400", "0960", "12", "noon"])
    assert.equal(momentOf("20260112", time, "UTC"), undefined, time);
});

test("what is written in a zone is read back as the same minute", () => {
  const moments = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2180, 0) });
  const zones = fc.constantFrom(
    "UTC",
    "America/Chicago",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
  );
  fc.assert(
    fc.property(moments, zones, (epochMs, zone) => {
      const written = localTime(new Date(epochMs), zone);
      assert.ok(written !== undefined);
      const read = Date.parse(momentOf(written.date, written.time, zone) ?? "");
      // In the hour that comes twice the first of both is taken.
      const minute = Math.floor(epochMs / 60_000) * 60_000;
      assert.ok(
        [0, 1_800_000, 3_600_000, 7_200_000].includes(minute - read),
        `${written.date} ${written.time} ${zone}`,
      );
    }),
    { numRuns: 500 },
  );
});
