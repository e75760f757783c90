import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { describe, test } from "node:test";
import { isHttpFailure } from "../src/index.ts";
import { fakeServer, loopbackIo, RESPONSE_BYTES_MAX } from "../src/testing/index.ts";

/** Longer than it takes a busy machine to connect to itself. */
const TIME_TO_CONNECT_MS = 2_000;

/** Opens a server on a free port, and gives its address. */
async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : undefined}`;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
}

describe("the IO of tests", () => {
  test("says that nothing was sent when nobody listens", async () => {
    const server = await fakeServer({ handle: () => ({ status: 200 }) });
    await server.close();
    const outcome = await loopbackIo().http({ method: "GET", url: server.url });
    assert.ok(isHttpFailure(outcome));
    assert.equal(outcome.sent, false);
  });

  test("says that it may have been sent when the answer does not come in time", async () => {
    const silent = createServer(() => undefined);
    const url = await listening(silent);
    const outcome = await loopbackIo().http({ method: "GET", url, timeoutMs: TIME_TO_CONNECT_MS });
    await closed(silent);
    assert.deepEqual(outcome, { failed: `no answer within ${TIME_TO_CONNECT_MS} ms`, sent: true });
  });

  test("does not wait for an answer that a fake server was told to hold back", async () => {
    const server = await fakeServer({ handle: () => ({ status: 200 }) });
    server.failNext({ kind: "timeout-after-effect" });
    const outcome = await loopbackIo().http({ method: "GET", url: server.url });
    await server.close();
    assert.deepEqual(outcome, { failed: "no answer will come", sent: true });
  });

  test("gives redirects back instead of following them", async () => {
    const server = await fakeServer({ handle: () => ({ status: 302, headers: { location: "/elsewhere" } }) });
    const outcome = await loopbackIo().http({ method: "GET", url: server.url });
    await server.close();
    assert.equal(isHttpFailure(outcome) ? outcome.failed : outcome.status, 302);
    assert.equal(server.callCount(), 1);
  });

  test("gives up on an answer without end", async () => {
    const endless = createServer((_request, response) => {
      const chunk = Buffer.alloc(256 * 1024);
      const more = (): void => {
        if (response.destroyed) return;
        if (response.write(chunk)) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    });
    const outcome = await loopbackIo().http({ method: "GET", url: await listening(endless) });
    await closed(endless);
    assert.deepEqual(outcome, {
      failed: `the answer is larger than ${RESPONSE_BYTES_MAX} bytes`,
      sent: true,
    });
  });

  for (const url of ["http://example.com/", "https://127.0.0.1/", "file:///x", "not an address", ""]) {
    test(`does not go to ${JSON.stringify(url)}`, async () => {
      const outcome = await loopbackIo().http({ method: "GET", url });
      assert.ok(isHttpFailure(outcome));
      assert.equal(outcome.sent, false);
    });
  }

  test("a header that cannot be written is a failure and not an exception", async () => {
    const headers = { "x-id": "a\nb" };
    const outcome = await loopbackIo().http({ method: "GET", url: "http://127.0.0.1:9", headers });
    assert.ok(isHttpFailure(outcome));
    assert.equal(outcome.sent, false);
  });
});
