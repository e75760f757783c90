import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { openDatabase } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { type Core, openCore } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import {
  type Act,
  actText,
  anything,
  type Beginning,
  beginning,
  momentary,
  waiting,
} from "./law-one/acts.ts";
import { type Event, explain } from "./law-one/explain.ts";
import { CHANNELS, type Model, NETWORK, openModel, wait } from "./law-one/model.ts";
import { booksOf, explainTogether } from "./law-one/order.ts";
import { openShop, type Shop } from "./law-one/product.ts";

const RUNS = Number(process.env.PROPERTY_RUNS ?? 30);

const { database, url } = await testDatabase();
const first = openCore(database);
const other = await openDatabase(url, { allowUnsafeDurability: true, applicationName: "crossdock-test" });
// A process of its own as far as the books go: it shares the clock, and the word that other rules hold.
const second = openCore(other, { clock: first.clock, wakeup: first.wakeup });
test.after(() => other.close());

await first.availability.saveChannels(
  CHANNELS.map((channel) => ({ channelId: channel, name: channel, locationIds: NETWORK[channel] })),
);

async function open(cores: readonly Core[], begun: Beginning): Promise<{ model: Model; shop: Shop }> {
  const model = openModel(begun.rules, first.clock.now().getTime());
  const { shop, events } = await openShop(cores, begun);
  for (const event of events) assert.equal(explain(model, event), undefined);
  return { model, shop };
}

/** One act by itself: the model says what the answer must be, and what the books say after it. */
class AloneCommand implements fc.AsyncCommand<Model, Shop> {
  readonly #act: Act;
  constructor(act: Act) {
    this.#act = act;
  }
  check = () => true;
  async run(model: Model, shop: Shop): Promise<void> {
    const event = await shop.perform(shop.prepare(this.#act), 0);
    if (this.#act.do === "wait") wait(model, this.#act.seconds * 1_000);
    assert.equal(explain(model, event), undefined);
    shop.remember([event]);
    assert.deepEqual(await shop.books(), booksOf(model));
  }
  toString = () => actText(this.#act);
}

test("law 1: whatever happens to the shop, one thing after the other, is what the model says", async () => {
  const commands = fc.commands([anything.map((act) => new AloneCommand(act))], {
    maxCommands: 25,
    size: "+1",
  });
  await fc.assert(
    fc.asyncProperty(beginning, commands, async (begun, acts) => {
      await fc.asyncModelRun(async () => {
        const { model, shop } = await open([first], begun);
        return { model, real: shop };
      }, acts);
    }),
    { numRuns: RUNS },
  );
});

const moment = fc.record({
  acts: fc.array(momentary, { minLength: 2, maxLength: 4 }),
  // In one process requests are decided in one batch, in two they meet at the locks.
  processes: fc.constantFrom(1, 2),
  after: fc.option(waiting, { freq: 4 }),
});
type Moment = typeof moment extends fc.Arbitrary<infer Value> ? Value : never;
const told = (moments: readonly Moment[]) =>
  moments.map(({ acts, after }) => [...acts.map(actText), ...(after === null ? [] : [actText(after)])]);

test("law 1: what two processes do at the same moment is what one would have done in some order", async () => {
  await fc.assert(
    fc.asyncProperty(beginning, fc.array(moment, { minLength: 1, maxLength: 5 }), async (begun, moments) => {
      let { model, shop } = await open([first, second], begun);
      for (const { acts, processes, after } of moments) {
        const ready = acts.map((act) => shop.prepare(act));
        const events = await Promise.all(ready.map((act, at) => shop.perform(act, at % processes)));
        await shop.settle();
        const books = await shop.books();
        const explained = explainTogether(model, events, books);
        assert.ok(
          explained,
          `no order explains ${JSON.stringify({ moments: told(moments), events, books })}`,
        );
        model = explained;
        shop.remember(events);
        if (after?.do !== "wait") continue;
        first.clock.advance(after.seconds * 1_000);
        wait(model, after.seconds * 1_000);
      }
    }),
    { numRuns: RUNS },
  );
});

test("law 1: the oracle finds nothing in the books of all these shops", async () => {
  const report = await verify(database, { now: first.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});

const none = { buffer: 0, protects: 0, cap: null };
const noRules = { nut: none, bolt: none };
const oneNut = (): Model => {
  const model = openModel({ web: noRules, shop: noRules }, 0);
  explain(model, { is: "receive", good: "nut", place: "wh-1", units: 1, minute: 0 });
  return model;
};
const takes = (id: string, units = 1): Event => ({
  is: "asked",
  channel: "web",
  policy: "all-or-nothing",
  lines: [{ item: "nut", units, place: undefined }],
  ttlMs: 60_000,
  order: undefined,
  given: [{ id, line: 0, good: "nut", place: "wh-1", units, fenced: 0, expiresAt: 60_000 }],
});
const isRefused = (event: Event): Event => (event.is === "asked" ? { ...event, given: [] } : event);

test("the model lets no wrong answer pass", () => {
  const elsewhere: Event = { ...takes("a"), channel: "shop" } as Event;
  const wrong: readonly (readonly Event[])[] = [
    [takes("a", 2)],
    [takes("a"), takes("b")],
    [isRefused(takes("a"))],
    [elsewhere],
    [takes("a"), { is: "release", id: "a", answer: "already" }],
    [takes("a"), { is: "told", channel: "web", figures: { nut: 2, bolt: 0, set: 0 } }],
  ];
  for (const events of wrong) {
    const model = oneNut();
    const faults = events.map((event) => explain(model, event));
    assert.ok(faults.at(-1) !== undefined, JSON.stringify(events));
    assert.equal(explainTogether(oneNut(), events, booksOf(model)), undefined, JSON.stringify(events));
  }
  const [one, none] = [takes("a"), isRefused(takes("b"))];
  const after = oneNut();
  explain(after, one);
  assert.ok(explainTogether(oneNut(), [none, one], booksOf(after)), "the second of two came first");
});
