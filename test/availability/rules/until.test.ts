import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, channelId, itemId, lineId, quantity, type Rule, ruleKey } from "@crossdock/canonical";
import fc from "fast-check";
import { bookAt, bookOf, termsOf } from "../../../src/availability/rules/book.ts";
import { endsAt } from "../../../src/availability/rules/until.ts";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { LOG_START } from "../../../src/backbone/index.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const { database } = await testDatabase();
const told: number[] = [];
const core = openCore(database, {
  sink: {
    rowsPerCall: async () => 10,
    async publish(_account, rows) {
      told.push(...rows.map(({ quantity: units }) => Number(units)));
      return {
        outcomes: rows.map((row) => ({ itemId: row.itemId, result: "published", quantity: row.quantity })),
      };
    },
  },
});
const web = channelId("web");
const desk = channelId("desk");
const nut = itemId("nut");
const mara = { by: "mara", correlationId: "test" };

await core.governance.saveLocations([
  { locationId: "wh-1", code: "WH1", name: "One", type: "warehouse", timeZone: "UTC" },
]);
await core.governance.saveItems([plainItem("nut")]);
await tell(core, [{ id: "arrival", minute: 1, fact: stock.received(10, nut) }]);
await core.ledger.subscriber.drain();
await core.availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: ["wh-1"] },
  { channelId: "desk", name: "Desk", locationIds: ["wh-1"] },
]);

const in_ = (seconds: number) => new Date(core.clock.now().getTime() + seconds * 1_000).toISOString();
const protection = (units: number, until: string): Rule => ({
  ...{ kind: "protection", channel: desk, item: nut, units: quantity(units), until },
});

async function figure() {
  const [found] = (await core.availability.availability(web, ["nut"])) ?? [];
  assert.ok(found?.formula);
  return { units: Number(found.availableToPromise), rules: found.formula.rules };
}

async function take(units: number) {
  const item = { scheme: "id", value: "nut" };
  const answer = await core.availability.reserve(
    { channelId: web, lines: [{ lineId: lineId("1"), item, quantity: { value: units, unit: "EA" } }] },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer);
  return answer.answer.reservations.length > 0;
}

test("a protection gives its units back at its end, to the moment, though nobody has swept", async () => {
  const until = in_(60);
  await loadRules(core, [protection(8, until)]);
  core.clock.advance(59_999);
  const before = await figure();
  assert.equal(before.units, 2);
  assert.deepEqual(before.rules?.[0]?.until, until);
  assert.equal(await take(3), false);
  core.clock.advance(1);
  assert.equal((await figure()).units, 10);
  assert.equal(await take(10), true);
});

test("channels are told of an end once, and the log says which rule came to it", async () => {
  await core.availability.listOnAccount(accountId("shop"), web, ["nut"]);
  await tell(core, [{ id: "more", minute: 2, fact: stock.received(10, nut) }]);
  await core.ledger.subscriber.drain();
  const until = in_(60);
  await loadRules(core, [protection(8, until)]);
  await core.availability.dirtyMarker.drain();
  await core.availability.publisher.drain();
  core.clock.advance(60_000);
  await core.availability.sweep();
  await core.availability.sweep();
  await core.availability.dirtyMarker.drain();
  await core.availability.publisher.drain();
  assert.deepEqual(told.slice(-2), [2, 10]);
  const page = await core.factLog.read({
    after: LOG_START,
    limit: 100,
    types: ["RuleTermsChanged"],
  });
  const ends = page.facts.flatMap((fact) => (fact.type === "RuleTermsChanged" ? [fact.data] : []));
  assert.deepEqual(
    ends.filter(({ endedAt }) => endedAt === until).map(({ rule, items }) => ({ rule, items })),
    [{ rule: ruleKey(protection(8, until)), items: ["nut"] }],
  );
});

test("an item that gets another class is told of to those who sell it", async () => {
  await loadRules(core, [{ kind: "buffer", itemClass: "small", units: quantity(3) }]);
  await core.availability.sweep();
  await core.availability.dirtyMarker.drain();
  await core.availability.publisher.drain();
  await core.governance.saveItems([{ ...plainItem("nut"), itemClass: "small" }]);
  await core.availability.sweep();
  await core.availability.dirtyMarker.drain();
  await core.availability.publisher.drain();
  assert.deepEqual(told.slice(-1), [7]);
});

test("an end that is no day, or past, is refused", async () => {
  const faultsOf = async (until: string) => {
    const edit = { set: [protection(1, until)], remove: [], undo: [] };
    const made = await core.availability.ruleDrafts.create("x", edit, mara);
    assert.ok(made.is === "done");
    const answer = await core.availability.ruleDrafts.check(made.draft.draft_id, mara);
    return answer.is === "faulty" ? answer.faults.map(({ message }) => message).join() : answer.is;
  };
  assert.match(await faultsOf("2026-12-24[Europe/Atlantis]"), /There is no 2026-12-24\[Europe\/Atlantis\]/);
  assert.match(await faultsOf("2027-02-30[UTC]"), /There is no/);
  assert.match(await faultsOf(in_(0)), /which is past/);
  assert.equal(await faultsOf(in_(1)), "done");
});

test("a day is over when it is in its zone, on the days on which clocks change too", () => {
  const ends = (until: string) => new Date(endsAt(until) ?? Number.NaN).toISOString();
  assert.equal(ends("2026-03-29[Europe/Vienna]"), "2026-03-29T22:00:00.000Z");
  assert.equal(ends("2026-03-28[Europe/Vienna]"), "2026-03-28T23:00:00.000Z");
  assert.equal(ends("2026-10-25[America/New_York]"), "2026-10-26T04:00:00.000Z");
  assert.equal(ends("2026-12-31[Pacific/Kiritimati]"), "2026-12-31T10:00:00.000Z");
});

test("a book at a moment says what one says that never had what has ended", () => {
  const amount = fc.nat(9).map(quantity);
  const at = fc.integer({ min: 0, max: 9 });
  const ending = fc.option(at, { nil: undefined });
  const rule = fc.tuple(
    fc.constantFrom({ kind: "buffer" } as const, { kind: "cap" } as const, { kind: "protection" } as const),
    fc.constantFrom({ channel: web }, { channel: desk }),
    fc.constantFrom({}, { item: nut }, { itemClass: "small" }),
    amount,
    ending,
  );
  const made = (said: readonly (typeof rule extends fc.Arbitrary<infer Value> ? Value : never)[]) =>
    said.map(
      ([kind, who, goods, units, end]): Rule => ({
        ...{ ...kind, ...who, ...goods, units },
        ...(end === undefined ? {} : { until: new Date(end).toISOString() }),
      }),
    );
  const network = [web, desk].map(
    (channel): Rule => ({ kind: "channel", channel, name: channel, locations: [] }),
  );
  const classes = new Map([["nut", "small"]]);
  const rules = fc.uniqueArray(rule, { selector: (each) => made([each]).map(ruleKey).join(), maxLength: 9 });
  fc.assert(
    fc.property(rules, fc.array(at, { maxLength: 4 }), (said, moments) => {
      let book = bookOf([...network, ...made(said)], 1, classes);
      for (const now of moments.toSorted()) {
        book = bookAt(book, now);
        const left = said.filter(([, , , , end]) => end === undefined || end > now);
        const plain = bookOf([...network, ...made(left)], 1, classes);
        for (const id of ["web", "desk"]) {
          const [timed, bare] = [book, plain].map((each) => {
            const channel = each.channels.get(id);
            assert.ok(channel);
            return termsOf(each, channel, nut);
          });
          assert.deepEqual(timed, bare);
        }
        const next = said.flatMap(([, , , , end]) => (end !== undefined && end > now ? [end] : []));
        assert.equal(book.validUntil, Math.min(...next, Number.POSITIVE_INFINITY));
      }
    }),
  );
});
