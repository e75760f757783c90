import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const url = "/system/v1/documents";

const reading = (world: World, query = "", key = world.key()) =>
  world.gateway.inject({ url: url + query, headers: by(key) });

const posting = (world: World, path: string, payload?: object, key = world.key()) =>
  world.gateway.inject({
    method: "POST",
    url: `${url}/${path}`,
    headers: by(key),
    ...(payload === undefined ? {} : { payload }),
  });

const because = { because: "told by telephone" };

test("documents that could not be sent are listed by pages, and only to those whose they are", async () => {
  const world = await createWorld();
  const page = await reading(world, "?limit=1");
  const [first] = page.json().documents;
  assert.deepEqual([first.documentId, first.state], ["refused-1", "refused"]);
  assert.match(first.problem, /no name that the partner knows/);
  assert.match(String(page.headers.link), /after=1/);
  const rest = await reading(world, `?state=refused&after=${page.json().next}`);
  assert.equal(rest.json().documents[0].documentId, "refused-2");
  assert.deepEqual((await reading(world, "", world.key({ accounts: ["shop-1"] }))).json().documents, []);
  assert.equal((await reading(world, "?state=lost")).json().code, "invalid-request");
  assert.equal((await reading(world, "?after=x")).json().code, "invalid-cursor");
});

test("a document is dismissed for a reason, once, and may be sent after all", async () => {
  const world = await createWorld();
  const { document, already } = (await posting(world, "refused-1/dismiss", because)).json();
  assert.deepEqual([document.state, already], ["dismissed", false]);
  assert.match(document.dismissed.because, /^told by telephone \(.+\)$/);
  const again = await posting(world, "refused-1/dismiss", { because: "another reason" });
  assert.deepEqual(again.json(), { document, already: true }, "the first decision stands");
  assert.equal((await reading(world)).json().documents.length, 1);
  assert.equal((await reading(world, "?state=dismissed")).json().documents.length, 1);

  const retried = (await posting(world, "refused-1/retry")).json();
  assert.deepEqual([retried.document.state, retried.already], ["queued", false]);
  assert.equal((await posting(world, "refused-1/retry")).json().already, true);
  const late = await posting(world, "refused-1/dismiss", because);
  assert.equal(late.statusCode, 409);
  assert.equal(late.json().code, "document-not-refused");
  assert.match(late.json().detail, /is queued/);
});

test("nobody decides about a document that is not theirs, or without the scope and a reason", async () => {
  const world = await createWorld();
  const stranger = world.key({ accounts: ["shop-1"] });
  assert.equal((await posting(world, "refused-1/retry", undefined, stranger)).statusCode, 404);
  assert.equal((await posting(world, "refused-1/dismiss", because, stranger)).statusCode, 404);
  assert.equal((await posting(world, "nothing/dismiss", because)).statusCode, 404);
  const reader = world.key({ scopes: ["documents:read"] });
  assert.equal((await posting(world, "refused-1/retry", undefined, reader)).json().code, "missing-scope");
  assert.equal((await posting(world, "refused-1/dismiss", {})).json().code, "invalid-request");
});
