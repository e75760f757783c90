import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { openCore } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { seedAccount, seedItem, seedKey, seedShop } from "../support/seed.ts";
import { type ServerProcess, startServer } from "../support/server.ts";

const KILLS = Number(process.env.KILLS ?? 10);
const ITEMS = ["kill-a", "kill-b", "kill-c"];
/** Requests under way at any time, and the answers after which the server is killed. */
const CLIENTS = 24;
const ANSWERS_PER_LIFE = 150;

const { database, url: databaseUrl } = await testDatabase();
const core = openCore(database);
await seedShop(core);
for (const item of ITEMS) await seedItem(core, item, 100_000);
await seedAccount(core, "desk", "web");
const key = await seedKey(core);

/** What a caller knows: requests that were answered, with the answer, and requests of which nothing was heard. */
type Memory = {
  readonly reservations: Map<string, { readonly status: number; readonly body: string }>;
  readonly statements: Map<string, string>;
  readonly unanswered: string[];
};

const reservationBody = (name: string) =>
  JSON.stringify({
    channelId: "web",
    ttlSeconds: 3_600,
    lines: [
      {
        lineId: "1",
        item: { scheme: "id", value: ITEMS[name.length % ITEMS.length] },
        quantity: { value: 1, unit: "EA" },
      },
    ],
  });

async function post(server: string, path: string, body: string, idempotencyKey: string) {
  const response = await fetch(server + path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "idempotency-key": idempotencyKey,
    },
    body,
  });
  return { status: response.status, body: await response.text() };
}

async function reserve(server: string, memory: Memory, name: string): Promise<void> {
  try {
    const answer = await post(server, "/process/v1/reservations", reservationBody(name), name);
    if (answer.status === 201) memory.reservations.set(name, answer);
  } catch {
    memory.unanswered.push(name);
  }
}

async function state(server: string, memory: Memory, name: string): Promise<void> {
  const statement = {
    type: "StockReceived",
    id: name,
    effectiveAt: new Date().toISOString(),
    data: {
      item: { scheme: "id", value: ITEMS[0] },
      location: { scheme: "id", value: "wh-1" },
      quantity: { value: 1, unit: "EA" },
    },
  };
  try {
    const body = JSON.stringify({ accountId: "desk", statements: [statement] });
    const answer = await post(server, "/system/v1/inventory/facts", body, `facts-${name}`);
    if (answer.status === 200) memory.statements.set(name, answer.body);
  } catch {
    // Not acknowledged: it may or may not be there, and either is right.
  }
}

/** Keeps clients busy until enough was answered, then kills the server under them. */
async function live(server: ServerProcess, memory: Memory, life: number): Promise<void> {
  let answered = 0;
  let killed: Promise<void> | undefined;
  const client = async (number: number) => {
    for (let turn = 0; killed === undefined; turn += 1) {
      const name = `life-${life}-${number}-${turn}`;
      await (turn % 3 === 0 ? state(server.url, memory, name) : reserve(server.url, memory, name));
      answered += 1;
      if (answered >= ANSWERS_PER_LIFE) killed ??= server.kill();
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  await killed;
}

/** Everything that was acknowledged is there, and what was asked under a key is answered as before. */
async function checkMemory(server: ServerProcess, memory: Memory): Promise<void> {
  for (const [name, first] of memory.reservations) {
    const again = await post(server.url, "/process/v1/reservations", reservationBody(name), name);
    assert.deepEqual(again, first, `the acknowledged reservation ${name} is not answered as before`);
  }
  const page = await core.factLog.read({ after: { transaction: 0, number: 0 }, limit: 1_000_000 });
  const onLog = new Set(page.facts.filter((fact) => fact.source === "/accounts/desk").map((fact) => fact.id));
  const missing = [...memory.statements.keys()].filter((id) => !onLog.has(id));
  assert.deepEqual(missing, [], "acknowledged statements are not on the log");
}

test(`kill -9 in the middle of the traffic, ${KILLS} times: nothing acknowledged is missing and the laws hold`, async (t) => {
  const memory: Memory = { reservations: new Map(), statements: new Map(), unanswered: [] };
  for (let life = 0; life < KILLS; life += 1) {
    await live(await startServer({ databaseUrl }), memory, life);
    const server = await startServer({ databaseUrl });
    for (const name of memory.unanswered.splice(0)) await reserve(server.url, memory, name);
    await checkMemory(server, memory);
    memory.reservations.clear();
    assert.equal(await server.stop(), 0);
    const { report, text } = await runVerify({ database, now: systemClock.now() });
    assert.equal(report.failed, 0, text);
  }
  t.diagnostic(`${memory.statements.size} statements acknowledged over ${KILLS} kills`);
});
