import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type BatcherOptions, createBatcher } from "../../src/availability/batcher-service.ts";

/** A batcher whose batches wait until they are told to end, and what it has begun. */
function bench(options: Partial<BatcherOptions<string, string>> = {}) {
  const begun: { readonly requests: readonly string[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const events: string[] = [];
  const batcher = createBatcher<string, string>({
    what: "wishes",
    batchMax: 3,
    parallel: 2,
    patienceMs: 60_000,
    waitingMax: 5,
    async run(requests) {
      const end = Promise.withResolvers<void>();
      begun.push({ requests, end });
      events.push(`begun ${requests.join("")}`);
      await end.promise;
      return requests.map((request) =>
        request === "x"
          ? { status: "rejected", reason: new Error("x cannot be decided") }
          : { status: "fulfilled", value: request.toUpperCase() },
      );
    },
    ...options,
  });
  const submit = (request: string) =>
    batcher.submit(request).then((answer) => {
      events.push(`told ${answer}`);
      return answer;
    });
  return { begun, events, submit, end: (index: number) => begun[index]?.end.resolve() };
}

test("a lone request has a batch of its own, and waits for nobody", async () => {
  const { begun, submit, end } = bench();
  const answer = submit("a");
  await turn();
  assert.deepEqual(begun[0]?.requests, ["a"]);
  end(0);
  assert.equal(await answer, "A");
});

test("what comes in one turn shares a batch, and what comes meanwhile gathers for the next", async () => {
  const { begun, submit, end } = bench();
  const first = ["a", "b"].map(submit);
  await turn();
  const second = ["c", "d"].map(submit);
  await turn();
  assert.deepEqual(
    begun.map(({ requests }) => requests),
    [["a", "b"]],
  );
  end(0);
  assert.deepEqual(await Promise.all(first), ["A", "B"]);
  end(1);
  assert.deepEqual(await Promise.all(second), ["C", "D"]);
  assert.equal(begun.length, 2);
});

test("the next batch leaves before the answers of the last are told", async () => {
  const { events, submit, end } = bench();
  const first = submit("a");
  await turn();
  const second = submit("b");
  end(0);
  await first;
  assert.deepEqual(events, ["begun a", "begun b", "told A"]);
  end(1);
  await second;
});

test("a batch that is held up does not hold up those behind it for longer than patience lasts", async () => {
  const { begun, submit, end } = bench({ patienceMs: 1 });
  const held = submit("a");
  await turn();
  const free = submit("b");
  while (begun.length < 2) await turn();
  end(1);
  assert.equal(await free, "B");
  end(0);
  assert.equal(await held, "A");
});

test("no more batches are under way than may be, and none is larger than it may be", async () => {
  const { begun, submit, end } = bench({ patienceMs: 0 });
  const answers = [..."abcde"].map(submit);
  await turn();
  answers.push(...[..."fg"].map(submit));
  await turn();
  assert.deepEqual(
    begun.map(({ requests }) => requests.join("")),
    ["abc", "de"],
  );
  end(0);
  await answers[0];
  assert.equal(begun[2]?.requests.join(""), "fg");
  end(1);
  end(2);
  assert.equal((await Promise.all(answers)).join(""), "ABCDEFG");
});

test("a batch that fails tells each of its requests, and the next goes on", async () => {
  const { submit, begun, end } = bench();
  const failing = [..."ab"].map(submit);
  await turn();
  const next = submit("c");
  begun[0]?.end.reject(new Error("no database"));
  for (const one of failing) await assert.rejects(one, /no database/);
  end(1);
  assert.equal(await next, "C");
});

test("a request that cannot be decided fails alone", async () => {
  const { submit, end } = bench();
  const [first, bad, last] = [..."axb"].map(submit);
  await turn();
  end(0);
  await assert.rejects(bad ?? Promise.resolve(), /x cannot be decided/);
  assert.deepEqual(await Promise.all([first, last]), ["A", "B"]);
});

test("beyond the number that may wait a request is refused at once, with a time to come back", async () => {
  const { submit, end } = bench();
  const answers = [..."abcde"].map(submit);
  await assert.rejects(submit("f"), (error: unknown) => {
    assert.ok(error instanceof Error && "code" in error && "delayMs" in error);
    assert.equal(error.code, "availability.admission-overloaded");
    return true;
  });
  await turn();
  end(0);
  await answers[0];
  end(1);
  assert.equal((await Promise.all(answers)).join(""), "ABCDE");
});
