import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { openCore } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { seedItem, seedKey, seedShop } from "../support/seed.ts";
import { startServer } from "../support/server.ts";

const CLIENTS = 200;
const ROUNDS = Number(process.env.LAST_UNIT_ROUNDS ?? 12);

const { database, url: databaseUrl } = await testDatabase();
const core = openCore(database);
await seedShop(core);
const key = await seedKey(core);

/** One client that wants one unit; every tenth sends its request twice under the same key, as an impatient one does. */
async function wantOne(server: string, item: string, client: number): Promise<number[]> {
  const body = JSON.stringify({
    channelId: "web",
    lines: [{ lineId: "1", item: { scheme: "id", value: item }, quantity: { value: 1, unit: "EA" } }],
  });
  const ask = async () => {
    const response = await fetch(`${server}/process/v1/reservations`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "idempotency-key": `${item}-${client}`,
      },
      body,
    });
    await response.arrayBuffer();
    return response.status;
  };
  return Promise.all(client % 10 === 0 ? [ask(), ask()] : [ask()]);
}

test("200 clients fight for the last units over two server processes, and exactly as many get one as there are", async (t) => {
  const servers = await Promise.all([startServer({ databaseUrl }), startServer({ databaseUrl })]);
  t.after(() => Promise.all(servers.map((server) => server.stop())));
  for (let round = 0; round < ROUNDS; round += 1) {
    const units = [1, 7, 50][round % 3] ?? 1;
    const item = `last-${round}`;
    await seedItem(core, item, units);
    const answers = await Promise.all(
      Array.from({ length: CLIENTS }, (_, client) => wantOne(servers[client % 2]?.url ?? "", item, client)),
    );
    const unexpected = answers.flat().filter((status) => status !== 201 && status !== 409);
    assert.deepEqual(unexpected, [], "an answer that is neither a promise nor a refusal");
    assert.equal(
      answers.filter((statuses) => statuses.includes(201)).length,
      units,
      `round ${round} with ${units} unit(s)`,
    );
    assert.ok(
      answers.every((statuses) => new Set(statuses).size === 1),
      "a repeated key was answered in two ways",
    );
    const { report, text } = await runVerify({ database, now: systemClock.now() });
    assert.equal(report.failed, 0, text);
  }
});
