import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const url = "/system/v1/dead-letters";

const reading = (world: World, query = "", key = world.key()) =>
  world.gateway.inject({ url: url + query, headers: by(key) });

const posting = (world: World, path: string, payload?: object, key = world.key()) =>
  world.gateway.inject({
    method: "POST",
    url: `${url}/${path}`,
    headers: by(key),
    ...(payload === undefined ? {} : { payload }),
  });

const because = { because: "the item was never ours" };

test("dead letters are listed by pages, by reader and by state, and only to those whose facts they are", async () => {
  const world = await createWorld();
  const page = await reading(world, "?limit=1");
  const [first] = page.json().deadLetters;
  assert.deepEqual([first.reader, first.number, first.state], ["ledger", 1, "open"]);
  assert.match(String(page.headers.link), /after=1/);
  const rest = await reading(world, `?reader=ledger&after=${page.json().next}`);
  assert.deepEqual(
    rest.json().deadLetters.map(({ number }: { readonly number: number }) => number),
    [2, 3],
  );
  const shop = await reading(world, "", world.key({ accounts: ["shop-1"] }));
  assert.deepEqual(
    shop.json().deadLetters.map(({ number }: { readonly number: number }) => number),
    [3],
  );
  assert.deepEqual((await reading(world, "?reader=orders")).json().deadLetters, []);
  assert.equal((await reading(world, "?state=taken")).json().code, "invalid-request");
  assert.equal((await reading(world, "?after=x")).json().code, "invalid-cursor");
});

test("a dead letter is taken by a retry, once, and says when it failed again", async () => {
  const world = await createWorld();
  const { deadLetter, already } = (await posting(world, "ledger/1/retry")).json();
  assert.deepEqual([deadLetter.state, already], ["taken", false]);
  assert.equal((await posting(world, "ledger/1/retry")).json().already, true);
  const failed = (await posting(world, "ledger/2/retry")).json();
  assert.deepEqual([failed.deadLetter.state, failed.deadLetter.attempts, failed.already], ["open", 4, false]);
  const late = await posting(world, "ledger/1/dismiss", because);
  assert.deepEqual([late.statusCode, late.json().code], [409, "dead-letter-taken"]);
});

test("a dead letter is dismissed for a reason, once, and may be taken after all", async () => {
  const world = await createWorld();
  const { deadLetter, already } = (await posting(world, "ledger/1/dismiss", because)).json();
  assert.deepEqual([deadLetter.state, already], ["dismissed", false]);
  assert.match(deadLetter.dismissed.because, /^the item was never ours \(.+\)$/);
  const again = await posting(world, "ledger/1/dismiss", { because: "another reason" });
  assert.deepEqual(again.json(), { deadLetter, already: true }, "the first decision stands");
  assert.equal((await reading(world, "?state=dismissed")).json().deadLetters.length, 1);
  assert.equal((await posting(world, "ledger/1/retry")).json().deadLetter.state, "taken");
});

test("nobody decides about a letter of another account, or without the scope and a reason", async () => {
  const world = await createWorld();
  const stranger = world.key({ accounts: ["shop-1"] });
  assert.equal((await posting(world, "ledger/1/retry", undefined, stranger)).statusCode, 404);
  assert.equal((await posting(world, "ledger/1/dismiss", because, stranger)).statusCode, 404);
  assert.equal((await posting(world, "ledger/99/retry")).statusCode, 404);
  const reader = world.key({ scopes: ["parked:read"] });
  assert.equal((await posting(world, "ledger/1/retry", undefined, reader)).json().code, "missing-scope");
  assert.equal((await posting(world, "ledger/1/dismiss", {})).json().code, "invalid-request");
});
