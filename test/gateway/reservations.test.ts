import assert from "node:assert/strict";
import { test } from "node:test";
import { platformErrors, Retryable } from "../../src/platform/index.ts";
import { boltRequest, by, createWorld, type World } from "./world.ts";

const url = "/process/v1/reservations";

async function reserving(world: World, units: number, headers: Record<string, string> = {}) {
  return world.gateway.inject({
    method: "POST",
    url,
    headers: by(world.key(), headers),
    payload: boltRequest(units),
  });
}

test("what was reserved is answered with 201 and where to find it", async () => {
  const world = await createWorld();
  const answer = await reserving(world, 3);
  assert.equal(answer.statusCode, 201);
  const body = answer.json();
  assert.equal(body.outcome, "reserved");
  const [made] = body.reservations;
  assert.equal(answer.headers.location, `${url}/${made.reservationId}`);
  const read = await world.gateway.inject({ url: `${url}/${made.reservationId}`, headers: by(world.key()) });
  assert.deepEqual(read.json(), made);
});

test("sold out is a conflict that says by how much each line was short", async () => {
  const world = await createWorld();
  const answer = await reserving(world, 103);
  assert.equal(answer.statusCode, 409);
  const problem = answer.json();
  assert.equal(problem.code, "insufficient-stock");
  assert.equal(problem.rejections[0].shortBy, 3);
  assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
});

test("part of an order is answered with 201, and the rest with its reason", async () => {
  const world = await createWorld();
  const [line] = [
    { lineId: "2", item: { scheme: "sku", value: "GONE" }, quantity: { value: 1, unit: "EA" } },
  ];
  const request = boltRequest(1);
  const lines = "lines" in request && Array.isArray(request.lines) ? [...request.lines, line] : [];
  const answer = await world.gateway.inject({
    method: "POST",
    url,
    headers: by(world.key()),
    payload: { ...request, lines },
  });
  assert.equal(answer.statusCode, 201);
  assert.equal(answer.json().outcome, "partly-reserved");
  assert.equal(answer.json().rejections[0].reason, "unknown-item");
});

test("two lines of one name are refused in the words that refuse such an order, and nothing is reserved", async () => {
  const world = await createWorld();
  const line = (lineId: string) => ({
    lineId,
    item: { scheme: "sku", value: "BOLT-M8" },
    quantity: { value: 60, unit: "EA" },
  });
  const payload = { channelId: "web", lines: ["1", "2", "1"].map(line) };
  const answer = await world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload });
  assert.equal(answer.statusCode, 400);
  const { code, detail, errors } = answer.json();
  assert.equal(code, "invalid-request");
  assert.match(detail, /^Two lines are called 1\. /);
  assert.deepEqual(errors, [{ pointer: "/lines/2/lineId", message: "is the id of another line too" }]);
  assert.equal((await reserving(world, 100)).statusCode, 201, "all that there is can still be had");
});

test("unknown names are not a matter of stock: asking again would not help", async () => {
  const world = await createWorld();
  const lines = [{ lineId: "1", item: { scheme: "sku", value: "GONE" }, quantity: { value: 1, unit: "EA" } }];
  const payload = { channelId: "web", lines };
  const answer = await world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload });
  assert.equal(answer.statusCode, 422);
  assert.equal(answer.json().code, "unresolvable-lines");
  assert.equal(answer.json().rejections[0].reason, "unknown-item");
});

test("a channel that does not exist is named", async () => {
  const world = await createWorld();
  const payload = { ...boltRequest(1), channelId: "nowhere" };
  const answer = await world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload });
  assert.equal(answer.json().code, "unknown-channel");
  assert.match(answer.json().detail, /nowhere/);
});

test("a repeated key gets the first answer, refusals included, with a header that says so", async () => {
  const world = await createWorld();
  for (const units of [3, 500]) {
    const headers = { "idempotency-key": `"key-${units}"` };
    const first = await reserving(world, units, headers);
    const again = await reserving(world, units, headers);
    assert.equal(again.statusCode, first.statusCode);
    assert.equal(again.headers["idempotent-replayed"], "true");
    assert.equal(first.headers["idempotent-replayed"], undefined);
    const { correlationId: _one, ...firstBody } = first.json();
    const { correlationId: _two, ...againBody } = again.json();
    assert.deepEqual(againBody, firstBody);
  }
  assert.equal(world.memory.reservations.reservations.size, 1);
});

test("a key with another payload is refused, and one that cannot be read as well", async () => {
  const world = await createWorld();
  const headers = { "idempotency-key": "k" };
  await reserving(world, 3, headers);
  const reused = await reserving(world, 4, headers);
  assert.equal(reused.statusCode, 422);
  assert.equal(reused.json().code, "idempotency-key-reused");
  const malformed = await reserving(world, 4, { "idempotency-key": "two words" });
  assert.equal(malformed.json().code, "idempotency-key-malformed");
});

test("a reservation is allocated and released; doing it twice is a success that says so", async () => {
  const world = await createWorld();
  const made: string = (await reserving(world, 3)).json().reservations[0].reservationId;
  const headers = by(world.key());
  const allocate = () => world.gateway.inject({ method: "POST", url: `${url}/${made}/allocate`, headers });
  const release = () => world.gateway.inject({ method: "DELETE", url: `${url}/${made}`, headers });
  const steps = [await allocate(), await allocate(), await release(), await release()];
  assert.deepEqual(
    steps.map((step) => [step.statusCode, step.json().reservation.state, step.json().already]),
    [
      [200, "allocated", false],
      [200, "allocated", true],
      [200, "released", false],
      [200, "released", true],
    ],
  );
  const tooLate = await allocate();
  assert.equal(tooLate.statusCode, 409);
  assert.equal(tooLate.json().code, "reservation-wrong-state");
});

test("a step without a body may still claim to carry JSON", async () => {
  const world = await createWorld();
  const made: string = (await reserving(world, 3)).json().reservations[0].reservationId;
  const headers = by(world.key(), { "content-type": "application/json" });
  const answer = await world.gateway.inject({ method: "POST", url: `${url}/${made}/allocate`, headers });
  assert.equal(answer.statusCode, 200);
});

test("an unknown reservation is not found, whatever is asked of it", async () => {
  const world = await createWorld();
  const headers = by(world.key());
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/allocate"],
  ] as const) {
    const answer = await world.gateway.inject({ method, url: `${url}/nobody${path}`, headers });
    assert.equal(answer.statusCode, 404);
    assert.equal(answer.json().code, "not-found");
  }
});

test("a commit whose outcome is unknown is answered with the advice to repeat the key", async () => {
  const unknown = new Retryable(
    platformErrors.commitOutcomeUnknown,
    "the connection was lost during a commit",
  );
  const { reservations } = (await createWorld()).memory;
  const world = await createWorld({
    replace: { reservations: { ...reservations, reserve: () => Promise.reject(unknown) } },
  });
  const answer = await reserving(world, 1);
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().code, "outcome-unknown");
});

test("a fault of ours shows the caller its correlation id and nothing else, and the operator everything", async () => {
  const { reservations } = (await createWorld()).memory;
  const broken = {
    ...reservations,
    reserve: () => Promise.reject(new TypeError("secret is not a function")),
  };
  const world = await createWorld({ replace: { reservations: broken } });
  const answer = await reserving(world, 1, { "x-correlation-id": "journey-9" });
  assert.equal(answer.statusCode, 500);
  assert.equal(answer.json().correlationId, "journey-9");
  assert.doesNotMatch(answer.body, /secret|TypeError|\.ts/);
  const [line] = world.lines.filter((each) => each.level === "error");
  assert.equal(line?.correlationId, "journey-9");
  assert.ok(line?.err instanceof TypeError);
});

test("what is wrong with a request is listed where it is, in sentences", async () => {
  const world = await createWorld();
  const faultsOf = async (payload: object) => {
    const answer = await world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload });
    assert.equal(answer.statusCode, 400);
    const problem = answer.json();
    assert.equal(problem.code, "invalid-request");
    return new Map<string, string>(
      problem.errors.map((fault: { pointer: string; message: string }) => [fault.pointer, fault.message]),
    );
  };
  const line = { lineId: "1", item: { scheme: "sku", value: "A" }, quantity: { value: 1, unit: "EA" } };
  const faults = await faultsOf({ channelId: "web!", policy: "some", lines: [{ ...line, extra: 1 }, {}] });
  assert.match(faults.get("/channelId") ?? "", /pattern/);
  assert.equal(faults.get("/policy"), "must be one of all-or-nothing, ship-complete, partial, backorder");
  assert.equal(faults.get("/lines/0/extra"), "is not known here");
  // By itself: the check stops after eight errors, and each value that a policy might have is one.
  const measured = await faultsOf({
    channelId: "web",
    lines: [{ ...line, quantity: { value: true, unit: "EA" } }],
  });
  assert.match(
    measured.get("/lines/0/quantity/value") ?? "",
    /^must be of this form: A whole number, or a decimal as text, for example 12 or "0\.5"$/,
  );
});

test("a request with too many lines is refused with the number that there may be", async () => {
  const world = await createWorld();
  const line = { lineId: "1", item: { scheme: "sku", value: "A" }, quantity: { value: 1, unit: "EA" } };
  const payload = { channelId: "web", lines: Array.from({ length: 501 }, () => line) };
  const answer = await world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload });
  assert.equal(answer.statusCode, 400);
  assert.match(answer.json().errors[0].message, /500/);
});
