import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { manualClock } from "#test/clock.ts";
import {
  createLog,
  createMetrics,
  createSecretBox,
  createStopper,
  ONE_PRESS_MS,
  platformErrors,
  Retryable,
  seededIds,
  seededRandom,
  systemIds,
  Terminal,
} from "../../src/platform/index.ts";

const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("ids are UUIDs of version 7 that ascend, also within a millisecond and when the clock goes back", () => {
  const clock = manualClock();
  const ids = systemIds(clock);
  const given = Array.from({ length: 10_000 }, (_, index) => {
    if (index === 7_000) clock.advance(-5_000);
    return ids.next();
  });
  for (const id of given) assert.match(id, uuidv7);
  assert.deepEqual(given, [...given].sort());
  assert.equal(new Set(given).size, given.length);
});

test("an id says the millisecond it was made in", () => {
  const at = new Date("2026-03-02T09:00:00.123Z");
  const id = systemIds(manualClock(at)).next();
  assert.equal(Number.parseInt(id.replace("-", "").slice(0, 12), 16), at.getTime());
});

test("seeded ids are the same at every run, and others for another seed", () => {
  const some = (seed: string) => {
    const ids = seededIds(manualClock(), seed);
    return [ids.next(), ids.next(), ids.next()];
  };
  assert.deepEqual(some("demo"), some("demo"));
  assert.notDeepEqual(some("demo"), some("other"));
});

test("a seed gives the same stream everywhere", () => {
  const random = seededRandom(42);
  const drawn = [random.integer(1, 6), random.integer(1, 6), random.pick(["a", "b", "c"]), random.zipf(100)];
  assert.deepEqual(
    drawn,
    [seededRandom(42)].flatMap((r) => [
      r.integer(1, 6),
      r.integer(1, 6),
      r.pick(["a", "b", "c"]),
      r.zipf(100),
    ]),
  );
});

test("whole numbers are drawn evenly, and Zipf's first rank most often", () => {
  const random = seededRandom("evenly");
  const dice = Array.from({ length: 60_000 }, () => random.integer(1, 6));
  for (let side = 1; side <= 6; side += 1) {
    const share = dice.filter((each) => each === side).length / dice.length;
    assert.ok(Math.abs(share - 1 / 6) < 0.01, `${side} came in ${share}`);
  }
  const ranks = Array.from({ length: 10_000 }, () => random.zipf(1_000));
  const first = ranks.filter((rank) => rank === 0).length;
  const second = ranks.filter((rank) => rank === 1).length;
  assert.ok(first > 1.5 * second && first < 2.7 * second, `${first} to ${second}`);
  assert.ok(ranks.every((rank) => rank >= 0 && rank < 1_000));
});

test("shuffling keeps what there is, and a fork does not disturb its parent", () => {
  const [one, other] = [seededRandom("same"), seededRandom("same")];
  other.fork("child").next();
  assert.equal(one.next(), other.next());
  assert.deepEqual([...one.shuffle([1, 2, 3, 4, 5])].sort(), [1, 2, 3, 4, 5]);
});

const key = Buffer.alloc(32, 1);

test("a secret opens with its key and for its owner only", () => {
  const box = createSecretBox(key);
  const sealed = box.seal({ token: "shpat_1" }, "integration.account/7");
  assert.deepEqual(box.open(sealed, "integration.account/7"), { token: "shpat_1" });
  assert.doesNotMatch(sealed, /shpat/);
  assert.notEqual(sealed, box.seal({ token: "shpat_1" }, "integration.account/7"));
  const changed = `${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "BB" : "AA"}`;
  const attempts = [
    () => box.open(sealed, "integration.account/8"),
    () => box.open(changed, "integration.account/7"),
    () => box.open("nonsense", "integration.account/7"),
    () => createSecretBox(Buffer.alloc(32, 2)).open(sealed, "integration.account/7"),
  ];
  for (const attempt of attempts) {
    assert.throws(
      attempt,
      (error) => error instanceof Terminal && error.code === "platform.secret-unreadable",
    );
  }
});

test("after a change of keys, old secrets still open, and are known to be stale", () => {
  const sealed = createSecretBox(key).seal("x", "a");
  const box = createSecretBox(Buffer.alloc(32, 2), [key]);
  assert.equal(box.open(sealed, "a"), "x");
  assert.ok(box.isStale(sealed));
  assert.ok(!box.isStale(box.seal("x", "a")));
});

function processOf(): EventEmitter & { exit(code: number): unknown; readonly codes: number[] } {
  const codes: number[] = [];
  return Object.assign(new EventEmitter(), { codes, exit: (code: number) => codes.push(code) });
}

test("what was opened last is closed first, and a failure does not keep the rest open", async () => {
  const closed: string[] = [];
  const stopper = createStopper({ graceMs: 10_000 });
  stopper.add("database", async () => {
    closed.push("database");
  });
  stopper.add("readers", async () => {
    throw new Error("stuck");
  });
  stopper.add("server", async () => {
    closed.push("server");
  });
  assert.deepEqual(await Promise.all([stopper.stop("test"), stopper.stop("again")]), [
    ["readers"],
    ["readers"],
  ]);
  assert.deepEqual(closed, ["server", "database"]);
  assert.ok(stopper.stopping.aborted);
});

test("the first Ctrl-C stops in order, the second at once; a press that arrives twice is one", async () => {
  const process = processOf();
  const clock = manualClock();
  const monotonicMs = () => clock.now().getTime();
  const stopper = createStopper({ graceMs: 10_000, process, monotonicMs });
  const { promise: closing, resolve: closed } = Promise.withResolvers<void>();
  stopper.add("slow", () => closing);
  process.emit("SIGINT");
  clock.advance(ONE_PRESS_MS / 2);
  process.emit("SIGINT");
  process.emit("SIGTERM");
  assert.ok(stopper.stopping.aborted);
  assert.deepEqual(process.codes, [], "npm's copy of the signal counted as a second press");
  clock.advance(ONE_PRESS_MS / 2 + 1);
  process.emit("SIGINT");
  assert.deepEqual(process.codes, [130], "who keeps pressing must get through");
  closed();
  await stopper.stop("test");
});

test("when the grace is over, the program ends whatever is open", async () => {
  const process = processOf();
  const { promise: exited, resolve } = Promise.withResolvers<number>();
  const stopper = createStopper({ graceMs: 1, process: { on: process.on.bind(process), exit: resolve } });
  const { promise: closing, resolve: closed } = Promise.withResolvers<void>();
  stopper.add("stuck", () => closing);
  const stopped = stopper.stop("test");
  assert.equal(await exited, 1);
  closed();
  await stopped;
});

test("metrics carry our prefix, and asking twice gives the same one", async () => {
  const metrics = createMetrics();
  const description = { name: "inbox_messages_total", help: "Messages stored.", labels: ["account"] };
  metrics.counter(description).add({ account: "shop" });
  metrics.counter(description).add({ account: "shop" }, 2);
  metrics.gauge({ name: "inbox_waiting", help: "Messages waiting." }, async () => 5);
  metrics.histogram({ name: "ledger_batch_seconds", help: "A batch." }).observe(0.002);
  const text = await metrics.text();
  assert.match(text, /^crossdock_inbox_messages_total\{account="shop"\} 3$/m);
  assert.match(text, /^crossdock_inbox_waiting 5$/m);
  assert.match(text, /^crossdock_ledger_batch_seconds_bucket\{le="0.0025"\} 1$/m);
  assert.throws(() => metrics.gauge(description));
});

test("a gauge that is asked at each reading shows the sets of labels that there are now, and no others", async () => {
  const metrics = createMetrics();
  let streams = ["a", "b"];
  metrics.gauge({ name: "inbox_missing", help: "Missing.", labels: ["stream"] }, () =>
    streams.map((stream) => ({ value: 2, labels: { stream } })),
  );
  assert.match(await metrics.text(), /^crossdock_inbox_missing\{stream="b"\} 2$/m);
  streams = ["a"];
  const text = await metrics.text();
  assert.match(text, /^crossdock_inbox_missing\{stream="a"\} 2$/m);
  assert.doesNotMatch(text, /stream="b"/);
});

test("a log line is JSON with its event, its ids and its error's cause, and without secrets", () => {
  const lines: string[] = [];
  const destination = {
    write(line: string) {
      lines.push(line);
    },
  };
  const log = createLog({ level: "info", destination });
  const err = new Retryable(platformErrors.databaseFull, "full", { cause: new Error("no space") });
  log
    .child({ correlationId: "c-1" })
    .warn({ event: "inbox.waits", account: { accessToken: "shpat_1" }, err });
  log.debug({ event: "too.fine" });
  assert.equal(lines.length, 1);
  assert.partialDeepStrictEqual(JSON.parse(lines.join("")), {
    level: "warn",
    event: "inbox.waits",
    correlationId: "c-1",
    account: { accessToken: "[redacted]" },
    err: { code: "platform.database-full" },
  });
  assert.match(lines.join(""), /caused by: Error: no space/);
});

test("every error of this part says what it means and what to do", () => {
  const codes = Object.values(platformErrors).map((entry) => entry.code);
  assert.equal(new Set(codes).size, codes.length);
  for (const entry of Object.values(platformErrors)) {
    assert.match(entry.code, /^platform\.[a-z-]+$/);
    assert.match(entry.meaning, /\.$/);
    assert.match(entry.action, /\.$/);
  }
});
