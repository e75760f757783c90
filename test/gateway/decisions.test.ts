import assert from "node:assert/strict";
import { test } from "node:test";
import { warehouse } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

/** A message that has the key of another one, and other bytes. */
async function suspect(world: World): Promise<string> {
  const answer = await world.gateway.inject({
    method: "POST",
    url: `/system/v1/connectors/${warehouse}/messages`,
    headers: by(world.key()),
    payload: "other",
  });
  return answer.json().messageIds[0];
}

function posting(world: World, path: string, payload?: object) {
  return world.gateway.inject({
    method: "POST",
    url: `/system/v1/messages/${path}`,
    headers: by(world.key()),
    ...(payload === undefined ? {} : { payload }),
  });
}

const reading = (world: World, url: string, key = world.key()) =>
  world.gateway.inject({ url, headers: by(key) });

test("messages that a person must decide about are listed, and only to those whose they are", async () => {
  const world = await createWorld();
  const [first, second] = [await suspect(world), await suspect(world)];
  const page = await reading(world, "/system/v1/messages?limit=1");
  assert.deepEqual(
    page.json().messages.map((message: { messageId: string }) => message.messageId),
    [first],
  );
  assert.match(String(page.headers.link), /after=1/);
  const rest = await reading(world, `/system/v1/messages?after=${page.json().next}`);
  assert.equal(rest.json().messages[0].messageId, second);
  const stranger = world.key({ accounts: ["shop-1"] });
  assert.deepEqual((await reading(world, "/system/v1/messages", stranger)).json().messages, []);
  assert.equal((await reading(world, "/system/v1/messages?after=x")).json().code, "invalid-cursor");
});

test("a message is dismissed for a reason, once, and says who did it and why", async () => {
  const world = await createWorld();
  const id = await suspect(world);
  const dismissed = await posting(world, `${id}/dismiss`, { because: "sent again as 124" });
  assert.equal(dismissed.statusCode, 200);
  const { message, already } = dismissed.json();
  assert.deepEqual([message.state, already], ["dismissed", false]);
  assert.match(message.dismissed.because, /^sent again as 124 \(.+\)$/);
  const again = await posting(world, `${id}/dismiss`, { because: "another reason" });
  assert.deepEqual(again.json(), { message, already: true }, "the first decision stands");
  assert.deepEqual((await reading(world, "/system/v1/messages")).json().messages, []);
});

for (const payload of [{}, { because: "" }, { because: "    " }, { because: "x".repeat(501) }]) {
  test(`a message is not dismissed for the reason ${JSON.stringify(payload).slice(0, 30)}`, async () => {
    const world = await createWorld();
    const id = await suspect(world);
    const answer = await posting(world, `${id}/dismiss`, payload);
    assert.equal(answer.json().code, "invalid-request");
  });
}

test("a message that counts is not dismissed, and releasing it changes nothing", async () => {
  const world = await createWorld();
  const id = await suspect(world);
  assert.equal((await posting(world, `${id}/release`)).json().message.state, "stored");
  const refused = await posting(world, `${id}/dismiss`, { because: "too late" });
  assert.deepEqual([refused.statusCode, refused.json().code], [409, "message-not-troubled"]);
  assert.equal((await posting(world, `${id}/release`)).statusCode, 200);
});

test("a message of another account, and one that there is none of, are not found alike", async () => {
  const world = await createWorld();
  const id = await suspect(world);
  const stranger = by(world.key({ accounts: ["shop-1"] }));
  for (const messageId of [id, "msg-nowhere"]) {
    for (const [method, path, payload] of [
      ["GET", "content", undefined],
      ["POST", "release", undefined],
      ["POST", "dismiss", { because: "not mine" }],
    ] as const) {
      const url = `/system/v1/messages/${messageId}/${path}`;
      const answer = await world.gateway.inject({
        method,
        url,
        headers: stranger,
        ...(payload === undefined ? {} : { payload }),
      });
      assert.equal(answer.json().code, "not-found", `${method} ${path}`);
    }
  }
  assert.equal(world.memory.messages.messages.get(id)?.state, "suspect");
});
