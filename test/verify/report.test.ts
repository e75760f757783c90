import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { plainMarks, type Report, renderJson, renderReport, terminalMarks } from "../../src/verify/index.ts";
import { assertGolden } from "../support/golden.ts";

const golden = (name: string) => fileURLToPath(new URL(`golden/${name}`, import.meta.url));

const report: Report = {
  verifiedAt: "2026-03-02T09:00:00.000Z",
  laws: [
    {
      law: undefined,
      title: "The log is in order",
      checks: [
        {
          name: "log-ends-at-the-present",
          sentence: "No fact is of a transaction that has not begun.",
          examined: 1_204_311,
          of: "facts",
          remedy: "Raise the epoch.",
          total: 0,
          offences: [],
        },
      ],
    },
    {
      law: 1,
      title: "No oversell",
      checks: [
        {
          name: "held-is-reserved",
          sentence: "The held units of a position are the sum of its open holds.",
          examined: 24_000,
          of: "positions",
          remedy: "Read the position's explanation.",
          total: 1_012,
          offences: [
            {
              row: { position_id: 4, balance: 5 },
              says: "position 4 (widget at wh-1): 5 held, its holds sum to 4",
            },
            {
              row: { position_id: 7, balance: 1 },
              says: "position 7 (bolt at wh-2): 1 held, its holds sum to 0",
            },
          ],
        },
        {
          name: "no-promise-oversold",
          sentence:
            "Replayed in posting order, nothing decided here took available below what facts had left.",
          examined: 900_000,
          of: "transfers",
          remedy: "Find the orders and decide who waits.",
          total: 1,
          offences: [
            { row: { transfer_id: 12 }, says: "position 4: transfer 12 took available from 0 to -2" },
          ],
        },
      ],
    },
  ],
  whereabouts: {
    messages: {
      received: 2_400,
      stored: 1,
      mapped: 2_396,
      suspect: 1,
      dead: 1,
      dismissed: 1,
      records: 10_840,
      applied: 9_423,
      duplicates: 530,
      ignored: 886,
      parked: 1,
    },
    stockFacts: { told: 8_567, applied: 8_520, claims: 2, dead: 1, unread: 44 },
    readers: [{ name: "ledger", unread: 66, dead_letters: 1 }],
  },
  passed: 1,
  failed: 2,
};

test("a report says law by law what failed, where, and what to do, in plain letters", async () => {
  await assertGolden(golden("report.txt"), `${renderReport(report, plainMarks)}\n`);
});

test("on a terminal the marks are marks", async () => {
  await assertGolden(golden("report-terminal.txt"), `${renderReport(report, terminalMarks)}\n`);
});

test("without a terminal a report is ASCII, and its last line is the count", () => {
  const text = renderReport(report);
  assert.match(text, /^[\x20-\x7e\n]*$/);
  assert.equal(text.split("\n").at(-1), "1 passed, 2 failed");
});

test("as JSON a report is one object on one line", () => {
  const text = renderJson(report);
  assert.ok(!text.includes("\n"));
  assert.deepEqual(JSON.parse(text).laws[1].checks[0].offences[0].row, { position_id: 4, balance: 5 });
});
