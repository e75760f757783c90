import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { After } from "../../src/gateway/arrival-service.ts";
import { KEY_BELIEVED_MS } from "../../src/gateway/index.ts";
import { STREAM_HEARTBEAT_MS } from "../../src/gateway/limits.ts";
import { openEvents } from "./event-reader.ts";
import { pairFigure } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

const path = "/experience/v1/availability/changes?channel=web";

async function listening(t: TestContext, options: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld(options);
  t.after(() => world.gateway.close());
  const { url } = await world.gateway.listen({ host: "127.0.0.1", port: 0 });
  const watch = (query: string, key: string, more = {}) => openEvents(url + path + query, by(key, more));
  return { world, watch };
}

const refused = (world: World, query: string, headers = by(world.key())) =>
  world.gateway.inject({ url: path + query, headers });

test("a stream begins with what is unknown, then has the figures with an id, and hands a reader's last id on", async (t) => {
  const { world, watch } = await listening(t);
  const reader = await watch("&sku=BOLT-M8&sku=GONE", world.key(), { "last-event-id": "c7" });
  assert.equal((await reader.next())?.event, "start");
  const first = await reader.next();
  assert.equal(first?.id, "c1");
  assert.equal(JSON.parse(first?.data ?? "").availability[0].availableToPromise, 5);
  assert.equal(JSON.parse(first?.data ?? "").sources[0].lagSeconds, 60);
  assert.deepEqual(world.memory.availabilityChanges.resumed, ["c7"]);
  world.memory.availabilityChanges.change([pairFigure]);
  assert.equal((await reader.next())?.id, "c2");
  reader.cut();
});

test("how long a stream lasted is told apart from how long answers take, and a stream that is refused is an answer", async (t) => {
  const { world, watch } = await listening(t);
  const key = world.key();
  const reader = await watch("&sku=BOLT-M8", key);
  await reader.next();
  await reader.next();
  world.keys.clear();
  world.clock.advance(KEY_BELIEVED_MS + 1);
  world.memory.availabilityChanges.change([pairFigure]);
  await reader.next();
  assert.equal(await reader.next(), undefined);
  await refused(world, "");
  const { body } = await world.gateway.inject({ url: "/metrics" });
  const route = 'route="/experience/v1/availability/changes"';
  assert.match(body, new RegExp(`gateway_stream_seconds_count\\{${route}\\} 1`));
  const answers = body
    .split("\n")
    .filter((line) => line.includes("request_seconds_count") && line.includes(route));
  assert.deepEqual(
    answers.map((line) => line.replace(/^.*status="(\d+)"\} /, "$1 ")),
    ["400 1"],
  );
});

test("a stream of a key that was revoked ends, and says why, before it tells anything more", async (t) => {
  const { world, watch } = await listening(t);
  const key = world.key();
  const reader = await watch("&sku=BOLT-M8", key);
  await reader.next();
  await reader.next();
  world.keys.clear();
  world.clock.advance(KEY_BELIEVED_MS + 1);
  world.memory.availabilityChanges.change([pairFigure]);
  const end = await reader.next();
  assert.equal(end?.event, "end");
  assert.match(end?.data ?? "", /no longer valid/);
  assert.equal(await reader.next(), undefined);
  assert.equal(world.memory.availabilityChanges.watching.size, 0);
});

test("a silent stream says that it is there, and where its reader stands", async (t) => {
  const beats = new Set<() => void>();
  let heard: () => void = () => undefined;
  const waiting = new Promise<void>((done) => {
    heard = done;
  });
  const after: After = (ms, run) => {
    if (ms === STREAM_HEARTBEAT_MS) {
      beats.add(run);
      if (beats.size === 2) heard();
    }
    return () => undefined;
  };
  const { world, watch } = await listening(t, { after });
  const reader = await watch("&sku=BOLT-M8", world.key());
  await reader.next();
  await reader.next();
  await waiting;
  for (const beat of beats) beat();
  world.memory.availabilityChanges.change([pairFigure]);
  assert.equal((await reader.next())?.id, "c2");
  reader.cut();
});

test("a stream is refused without items, with too many, of a channel that there is not, without the scope, and to HEAD", async () => {
  const world = await createWorld();
  assert.equal((await refused(world, "")).statusCode, 400);
  const many = Array.from({ length: 501 }, (_, at) => `&item=i${at}`).join("");
  assert.equal((await refused(world, many)).statusCode, 400);
  assert.equal((await refused(world, "&sku=BOLT-M8&maxStaleness=59")).json().code, "source-too-old");
  const nowhere = await world.gateway.inject({
    url: `${path.replace("web", "nowhere")}&sku=BOLT-M8`,
    headers: by(world.key()),
  });
  assert.equal(nowhere.json().code, "unknown-channel");
  const poor = by(world.key({ scopes: ["orders:read"] }));
  assert.equal((await refused(world, "&sku=BOLT-M8", poor)).statusCode, 403);
  const head = await world.gateway.inject({
    method: "HEAD",
    url: `${path}&sku=BOLT-M8`,
    headers: by(world.key()),
  });
  assert.equal(head.statusCode, 405);
});
