import assert from "node:assert/strict";
import { test } from "node:test";
import type { InjectOptions } from "fastify";
import { shop, warehouse } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

function delivering(world: World, payload: string | Buffer, headers: Record<string, string>, account = shop) {
  const options: InjectOptions = {
    method: "POST",
    url: `/system/v1/connectors/${account}/messages`,
    headers,
    payload,
  };
  return world.gateway.inject(options);
}

test("a message is acknowledged with what became of it and where to see more", async () => {
  const world = await createWorld();
  const answer = await delivering(world, "hello", by(world.key()));
  assert.equal(answer.statusCode, 202);
  const { messageIds } = answer.json();
  assert.deepEqual(answer.json(), { answer: "stored", messageIds });
  assert.equal(answer.headers.location, `/system/v1/messages/${messageIds[0]}`);
  const status = await world.gateway.inject({
    url: `/system/v1/messages/${messageIds[0]}`,
    headers: by(world.key()),
  });
  assert.equal(status.json().state, "mapped");
  assert.equal((await delivering(world, "again", by(world.key()))).json().answer, "duplicate");
  assert.equal((await delivering(world, "other", by(world.key()))).json().answer, "suspect");
});

const types = [
  "application/json",
  "application/edi-x12",
  "text/plain; charset=latin1",
  "multipart/form-data",
  "not a type",
  "",
];

for (const type of types) {
  test(`bytes of the type ${JSON.stringify(type)} arrive as they were sent`, async () => {
    const world = await createWorld();
    const bytes = Buffer.from([0, 255, 123, 34, 10, 13, 0xc3, 0x28, 65]);
    const headers = by(world.key(), type === "" ? {} : { "content-type": type });
    const answer = await delivering(world, bytes, headers);
    assert.equal(answer.statusCode, 202);
    const [delivery] = world.memory.messages.deliveries;
    assert.ok(delivery !== undefined && bytes.equals(delivery.body));
    if (type !== "") assert.equal(delivery.headers["content-type"], type);
  });
}

test("a connector's signature proves a message without an API key", async () => {
  const world = await createWorld();
  const answer = await delivering(world, "hello", {
    "x-signature": "right",
    "x-correlation-id": "journey-2",
  });
  assert.equal(answer.statusCode, 202);
  const [delivery] = world.memory.messages.deliveries;
  assert.equal(delivery?.clientId, undefined);
  assert.equal(delivery?.correlationId, "journey-2");
});

test("a message with neither signature nor key is not genuine, and the answer says what to mend", async () => {
  const world = await createWorld();
  const answer = await delivering(world, "hello", { "x-signature": "wrong" });
  assert.equal(answer.statusCode, 401);
  assert.equal(answer.json().code, "message-not-genuine");
  assert.match(answer.json().detail, /x-signature/);
});

test("a key that is wrong is refused even where none is needed", async () => {
  const world = await createWorld();
  const answer = await delivering(world, "hello", by(`${world.key()}x`, { "x-signature": "right" }));
  assert.equal(answer.json().code, "invalid-api-key");
});

test("our API key is not handed on to be stored, and a connector's own token is", async () => {
  const world = await createWorld();
  await delivering(world, "hello", by(world.key()));
  await delivering(world, "hello", { authorization: "Bearer partner-token", "x-signature": "right" });
  assert.deepEqual(
    world.memory.messages.deliveries.map((delivery) => delivery.headers.authorization),
    [undefined, "Bearer partner-token"],
  );
});

test("Prefer: wait gives what was made of the message, once it was mapped", async () => {
  const world = await createWorld();
  const quick = await delivering(world, "hello", by(world.key(), { prefer: "wait=5" }));
  assert.equal(quick.statusCode, 200);
  assert.equal(quick.headers["preference-applied"], "wait=5");
  assert.equal(quick.json().messages[0].applied, 1);
  const slow = await delivering(world, "slow", by(world.key(), { prefer: "wait=60" }));
  assert.equal(slow.statusCode, 202);
  assert.equal(slow.headers["preference-applied"], "wait=10");
  assert.equal(slow.json().messages[0].state, "stored");
});

const refusals = [
  { says: "an account that does not exist", payload: "x", account: "nobody", code: "unknown-account" },
  {
    says: "bytes in which the connector finds nothing",
    payload: "void",
    account: shop,
    code: "message-refused",
  },
  { says: "no bytes at all", payload: "", account: warehouse, code: "message-refused" },
  { says: "an account that cannot be one", payload: "x", account: "a%20b", code: "invalid-request" },
];

for (const { says, payload, account, code } of refusals) {
  test(`${says} is refused with ${code}`, async () => {
    const world = await createWorld();
    const url = `/system/v1/connectors/${account}/messages`;
    const answer = await world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload });
    assert.equal(answer.json().code, code);
  });
}

test("a compressed body is refused, because its size and its signature would be another's", async () => {
  const world = await createWorld();
  const answer = await delivering(world, "x", by(world.key(), { "content-encoding": "gzip" }));
  assert.equal(answer.statusCode, 415);
  assert.equal(answer.json().code, "unsupported-encoding");
});

test("a message can be fetched as it arrived, by whoever may see its account", async () => {
  const world = await createWorld();
  const bytes = Buffer.from([0, 255, 123, 34, 10, 13, 0xc3, 0x28, 65]);
  const sent = await delivering(world, bytes, by(world.key(), { "content-type": "application/edi-x12" }));
  const url = `${sent.headers.location}/content`;
  const fetched = await world.gateway.inject({ url, headers: by(world.key()) });
  assert.equal(fetched.statusCode, 200);
  assert.ok(bytes.equals(fetched.rawPayload));
  assert.equal(fetched.headers["content-type"], "application/edi-x12");
  assert.match(String(fetched.headers["content-disposition"]), /^attachment/);
  const other = await world.gateway.inject({ url, headers: by(world.key({ accounts: [warehouse] })) });
  assert.equal(other.statusCode, 404);
  const blind = await world.gateway.inject({ url, headers: by(world.key({ scopes: ["parked:write"] })) });
  assert.equal(blind.json().code, "missing-scope");
});

test("a suspect message is listed until a person releases it, and releasing it again says so", async () => {
  const world = await createWorld();
  const path = "/system/v1/messages";
  const list = async (key: string) =>
    (await world.gateway.inject({ url: path, headers: by(key) })).json().messages;
  await delivering(world, "hello", by(world.key()));
  const sent = await delivering(world, "other", by(world.key()));
  const [id] = sent.json().messageIds;
  assert.deepEqual(
    (await list(world.key())).map((message: { messageId: string; state: string }) => [
      message.messageId,
      message.state,
    ]),
    [[id, "suspect"]],
  );
  assert.deepEqual(await list(world.key({ accounts: [warehouse] })), []);

  const release = (key: string) =>
    world.gateway.inject({ method: "POST", url: `${path}/${id}/release`, headers: by(key) });
  assert.equal((await release(world.key({ accounts: [warehouse] }))).statusCode, 404);
  assert.equal((await release(world.key({ scopes: ["messages:read"] }))).json().code, "missing-scope");
  const first = await release(world.key());
  assert.deepEqual([first.json().message.state, first.json().already], ["stored", false]);
  assert.equal((await release(world.key())).json().already, true);
  assert.deepEqual(await list(world.key()), []);
});

test("a cursor of another list is refused", async () => {
  const world = await createWorld();
  const answer = await world.gateway.inject({
    url: "/system/v1/messages?after=x~y",
    headers: by(world.key()),
  });
  assert.equal(answer.json().code, "invalid-cursor");
});
