import assert from "node:assert/strict";
import { test } from "node:test";
import { openHttpIo } from "../../src/integration/index.ts";
import { systemClock, systemIds } from "../../src/platform/index.ts";
import { listen } from "./partner.ts";

const http = openHttpIo({ clock: systemClock, ids: systemIds(), version: "9.8.7", responseBytesMax: 1_000 });
const io = http.until(new AbortController().signal);

test("a call carries our user agent and its length, and the answer comes back in bytes with lower-case names", async (t) => {
  const seen: unknown[] = [];
  const listener = await listen(({ request, response }) => {
    seen.push(request.headers["user-agent"], request.headers["content-length"], request.headers["x-own"]);
    response.writeHead(201, { "X-Reply": "Yes" }).end("taken");
  });
  t.after(listener.close);
  const answer = await io.http({
    method: "POST",
    url: listener.url,
    headers: { "x-own": "1" },
    body: "grüße",
  });
  assert.ok("status" in answer);
  assert.deepEqual(seen, ["crossdock/9.8.7", "7", "1"]);
  assert.deepEqual(
    [answer.status, answer.headers["x-reply"], new TextDecoder().decode(answer.body)],
    [201, "Yes", "taken"],
  );
  assert.equal(listener.bodies[0], "grüße");
});

test("a redirect is an answer and is never followed", async (t) => {
  const listener = await listen(({ response }) => response.writeHead(307, { location: "/elsewhere" }).end());
  t.after(listener.close);
  const answer = await io.http({ method: "POST", url: listener.url, body: "x" });
  assert.equal("status" in answer && answer.status, 307);
  assert.equal(listener.bodies.length, 1);
});

test("a refused connection cannot have been heard", async () => {
  const listener = await listen(({ response }) => response.end());
  await listener.close();
  const answer = await io.http({ method: "GET", url: listener.url });
  assert.ok("failed" in answer);
  assert.equal(answer.sent, false);
  assert.match(answer.failed, /ECONNREFUSED/);
});

test("a name that nobody knows, and an address that is none, cannot have been heard", async () => {
  for (const url of ["http://no-such-host.invalid/", "ftp://127.0.0.1/", "nonsense"]) {
    const answer = await io.http({ method: "GET", url, timeoutMs: 30_000 });
    assert.ok("failed" in answer && !answer.sent, url);
  }
});

test("a handshake that fails has sent nothing", async (t) => {
  const listener = await listen(({ response }) => response.end());
  t.after(listener.close);
  const answer = await io.http({ method: "POST", url: listener.url.replace("http:", "https:"), body: "x" });
  assert.ok("failed" in answer && !answer.sent);
});

test("no answer in time may have been heard", async (t) => {
  const listener = await listen(() => undefined);
  t.after(listener.close);
  // Long enough for a busy machine to have connected and written.
  const answer = await io.http({ method: "POST", url: listener.url, body: "x", timeoutMs: 2_000 });
  assert.deepEqual(answer, { failed: "no answer within 2000 ms", sent: true });
});

test("a connection that breaks after the request may have been heard, also a kept one", async (t) => {
  let calls = 0;
  const listener = await listen(({ request, response }) => {
    calls += 1;
    if (calls === 1) response.end("fine");
    else request.socket.destroy();
  });
  t.after(listener.close);
  for (const expected of [200, true, true]) {
    const answer = await io.http({ method: "POST", url: listener.url, body: "x" });
    assert.equal("status" in answer ? answer.status : answer.sent, expected);
  }
});

test("an answer without end is cut off", async (t) => {
  const listener = await listen(({ response }) => response.end(Buffer.alloc(10_000)));
  t.after(listener.close);
  const answer = await io.http({ method: "GET", url: listener.url });
  assert.deepEqual(answer, { failed: "the answer is larger than 1000 bytes", sent: true });
});

test("a call ends when its caller is stopped", async (t) => {
  const listener = await listen(() => undefined);
  t.after(listener.close);
  const end = new AbortController();
  const running = http.until(end.signal).http({ method: "POST", url: listener.url, body: "x" });
  await listener.called(1);
  end.abort();
  assert.deepEqual(await running, { failed: "the call was ended before it was answered", sent: true });
  const late = await http.until(end.signal).http({ method: "POST", url: listener.url, body: "x" });
  assert.ok("failed" in late && !late.sent);
});
