import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId } from "@crossdock/canonical";
import fc from "fast-check";
import { createFactLog, LOG_START, type LoggedFact, type LogPosition } from "../../src/backbone/index.ts";
import { createLogWindow, type LogWindow } from "../../src/backbone/log-window-service.ts";
import { toRow } from "../../src/backbone/recorded.ts";
import { leafText } from "../../src/backbone/seal/leaf.ts";
import { selectSealable } from "../../src/backbone/seal/store.ts";
import { readPage } from "../../src/backbone/service.ts";
import { selectRunningElsewhere } from "../../src/backbone/store.ts";
import {
  localWakeup,
  type Queryable,
  type Statement,
  silentLog,
  systemIds,
} from "../../src/platform/index.ts";
import { manualClock } from "../support/clock.ts";
import { stock } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const clock = manualClock();
const log = createFactLog({ database, clock, ids: systemIds(), wakeup: localWakeup(), log: silentLog });
const item = itemId("window-item");
const types = ["StockReceived", "StockCounted"] as const;

const settler = log.subscribe({
  name: "settler",
  types: [],
  rewindable: true,
  handle: async () => undefined,
});

/** The end of the log once nobody, in whichever database of the server, holds its facts back. */
async function settledEnd(): Promise<LogPosition> {
  await settler.drain();
  return log.end();
}

type Kind = { readonly isReceipt: boolean; readonly isHanded: boolean };

/** Appends facts, and hands some of them over to a window, as a process does with those that it appends itself. */
async function append(kinds: readonly Kind[], window?: LogWindow): Promise<void> {
  const facts = kinds.map(({ isReceipt }, index) =>
    isReceipt ? stock.received(index + 1, item) : stock.counted(index + 1, item),
  );
  const now = clock.now();
  const ready = await log.number(facts.map((fact) => ({ fact, at: now, correlationId: "window" })));
  await database.transaction(async (tx) => {
    log.append(tx, ready);
    const handed = ready.filter((_, index) => kinds[index]?.isHanded === true).map(toRow);
    tx.afterCommit(() => window?.handOver(handed, now));
  });
}

const receipt: Kind = { isReceipt: true, isHanded: false };
const count: Kind = { isReceipt: false, isHanded: false };

/** The database, and how often it was asked. */
function counted(): Queryable & { asked: number } {
  const counting = {
    asked: 0,
    query<Row>(statement: Statement) {
      counting.asked += 1;
      return database.query<Row>(statement);
    },
    execute: database.execute,
  };
  return counting;
}

const reader = fc.record({
  types: fc.subarray([...types], { minLength: 1 }),
  limit: fc.integer({ min: 1, max: 12 }),
  wantedMax: fc.integer({ min: 1, max: 12 }),
});

const appended = fc.array(fc.record({ isReceipt: fc.boolean(), isHanded: fc.boolean() }), {
  minLength: 1,
  maxLength: 9,
});

/** Readers take turns, as drawn, between facts that are appended. */
const course = fc.record({
  readers: fc.array(reader, { minLength: 1, maxLength: 4 }),
  turns: fc.array(fc.oneof(appended, fc.nat(3)), { maxLength: 30 }),
});

test("whoever reads before whom, every reader gets what it would have read alone", async () => {
  const property = fc.asyncProperty(course, async ({ readers, turns }) => {
    const from = await settledEnd();
    const window = createLogWindow(readPage);
    const states = readers.map((each) => ({ ...each, after: from, facts: [] as LoggedFact[] }));
    type State = (typeof states)[number];
    const read = async (state: State): Promise<boolean> => {
      const page = await window.readPage(database, state);
      state.facts.push(...page.facts);
      const hasMoved = page.end.number !== state.after.number;
      state.after = page.end;
      await agreesWithTheTable(window.recall(from, 100), from);
      return hasMoved;
    };
    for (const turn of turns) {
      const state = typeof turn === "number" ? states[turn % states.length] : undefined;
      if (state !== undefined) await read(state);
      else if (typeof turn !== "number") await append(turn, window);
    }
    await settler.drain();
    await Promise.all(
      states.map(async (state) => {
        while (await read(state));
      }),
    );
    for (const state of states) {
      const alone = await readPage(database, { after: from, limit: 1_000, types: state.types });
      assert.deepEqual(state.facts, alone.facts);
      assert.deepEqual(state.after, alone.end);
    }
  });
  await fc.assert(property, { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) });
});

async function agreesWithTheTable(
  recalled: ReturnType<typeof log.recall>,
  after: LogPosition,
): Promise<void> {
  if (recalled === undefined) return;
  const elsewhere = await selectRunningElsewhere(database);
  const rows = await selectSealable(database, { after, limit: recalled.length, elsewhere });
  assert.deepEqual(recalled.map(leafText), rows.map(leafText));
}

test("readers that follow each other ask for the log once, at one moment too", async () => {
  const from = await settledEnd();
  await append([receipt, count, receipt]);
  await settler.drain();
  const window = createLogWindow(readPage);
  const asking = counted();
  const request = { after: from, limit: 10, types };
  const pages = await Promise.all([1, 2, 3].map(() => window.readPage(asking, request)));
  pages.push(await window.readPage(asking, request));
  assert.equal(asking.asked, 2, "what runs elsewhere, and the page");
  for (const page of pages) assert.equal(page.facts.length, 3);
});

test("what a process has appended itself it need not read", async () => {
  const from = await settledEnd();
  const window = createLogWindow(readPage);
  const request = { after: from, limit: 10, types, near: true };
  await window.readPage(database, request);
  await append(
    [receipt, count, receipt].map((kind) => ({ ...kind, isHanded: true })),
    window,
  );
  await settler.drain();
  const asking = counted();
  const page = await window.readPage(asking, request);
  const alone = await readPage(database, request);
  assert.equal(asking.asked, 1);
  assert.deepEqual(page.facts, alone.facts);
  assert.deepEqual(page.end, alone.end);
});

test("a look that fails fails nobody else's", async () => {
  const from = await settledEnd();
  await append([receipt]);
  await settler.drain();
  const window = createLogWindow(readPage);
  const broken: Queryable = { ...counted(), query: () => Promise.reject(new Error("the line is cut")) };
  const request = { after: from, limit: 10, types };
  const [failed, page] = await Promise.allSettled([
    window.readPage(broken, request),
    window.readPage(database, request),
  ]);
  assert.equal(failed.status, "rejected");
  assert.equal(page.status === "fulfilled" && page.value.facts.length, 1);
});

test("a reader far behind the window reads alone and does not move it", async () => {
  await append([receipt, receipt, receipt]);
  const end = await settledEnd();
  await append([count]);
  await settler.drain();
  const window = createLogWindow(readPage);
  await window.readPage(database, { after: end, limit: 10, types });
  const behind = await window.readPage(database, { after: LOG_START, limit: 2, types });
  assert.equal(behind.facts.length, 2);
  assert.equal(window.recall(end, 10)?.length, 1);
  assert.equal(window.recall(LOG_START, 10), undefined);
});
