import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const asking = (world: World, path: string, method: "GET" | "POST" = "GET") =>
  world.gateway.inject({ method, url: `/system/v1/audit/${path}`, headers: by(world.key()) });

test("nothing is proved before something was signed, and then everything is", async () => {
  const world = await createWorld();
  assert.equal((await asking(world, "checkpoint")).statusCode, 404);
  for (const path of ["proof?position=8.1", "export"]) {
    const early = await asking(world, path);
    assert.equal(early.statusCode, 409);
    assert.equal(early.json().code, "not-signed-yet");
  }
  const note = await asking(world, "checkpoint", "POST");
  assert.match(String(note.headers["content-type"]), /^text\/plain/);
  assert.equal((await asking(world, "checkpoint")).body, note.body);
  const proof = (await asking(world, "proof?position=8.1")).json();
  assert.deepEqual([proof.index, proof.size, proof.checkpoint], [0, 1, note.body]);
  const lines = await asking(world, "export?first=0&limit=1");
  assert.match(String(lines.headers["content-type"]), /^application\/x-ndjson/);
  assert.equal(lines.body, "head\nfact\n");
  assert.equal((await asking(world, "consistency?from=0&to=1")).json().to, 1);
  assert.equal((await asking(world, "keys")).json().keys[0].createdAt, "2026-03-02T09:00:00.000Z");
});

for (const query of ["", "?position=soon", "?id=receipt-1", "?number=1&position=8.1", "?number=-1"]) {
  test(`a proof that is asked for by "${query}" is refused: it names no fact, or two`, async () => {
    assert.equal((await asking(await createWorld(), `proof${query}`)).json().code, "invalid-request");
  });
}

test("a fact that is not there has no proof, and a log does not shrink", async () => {
  const world = await createWorld();
  assert.equal((await asking(world, "proof?position=9.9")).json().code, "not-found");
  assert.equal((await asking(world, "consistency?from=1&to=0")).json().code, "invalid-request");
});
