import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { KEEP_ALIVE_MS } from "../../src/gateway/limits.ts";
import { platformErrors, Retryable, Terminal } from "../../src/platform/index.ts";
import { boltRequest, by, createWorld, type World } from "./world.ts";

/** Far longer than a busy machine needs to close, and shorter than a server that waits for idle connections would take. */
const CLOSED_MS_MAX = KEEP_ALIVE_MS / 2;

async function listening(context: TestContext, options: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(options);
  const { url } = await world.gateway.listen({ host: "127.0.0.1", port: 0 });
  context.after(() => world.gateway.close());
  return { world, url, port: Number(new URL(url).port) };
}

/** Sends bytes as they are and gives everything that comes back until the server closes. */
function speak(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let heard = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      heard += chunk;
    });
    socket.on("close", () => resolve(heard)).on("error", reject);
  });
}

function bodyOf(answer: string): { code: string; status: number; correlationId: string } {
  const body: { code: string; status: number; correlationId: string } = JSON.parse(
    answer.slice(answer.indexOf("\r\n\r\n") + 4),
  );
  return body;
}

test("the bytes of a message cross the wire unchanged, in pieces of any size", async (context) => {
  const { world, url } = await listening(context);
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 31) % 256));
  const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 70_001), bytes.subarray(70_001)];
  const answer = await fetch(`${url}/system/v1/connectors/shop-1/messages`, {
    method: "POST",
    headers: by(world.key(), { "content-type": "application/json" }),
    body: new ReadableStream({
      start(controller) {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    }),
    duplex: "half",
  });
  assert.equal(answer.status, 202);
  const [delivery] = world.memory.messages.deliveries;
  assert.ok(delivery !== undefined && bytes.equals(delivery.body));
});

test("a body beyond the limit is refused with the limit's name, whether it says its length or not", async (context) => {
  const { world, url } = await listening(context, { limits: { bodyBytesMax: 2_000 } });
  const send = (body: string | ReadableStream) =>
    fetch(`${url}/process/v1/reservations`, {
      method: "POST",
      headers: by(world.key(), { "content-type": "application/json" }),
      body,
      duplex: "half",
    });
  const large = JSON.stringify(boltRequest(1)).padEnd(2_001, " ");
  for (const body of [large, new Blob([large]).stream()]) {
    const answer = await send(body);
    assert.equal(answer.status, 413);
    assert.equal(answer.headers.get("connection"), "close");
    const problem: Record<string, unknown> = JSON.parse(await answer.text());
    assert.deepEqual(
      [problem.code, problem.limit, problem.limitBytes],
      ["body-too-large", "bodyBytesMax", 2_000],
    );
  }
  assert.equal((await send(large.slice(0, 2_000))).status, 201);
});

test("connections are kept between requests and closed without delay when the server stops", async (context) => {
  const { world, port } = await listening(context);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  context.after(() => agent.destroy());
  const ports = [await localPortOf(agent, port), await localPortOf(agent, port)];
  assert.equal(ports[0], ports[1]);
  const startedAt = performance.now();
  await world.gateway.close();
  assert.ok(performance.now() - startedAt < CLOSED_MS_MAX);
  await assert.rejects(localPortOf(agent, port));
});

function localPortOf(agent: Agent, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { port, host: "127.0.0.1", path: "/health/live", agent },
      (answer: IncomingMessage) => {
        const { localPort } = answer.socket;
        answer.resume().on("end", () => resolve(localPort));
      },
    );
    outgoing.on("error", reject).end();
  });
}

test("what has begun is finished while stopping, and its connection is not kept", async (context) => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<undefined>();
  const positions = {
    page: async () => ({ rows: [] }),
    explain: async () => undefined,
    find() {
      begun.resolve();
      return held.promise;
    },
  };
  const { world, url } = await listening(context, { replace: { positions } });
  const asked = fetch(`${url}/system/v1/positions/1`, { headers: by(world.key()) });
  await begun.promise;
  const startedAt = performance.now();
  const closed = world.gateway.close();
  held.resolve(undefined);
  assert.equal((await asked).status, 404);
  await closed;
  assert.ok(performance.now() - startedAt < CLOSED_MS_MAX);
});

test("a connection that was kept open is told that the server is stopping", async (context) => {
  const held = Promise.withResolvers<undefined>();
  const begun = Promise.withResolvers<void>();
  const positions = {
    page: async () => ({ rows: [] }),
    explain: async () => undefined,
    find() {
      begun.resolve();
      return held.promise;
    },
  };
  const { world, port } = await listening(context, { replace: { positions } });
  const key = world.key();
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`;
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  const ended = once(socket, "close");
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    heard += chunk;
  });
  socket.write(get("/system/v1/positions/1"));
  await begun.promise;
  const { server } = world.gateway.app;
  const closed = world.gateway.close();
  while (server.listening) await setImmediate();
  const arrived = once(server, "request");
  socket.write(get("/system/v1/positions"));
  await arrived;
  held.resolve(undefined);
  await Promise.all([ended, closed]);
  assert.match(heard, /^HTTP\/1\.1 404/);
  const second = heard.slice(heard.indexOf("HTTP/1.1", 1));
  assert.match(second, /^HTTP\/1\.1 503/);
  assert.match(second, /connection: close/i);
  assert.equal(bodyOf(second).code, "stopping");
});

test("what is no HTTP is answered with a problem, and the connection is closed", async (context) => {
  const { port } = await listening(context);
  const heard = await speak(port, "HELLO\r\n\r\n");
  assert.match(heard, /^HTTP\/1\.1 400 /);
  assert.equal(bodyOf(heard).code, "malformed-request");
  const overflow = await speak(port, `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${"x".repeat(20_000)}\r\n\r\n`);
  assert.match(overflow, /^HTTP\/1\.1 431 /);
  assert.equal(bodyOf(overflow).code, "headers-too-large");
  assert.match(overflow, /application\/problem\+json/);
});

test("a port that is taken is one clear line", async (context) => {
  const { port } = await listening(context);
  const second = await createWorld();
  await assert.rejects(
    second.gateway.listen({ host: "127.0.0.1", port }),
    (error) =>
      error instanceof Terminal &&
      error.code === "gateway.address-in-use" &&
      error.message.includes(`127.0.0.1:${port}`),
  );
  await assert.rejects(
    second.gateway.listen({ host: "203.0.113.1", port: 0 }),
    (error) => error instanceof Terminal && error.code === "gateway.address-refused",
  );
});

const inject = (world: World, options: object) =>
  world.gateway.inject({ headers: by(world.key()), ...options });

test("a path that is not there, a method that is not taken, and a broken path are told apart", async () => {
  const world = await createWorld();
  const missing = await inject(world, { url: "/system/v1/position" });
  assert.equal(missing.statusCode, 404);
  assert.equal(missing.json().code, "unknown-route");
  assert.ok(missing.headers["x-correlation-id"]);
  const wrong = await inject(world, { method: "PUT", url: "/process/v1/reservations/1" });
  assert.equal(wrong.statusCode, 405);
  assert.equal(wrong.headers.allow, "DELETE, GET, HEAD");
  const broken = await inject(world, { url: "/system/v1/messages/%zz" });
  assert.equal(broken.json().code, "malformed-request");
  const endless = await inject(world, { url: `/system/v1/messages/${"x".repeat(300)}` });
  assert.equal(endless.json().code, "not-found");
});

test("a body of another type, no type, or no JSON is refused with what to do", async () => {
  const world = await createWorld();
  const send = (payload: string, type?: string) =>
    world.gateway.inject({
      method: "POST",
      url: "/process/v1/reservations",
      headers: by(world.key(), type === undefined ? {} : { "content-type": type }),
      payload,
    });
  assert.equal(
    (await send("a=1", "application/x-www-form-urlencoded")).json().code,
    "unsupported-media-type",
  );
  assert.equal((await send("{}")).json().code, "unsupported-media-type");
  assert.equal((await send("{}", "nonsense")).statusCode, 415);
  const broken = await send('{"channelId": "web",\n "lines": [}', "application/json");
  assert.equal(broken.statusCode, 400);
  assert.equal(
    broken.json().detail,
    "At line 2, column 12 a value or ] was expected. Send the body as JSON (RFC 8259), encoded as UTF-8.",
  );
  assert.equal(broken.json().position.offset, 32);
  const empty = await send("", "application/json");
  assert.equal(empty.json().code, "invalid-request");
  assert.match(empty.json().detail, /^\/ is missing: the request has no body\. Correct what/);
  const poisoned = await send('{"__proto__": {"admin": true}}', "application/json");
  assert.match(poisoned.json().detail, /__proto__/);
  assert.equal((await send("{}", "application/json; charset=utf-8")).json().code, "invalid-request");
});

test("the caller's correlation id comes back, and one is made where there is none", async () => {
  const world = await createWorld();
  const told = await inject(world, { url: "/nowhere", headers: { "x-correlation-id": "journey-1" } });
  assert.equal(told.headers["x-correlation-id"], "journey-1");
  assert.equal(told.json().correlationId, "journey-1");
  const made = await inject(world, { url: "/health/live" });
  assert.match(String(made.headers["x-correlation-id"]), /^[0-9a-f-]{36}$/);
});

test("health tells a live process from one that should be sent requests", async () => {
  const world = await createWorld();
  assert.deepEqual((await inject(world, { url: "/health/live" })).json(), { status: "live" });
  world.checks.push({ name: "readers", ok: false, detail: "ledger has been stuck for 40 s" });
  const unready = await inject(world, { url: "/health/ready" });
  assert.equal(unready.statusCode, 503);
  assert.equal(unready.json().checks[1].name, "readers");
  world.checks.pop();
  assert.equal(
    (await inject(world, { url: "/health/ready" })).statusCode,
    503,
    "an answer is good for a second",
  );
  world.clock.advance(1_001);
  assert.equal((await inject(world, { url: "/health/ready" })).statusCode, 200);
});

test("checks that cannot be made are themselves a reason not to be sent requests", async () => {
  const health = { checks: () => Promise.reject(new Retryable(platformErrors.databaseBusy, "busy")) };
  const world = await createWorld({ replace: { health } });
  const answer = await inject(world, { url: "/health/ready" });
  assert.equal(answer.statusCode, 503);
  assert.deepEqual(answer.json().checks, [{ name: "checks", ok: false, detail: "could not be made" }]);
});

test("metrics count requests by route and problems by code, never by id", async () => {
  const world = await createWorld();
  await inject(world, { url: "/system/v1/positions/18" });
  await inject(world, { url: "/system/v1/positions/19" });
  const answer = await inject(world, { url: "/metrics" });
  assert.match(String(answer.headers["content-type"]), /^text\/plain/);
  assert.match(
    answer.body,
    /crossdock_gateway_request_seconds_count\{method="GET",route="\/system\/v1\/positions\/:positionId",status="404"\} 2/,
  );
  assert.match(answer.body, /crossdock_gateway_problems_total\{code="not-found"\} 2/);
});
