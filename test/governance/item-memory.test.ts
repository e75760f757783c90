import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, type Reference, referenceText } from "@crossdock/canonical";
import { createItemMemory, ITEM_MEMORY_MS } from "../../src/governance/item-memory-service.ts";
import type { ResolvedItem } from "../../src/governance/resolve.ts";
import { manualClock } from "../support/clock.ts";

const knownAs = (id: string): ResolvedItem => ({
  ...{ itemId: itemId(id), sku: id, description: id, baseUnit: "EA", tracking: "none" },
  ...{ itemClass: undefined, units: new Map(), components: [] },
});

const called = (value: string): Reference => ({ scheme: "sku", value });

/** A memory over somebody who knows items by any name but "nobody", and answers when told to. */
function bench() {
  const clock = manualClock();
  const questions: { readonly asked: readonly string[]; readonly end: PromiseWithResolvers<void> }[] = [];
  const waiting: (() => void)[] = [];
  const memory = createItemMemory({
    clock,
    async ask(references) {
      const end = Promise.withResolvers<void>();
      const number = questions.push({ asked: references.map(({ value }) => value), end });
      for (const tell of waiting.splice(0)) tell();
      await end.promise;
      return new Map(
        references
          .filter(({ value }) => value !== "nobody")
          .map((reference) => [referenceText(reference), knownAs(`${reference.value}.${number}`)]),
      );
    },
  });
  const untilAsked = async (count: number) => {
    while (questions.length < count) await new Promise<void>((tell) => waiting.push(tell));
  };
  const resolve = async (...names: readonly string[]) => {
    const items = await memory.resolve(names.map(called));
    return names.map((name) => items.get(referenceText(called(name)))?.itemId);
  };
  return { clock, questions, untilAsked, memory, resolve };
}

test("callers of one turn share one question, and each is told of its own", async () => {
  const { questions, untilAsked, resolve } = bench();
  const answers = Promise.all([resolve("a", "b"), resolve("b", "nobody"), resolve("c")]);
  await untilAsked(1);
  assert.deepEqual(questions[0]?.asked, ["a", "b", "nobody", "c"]);
  questions[0]?.end.resolve();
  assert.deepEqual(await answers, [["a.1", "b.1"], ["b.1", undefined], ["c.1"]]);
});

test("what is being asked is not asked again, and what is remembered is not asked at all", async () => {
  const { clock, questions, untilAsked, memory, resolve } = bench();
  const first = resolve("a");
  await untilAsked(1);
  const second = resolve("a", "b");
  await untilAsked(2);
  assert.deepEqual(questions[1]?.asked, ["b"]);
  for (const { end } of questions) end.resolve();
  assert.deepEqual([await first, await second], [["a.1"], ["a.1", "b.2"]]);
  assert.ok(memory.recall(["a", "b"].map(called)));
  clock.advance(ITEM_MEMORY_MS + 1);
  assert.equal(memory.recall([called("a")]), undefined);
});

test("who asks after a change is not told what was read before it", async () => {
  const { questions, untilAsked, memory, resolve } = bench();
  const before = resolve("a");
  await untilAsked(1);
  memory.forget();
  const after = resolve("a");
  await untilAsked(2);
  questions[1]?.end.resolve();
  assert.deepEqual(await after, ["a.2"]);
  questions[0]?.end.resolve();
  await before;
  assert.deepEqual(await resolve("a"), ["a.2"], "the late answer was remembered");
  assert.equal(questions.length, 2);
});

test("a question that fails is told to all who asked it, and asked again", async () => {
  const { questions, untilAsked, resolve } = bench();
  const answers = Promise.allSettled([resolve("a"), resolve("b")]);
  await untilAsked(1);
  questions[0]?.end.reject(new Error("no line"));
  assert.deepEqual(
    (await answers).map(({ status }) => status),
    ["rejected", "rejected"],
  );
  const again = resolve("a");
  await untilAsked(2);
  questions[1]?.end.resolve();
  assert.deepEqual(await again, ["a.2"]);
});
