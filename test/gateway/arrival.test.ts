import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { After } from "../../src/gateway/arrival-service.ts";
import {
  FILE_ARRIVAL_MS_MAX,
  FILE_PROGRESS_BYTES_MIN,
  FILES_ARRIVING_MAX,
} from "../../src/gateway/limits.ts";
import { warehouse } from "./ports.ts";
import { by, createWorld } from "./world.ts";

const query = `accountId=${warehouse}&snapshotId=night&takenAt=2026-11-26T02:00:00Z&scope=full`;
const upload = `/system/v1/inventory/snapshots/files?${query}`;

/** A server whose time limits pass when the test says so. */
async function listening(t: TestContext) {
  const due = new Set<() => void>();
  const after: After = (_ms, run) => {
    due.add(run);
    return () => due.delete(run);
  };
  const world = await createWorld({ after });
  const { url } = await world.gateway.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => world.gateway.close());
  const arrived: Socket[] = [];
  world.gateway.app.server.on("connection", (socket) => arrived.push(socket));
  const port = Number(new URL(url).port);
  return {
    world,
    due,
    /** Lets a time limit pass. */
    pass() {
      const passed = [...due];
      due.clear();
      for (const run of passed) run();
    },
    /** A client that sends a request piece by piece; `sent` ends when the server has the bytes. */
    async client(head: string) {
      const accepted = once(world.gateway.app.server, "connection");
      const socket = connect(port, "127.0.0.1");
      await accepted;
      const served = arrived.at(-1) ?? assert.fail("nobody came");
      let heard = "";
      const ended = once(socket, "close");
      socket.setEncoding("latin1").on("data", (piece: string) => {
        heard += piece;
      });
      const send = async (bytes: string) => {
        socket.write(bytes);
        while (served.bytesRead < socket.bytesWritten && !served.destroyed) await turn();
      };
      await send(head);
      return { socket, send, heard: () => heard, ended };
    },
  };
}

const headOf = (url: string, key: string, length: number) =>
  `POST ${url} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;

const part = "sku,".repeat(FILE_PROGRESS_BYTES_MIN / 4);

test("a file over a slow line is taken however many time limits pass, as long as it keeps coming", async (t) => {
  const { world, due, pass, client } = await listening(t);
  const { send, heard, ended } = await client(headOf(upload, world.key(), 5 * part.length));
  while (due.size === 0) await turn();
  for (let sent = 0; sent < 5; sent += 1) {
    await send(part);
    if (sent < 4) pass();
  }
  await ended;
  assert.match(heard(), /^HTTP\/1\.1 200 /);
  assert.equal(world.memory.snapshotFiles.asked[0]?.texts[0]?.length, 5 * part.length);
  assert.equal(due.size, 0, "nothing is watched any more");
});

for (const [how, sent] of [
  ["stops coming", ""],
  ["only trickles", part.slice(1)],
] as const) {
  test(`a file that ${how} is given up, and nothing of it is taken`, async (t) => {
    const { world, due, pass, client } = await listening(t);
    const { send, heard, ended } = await client(headOf(upload, world.key(), 10 * part.length));
    while (due.size === 0) await turn();
    await send(part);
    pass();
    await send(sent);
    pass();
    await ended;
    assert.match(heard(), /^HTTP\/1\.1 408 /);
    assert.match(heard(), /"code":"request-timeout"/);
    assert.deepEqual(world.memory.snapshotFiles.asked, []);
    while (world.gateway.app.server.connections > 0) await turn();
    assert.deepEqual(
      world.lines.filter(({ level }) => level === "error"),
      [],
      "it is no fault of ours",
    );
  });
}

test("everything else has one limit for all of it, however it trickles, on any route and when it is refused", async (t) => {
  const { world, due, pass, client } = await listening(t);
  const key = world.key();
  for (const [url, wanted, shown] of [
    ["/process/v1/reservations", /^HTTP\/1\.1 408 /, key],
    ["/nowhere", /^HTTP\/1\.1 408 /, key],
    ["/%zz", /^HTTP\/1\.1 400 /, key],
    [upload, /^HTTP\/1\.1 401 /, "nobody's"],
  ] as const) {
    const { send, heard, ended } = await client(headOf(url, shown, 10 * part.length));
    while (due.size === 0) await turn();
    await send(part);
    pass();
    await ended;
    assert.match(heard(), wanted, url);
  }
});

test("only so many files may be arriving at once, and the next is told to come again", async (t) => {
  const { world, client } = await listening(t);
  const key = world.key();
  const open: Awaited<ReturnType<typeof client>>[] = [];
  for (let at = 0; at < FILES_ARRIVING_MAX; at += 1)
    open.push(await client(headOf(upload, key, part.length)));
  const refused = () =>
    world.gateway.inject({ method: "POST", url: upload, payload: "sku\n", headers: by(key) });
  while (!/overloaded/.test((await refused()).body)) await turn();
  assert.equal((await refused()).headers["retry-after"], "1");
  const [first] = open;
  await first?.send(part);
  await first?.ended;
  assert.match(first?.heard() ?? "", /^HTTP\/1\.1 200 /);
  while (/overloaded/.test((await refused()).body)) await turn();
  for (const { socket } of open) socket.destroy();
});

test("a sender who goes away in the middle of a file leaves nothing, and no error of ours", async (t) => {
  const { world, client } = await listening(t);
  const { send, socket } = await client(headOf(upload, world.key(), 10 * part.length));
  await send(part);
  socket.destroy();
  while (!/request_seconds_count\{/.test(await world.metrics.text())) await turn();
  assert.deepEqual(world.memory.snapshotFiles.asked, []);
  assert.deepEqual(
    world.lines.filter(({ level }) => level === "error"),
    [],
  );
});

test("a head has the limit of a request, and a file has an end", async () => {
  const { gateway } = await createWorld({ limits: { requestTimeoutMs: 20_000 } });
  assert.equal(gateway.app.server.headersTimeout, 20_000);
  assert.equal(gateway.app.server.requestTimeout, FILE_ARRIVAL_MS_MAX);
});

test("by the clock: a request that stalls is answered and cut off", async (t) => {
  const world = await createWorld({ limits: { requestTimeoutMs: 100 } });
  const { url } = await world.gateway.listen({ host: "127.0.0.1", port: 0 });
  t.after(() => world.gateway.close());
  for (const head of [
    headOf("/process/v1/reservations", world.key(), 10),
    headOf(upload, world.key(), 10),
    "POST / HTTP/1.1\r\nHost:",
  ]) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(head));
    let heard = "";
    socket.setEncoding("latin1").on("data", (piece: string) => {
      heard += piece;
    });
    await once(socket, "close");
    assert.match(heard, /^HTTP\/1\.1 408 /);
  }
});
