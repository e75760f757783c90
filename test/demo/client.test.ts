import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { until } from "../../src/demo/client-service.ts";

describe("waiting until a signal", () => {
  it("ends the program over nothing that fails when nobody waits for it any more", async () => {
    // The test runner fails a test during which a rejection was left unhandled.
    await until(Promise.reject(new Error("the disk is full")), AbortSignal.abort());
    const end = new AbortController();
    const { promise, reject } = Promise.withResolvers<void>();
    const waiting = until(promise, end.signal);
    end.abort();
    await waiting;
    reject(new Error("this operation was aborted"));
    await setImmediate();
  });

  it("passes on what fails while it waits", async () => {
    const failing = until(Promise.reject(new Error("refused")), new AbortController().signal);
    await assert.rejects(failing, /refused/);
  });
});
