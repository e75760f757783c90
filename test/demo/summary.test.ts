import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Fact, itemId, locationId, quantity, reservationId } from "@crossdock/canonical";
import { countFacts, NOTHING_COUNTED } from "../../src/demo/census.ts";
import { trials, trialText } from "../../src/demo/greeting.ts";
import { clockText, type Figures, fitted, sampleSum, summaryText } from "../../src/demo/summary.ts";

const calm: Figures = {
  uptimeMs: 67_000,
  orders: { received: 1_234, promised: 1_230, shipped: 1_101 },
  factsPerSecond: 33.6,
  holds: 4,
  channels: { told: 5_678, waiting: 0, oldestMs: 0 },
  documents: { sent: 2_468, refused: 0 },
  parked: 0,
  duplicates: 97,
  lag: { facts: 0, seconds: 0 },
  problems: { count: 0 },
};

describe("the live line", () => {
  it("says briefly what is well", () => {
    assert.equal(
      summaryText(calm),
      "1:07 · orders 1,234 in, 1,230 promised, 1,101 shipped · 34 facts/s · holds 4 · channels told 5,678 · " +
        "papers 2,468 · parked 0 · repeats 97 · readers level",
    );
  });

  it("says what is not well in full, and what went wrong where no terminal cuts it off", () => {
    const text = summaryText({
      ...calm,
      channels: { told: 5, waiting: 12, oldestMs: 4_321 },
      documents: { sent: 7, refused: 2 },
      lag: { facts: 1_500, seconds: 3.21 },
      problems: { count: 3, latest: "northgate: 855 without PO1" },
    });
    assert.match(text, /channels told 5 \(12 waiting, oldest 4\.3 s\)/);
    assert.match(text, /papers 7, 2 refused/);
    assert.match(text, /readers 1,500 facts, 3\.2 s behind/);
    assert.match(text, /^1:07 · 3 PROBLEMS: northgate: 855 without PO1 · orders/);
  });

  it("never wraps, so that it can be rewritten in place", () => {
    const line = summaryText(calm);
    for (const columns of [20, 80, 400]) assert.ok([...fitted(line, columns)].length < columns);
    assert.equal(fitted("two\nlines", 80), "two lines");
    assert.equal(fitted(line, 400), line);
  });

  it("counts hours only where there are any", () => {
    assert.deepEqual([0, 7_000, 750_000, 3_723_000].map(clockText), ["0:00", "0:07", "12:30", "1:02:03"]);
  });
});

describe("a metric in the Prometheus format", () => {
  const text = [
    "# TYPE crossdock_records_total counter",
    'crossdock_records_total{outcome="duplicate",kind="a"} 3',
    'crossdock_records_total{kind="b",outcome="duplicate"} 4',
    'crossdock_records_total{outcome="applied",kind="a"} 100',
    'crossdock_records_total_seconds{outcome="duplicate"} 5',
    "crossdock_parked_records 9",
  ].join("\n");

  it("is the sum of the samples with the labels asked for", () => {
    assert.equal(sampleSum(text, "crossdock_records_total", { outcome: "duplicate" }), 7);
    assert.equal(sampleSum(text, "crossdock_records_total", {}), 107);
    assert.equal(sampleSum(text, "crossdock_parked_records", {}), 9);
    assert.equal(sampleSum(text, "crossdock_unknown_total", { outcome: "duplicate" }), 0);
  });
});

describe("the census of the log", () => {
  const step = {
    itemId: itemId("itm-1"),
    locationId: locationId("wh-1"),
    lot: "",
    quantity: quantity(2),
  };
  const held = (id: string): Fact => ({
    type: "StockReserved",
    data: JSON.parse(
      JSON.stringify({ ...step, reservationId: id, channelId: "api", lineId: "1", state: "held" }),
    ),
  });

  it("counts a hold until it is kept, given back or run out", () => {
    const ends: Fact[] = [
      { type: "ReservationAllocated", data: { ...step, reservationId: reservationId("r-1") } },
      {
        type: "ReservationReleased",
        data: { ...step, reservationId: reservationId("r-2"), reason: "asked for" },
      },
      {
        type: "ReservationExpired",
        data: { ...step, reservationId: reservationId("r-3"), expiredAt: "2026-03-02T09:00:00.000Z" },
      },
    ];
    const opened = countFacts(NOTHING_COUNTED, ["r-1", "r-2", "r-3", "r-4"].map(held));
    assert.equal(opened.holds.size, 4);
    const closed = countFacts(opened, ends);
    assert.deepEqual([...closed.holds], ["r-4"]);
    assert.equal(closed.facts, 7);
    assert.equal(opened.holds.size, 4, "the page before is not changed");
  });
});

describe("the commands to try", () => {
  const example = { sku: "CD-1000", itemId: "itm-00001", positionId: "17" };

  it("use the shell's variables, so that a key is typed once", () => {
    for (const { command } of trials(example)) {
      assert.match(command, /\$URL\//);
      assert.match(command, /Bearer \$KEY"/);
    }
  });

  it("are shown with the lines that set the variables", () => {
    const text = trialText({ url: "http://127.0.0.1:8080", key: "cd_x_y" }, example);
    assert.match(text, /export URL=http:\/\/127\.0\.0\.1:8080\n {2}export KEY=cd_x_y\n/);
    assert.match(text, /http:\/\/127\.0\.0\.1:8080\/docs/);
  });
});
