/** The decisions of a publication, for answers that the fake shop never gives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PublicationRow } from "@crossdock/connector-kit";
import type { AdminAnswer } from "../src/admin.ts";
import { afterCall, beginPublication, nextStep, publicationAnswer } from "../src/publisher.ts";
import { row } from "./support.ts";

const RESERVE = 100;
const listingOf = (index: number) => `gid://shopify/InventoryItem/${index}`;

/** Plays a publication against a list of answers; gives what was done, and the outcomes with what the shop shows. */
function play(rows: readonly PublicationRow[], answers: readonly AdminAnswer[]) {
  let state = beginPublication(rows);
  const done: string[] = [];
  for (const [index, answer] of answers.entries()) {
    const step = nextStep(state, RESERVE);
    if (step.do === "stop") break;
    const key = (step.do === "set" ? step.key : undefined) ?? `key-${index}`;
    done.push(step.do === "set" ? `set ${step.rows.length} under ${key}` : step.do);
    state = afterCall(state, step, answer, key);
  }
  const { outcomes } = publicationAnswer(state, { do: "stop" }, RESERVE);
  return {
    done,
    outcomes: rows.map(({ itemId }) => {
      const outcome = outcomes.find((candidate) => candidate.itemId === itemId);
      return outcome?.result === "stale" ? `stale at ${outcome.shows}` : outcome?.result;
    }),
  };
}

const setAnswer = (...userErrors: readonly object[]): AdminAnswer => ({
  is: "data",
  data: { inventorySetQuantities: { userErrors } },
});
const shows = (...quantities: readonly number[]): AdminAnswer => ({
  is: "data",
  data: {
    nodes: quantities.map((quantity, index) => ({
      id: listingOf(index),
      inventoryLevel: { quantities: [{ name: "available", quantity }] },
    })),
  },
});
const STALE = { code: "CHANGE_FROM_QUANTITY_STALE", message: "stale" };

test("a stale error that names no row is found out by reading: the rows that still show what we believed go again", () => {
  const rows = [row(listingOf(0), 1, 10), row(listingOf(1), 2, 20), row(listingOf(2), 3, 30)];
  const played = play(rows, [setAnswer({ ...STALE, field: null }), shows(10, 19, 30), setAnswer()]);
  assert.deepEqual(played.done, ["set 3 under key-0", "read", "set 2 under key-2"]);
  assert.deepEqual(played.outcomes, ["published", "stale at 19", "published"]);
});

test("a number that is stale only since our own lost call is ours, when it is the one that we sent", () => {
  const rows = [row(listingOf(0), 1, 10), row(listingOf(1), 2, 20)];
  const lost: AdminAnswer = { is: "unknown", reason: "no answer" };
  const stale = [0, 1].map((index) => ({ ...STALE, field: ["input", "quantities", String(index)] }));
  const played = play(rows, [lost, setAnswer(...stale), shows(1, 5)]);
  assert.deepEqual(played.done, ["set 2 under key-0", "set 2 under key-0", "read"]);
  assert.deepEqual(played.outcomes, ["published", "stale at 5"]);
});

test("an error about the whole call refuses all of its rows, and one about a row that row", () => {
  const rows = [row(listingOf(0), 1, 10), row(listingOf(1), 2, 20)];
  const whole = play(rows, [
    setAnswer({ code: "INVALID_REASON", field: ["input", "reason"], message: "no" }),
  ]);
  assert.deepEqual(whole.outcomes, ["refused", "refused"]);
  const one = {
    code: "NON_MUTABLE_INVENTORY_ITEM",
    field: ["input", "quantities", "1"],
    message: "a bundle",
  };
  const played = play(rows, [setAnswer(one), setAnswer()]);
  assert.deepEqual(played.outcomes, ["published", "refused"]);
});

test("a row that stays unknown after two sends and a look is tried again", () => {
  const rows = [row(listingOf(0), 1, 10)];
  const lost: AdminAnswer = { is: "unknown", reason: "no answer" };
  const played = play(rows, [lost, lost, lost]);
  assert.deepEqual(played.done, ["set 1 under key-0", "set 1 under key-0", "read"]);
  assert.deepEqual(played.outcomes, ["retry"]);
});

test("an item that Shopify will not stock is refused with Shopify's words, after one more look", () => {
  const rows = [row(listingOf(0), 1)];
  const unstocked: AdminAnswer = {
    is: "data",
    data: { nodes: [{ id: listingOf(0), inventoryLevel: null }] },
  };
  const refusal: AdminAnswer = {
    is: "data",
    data: { inventoryActivate: { userErrors: [{ field: null, message: "The location is closed" }] } },
  };
  let state = beginPublication(rows);
  for (const answer of [unstocked, refusal, unstocked]) {
    const step = nextStep(state, RESERVE);
    assert.ok(step.do !== "stop");
    state = afterCall(state, step, answer, "key");
  }
  const [outcome] = publicationAnswer(state, { do: "stop" }, RESERVE).outcomes;
  assert.ok(outcome?.result === "refused");
  assert.match(outcome.reason, /The location is closed/);
});

test("a publication ends, whatever Shopify answers", () => {
  const endless = setAnswer({ code: "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", field: null, message: "again" });
  const played = play(
    [row(listingOf(0), 1, 10)],
    Array.from({ length: 100 }, () => endless),
  );
  assert.equal(played.done.length, 40);
  assert.deepEqual(played.outcomes, ["retry"]);
});
