import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  accountId,
  channelGroupId,
  channelId,
  formulaId,
  itemId,
  locationId,
  quantity,
  type Rule,
  ruleKey,
} from "@crossdock/canonical";
import fc from "fast-check";
import { toldOf } from "../../../src/availability/channel.ts";
import type { DraftEdit } from "../../../src/availability/index.ts";
import type { RuleBook } from "../../../src/availability/rules/book.ts";
import { createBookMemory } from "../../../src/availability/rules/memory-service.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { rules, ruleDrafts } = core.availability;
const memory = createBookMemory(core);

const items = ["nut", "bolt", "set"].map(itemId);
const places = ["wh-1", "wh-2"];
const mara = { by: "mara", correlationId: "test" };
const otto = { by: "otto", correlationId: "test" };
const edit = (more: Partial<DraftEdit>): DraftEdit => ({ set: [], remove: [], undo: [], ...more });
const channelRule = (channel: string, more: Partial<Extract<Rule, { kind: "channel" }>> = {}): Rule => ({
  kind: "channel",
  channel: channelId(channel),
  name: channel,
  locations: places.map(locationId),
  ...more,
});

await core.governance.saveLocations(
  places.map((id) => ({ locationId: id, code: id, name: id, type: "warehouse", timeZone: "UTC" })),
);
await core.governance.saveItems(["nut", "bolt"].map((id) => ({ ...plainItem(id), itemClass: "small" })));
const parts = [
  { itemId: "nut", quantity: 2 },
  { itemId: "bolt", quantity: 1 },
];
await core.governance.saveItems([{ ...plainItem("set"), units: [], components: parts }]);
const arrivals = [
  stock.received(11, items[0]),
  stock.received(7, items[0], locationId("wh-2")),
  stock.received(8, items[1]),
];
await tell(
  core,
  arrivals.map((fact, index) => ({ id: `arrival-${index}`, minute: index, fact })),
);
await core.ledger.subscriber.drain();
await core.availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: places },
  { channelId: "desk", name: "Desk", locationIds: ["wh-1"] },
]);

async function draftOf(change: Partial<DraftEdit>): Promise<string> {
  const answer = await ruleDrafts.create("A change", edit(change), mara);
  assert.ok(answer.is === "done");
  return answer.draft.draft_id;
}

/** Has a draft checked, approved and put into force. */
async function agree(draftId: string): Promise<number> {
  for (const step of [
    () => ruleDrafts.check(draftId, mara),
    () => ruleDrafts.approve(draftId, otto),
    () => ruleDrafts.activate(draftId, mara),
  ]) {
    const answer = await step();
    assert.equal(answer.is, "done", JSON.stringify(answer));
  }
  return rules.version();
}

const buffer = (units: number, item?: string): Rule => ({
  kind: "buffer",
  channel: channelId("web"),
  ...(item === undefined ? {} : { item: itemId(item) }),
  units: quantity(units),
});

const saidBy = (book: RuleBook) =>
  [...book.rules.values()].map(({ rule }) => rule).toSorted((a, b) => (ruleKey(a) < ruleKey(b) ? -1 : 1));

/** Changes that can hold: groups come first, and nothing takes away what another names. */
const group = channelGroupId("outlets");
const scope = fc.constantFrom({ channel: channelId("web") }, { channel: channelId("desk") }, { group }, {});
type Goods = { item?: (typeof items)[number]; itemClass?: string };
const about = fc
  .constantFrom<Goods>({}, { item: itemId("nut") }, { item: itemId("bolt") }, { itemClass: "small" })
  .map((goods) => ({ ...goods }));
const amount = fc.nat(9).map(quantity);
const change: fc.Arbitrary<Rule> = fc.oneof(
  fc
    .tuple(scope, about, amount)
    .map(([who, goods, units]): Rule => ({ kind: "buffer", ...who, ...goods, units })),
  fc
    .tuple(scope, about, fc.option(amount))
    .map(([who, goods, units]): Rule => ({ kind: "cap", ...who, ...goods, units })),
  fc
    .tuple(fc.constantFrom({ channel: channelId("desk") }, { group }), about, amount)
    .map(([who, goods, units]): Rule => ({ kind: "protection", ...who, ...goods, units })),
  fc.constantFrom(
    channelRule("web"),
    channelRule("web", { parent: group }),
    channelRule("web", { minimumToPublish: quantity(6) }),
  ),
  fc.constantFrom<Rule>(
    { kind: "supply-confidence", supply: "return", permille: 250 },
    { kind: "supply-decay", waitHours: 48, steps: ["0:900", "10:0"] },
    { kind: "supply-horizon", days: 60, nearHours: 12 },
  ),
  fc.constantFrom(
    channelRule("stall"),
    channelRule("desk", { parent: group, locations: [locationId("wh-2")] }),
  ),
);
const all = (...terms: string[]): Rule => ({
  kind: "formula",
  formula: formulaId("all"),
  name: "All",
  terms,
});
const outlets: Rule = { kind: "group", group, name: "Outlets" };
const changes = fc.uniqueArray(change, { selector: ruleKey, minLength: 1, maxLength: 5 });

/** What every channel is told of every item. */
async function told(): Promise<ReadonlyMap<string, number>> {
  const book = await memory.fresh();
  const figures = new Map<string, number>();
  for (const channel of book.channels.values()) {
    for (const each of (await core.availability.availability(channel.channelId, items)) ?? [])
      figures.set(`${channel.channelId} ${each.itemId}`, toldOf(channel, each.availableToPromise));
  }
  return figures;
}

describe("a draft", () => {
  test("shows exactly the figures that it then changes", async () => {
    await core.availability.saveChannels([]);
    await agree(await draftOf({ set: [outlets, all("open", "-buffer")] }));
    await fc.assert(
      fc.asyncProperty(changes, async (set) => {
        const draftId = await draftOf({ set });
        const before = await told();
        const checked = await ruleDrafts.check(draftId, mara);
        assert.equal(checked.is, "done", JSON.stringify(checked));
        const effects = await rules.effects(draftId, { channelId: undefined, after: undefined, limit: 100 });
        await ruleDrafts.approve(draftId, otto);
        const activated = await ruleDrafts.activate(draftId, mara);
        assert.ok(activated.is === "done" || activated.is === "nothing-changes");
        const after = await told();
        const keys = [...new Set([...before.keys(), ...after.keys()])];
        const changed = keys.flatMap((key) => {
          const [was, is] = [before.get(key) ?? 0, after.get(key) ?? 0];
          return was === is ? [] : [`${key} ${was} ${is}`];
        });
        const shown = effects.map((effect) =>
          [effect.channelId, effect.itemId, effect.before, effect.after].join(" "),
        );
        assert.deepEqual(shown.toSorted(), changed.toSorted());
      }),
      { numRuns: 40 },
    );
  });

  test("is approved by none of those who have written it", async () => {
    const draftId = await draftOf({ set: [buffer(1, "nut")] });
    assert.equal((await ruleDrafts.edit(draftId, edit({ set: [buffer(2, "nut")] }), otto)).is, "done");
    assert.equal((await ruleDrafts.check(draftId, mara)).is, "done");
    for (const who of [mara, otto]) {
      const answer = await ruleDrafts.approve(draftId, who);
      assert.ok(answer.is === "refused" && answer.refused === "own-draft");
    }
    assert.equal((await ruleDrafts.approve(draftId, { ...mara, by: "ines" })).is, "done");
  });

  test("that is changed loses its check and its approval", async () => {
    const draftId = await draftOf({ set: [buffer(3, "nut")] });
    const early = await ruleDrafts.approve(draftId, otto);
    assert.ok(early.is === "refused" && early.refused === "draft-not-checked");
    await ruleDrafts.check(draftId, mara);
    await ruleDrafts.approve(draftId, otto);
    await ruleDrafts.edit(draftId, edit({ set: [buffer(4, "nut")] }), mara);
    const answer = await ruleDrafts.activate(draftId, otto);
    assert.ok(answer.is === "refused" && answer.refused === "draft-not-approved");
  });

  test("is overtaken by changes of its own rules, and by no others", async () => {
    const [one, same, other] = [
      await draftOf({ set: [buffer(5, "nut")] }),
      await draftOf({ set: [buffer(6, "nut")] }),
      await draftOf({ set: [buffer(7, "bolt")] }),
    ];
    for (const id of [one, same, other]) {
      await ruleDrafts.check(id, mara);
      await ruleDrafts.approve(id, otto);
    }
    assert.equal((await ruleDrafts.activate(one, mara)).is, "done");
    const answer = await ruleDrafts.activate(same, mara);
    assert.deepEqual(answer, { is: "overtaken", keys: [ruleKey(buffer(6, "nut"))] });
    const refused = await ruleDrafts.activate(same, mara);
    assert.ok(refused.is === "refused" && refused.refused === "draft-not-approved");
    assert.equal((await ruleDrafts.activate(other, mara)).is, "done");
    await agree(same);
  });

  const faulty: readonly (readonly [string, Partial<DraftEdit>, string])[] = [
    [
      "an unknown channel",
      { set: [{ ...buffer(1), channel: channelId("nowhere") } as Rule] },
      "There is no channel nowhere",
    ],
    ["an unknown item", { set: [buffer(1, "gone")] }, "There is no item gone"],
    [
      "an unknown place",
      { set: [channelRule("new", { locations: [locationId("moon")] })] },
      "There is no location moon",
    ],
    [
      "a missing group",
      { set: [channelRule("new", { parent: channelGroupId("lost") })] },
      "There is no group lost",
    ],
    [
      "groups in a circle",
      {
        set: [
          { kind: "group", group: channelGroupId("a"), name: "A", parent: channelGroupId("b") },
          { kind: "group", group: channelGroupId("b"), name: "B", parent: channelGroupId("a") },
        ],
      },
      "stand in a circle",
    ],
    ["a formula that leads back to itself", { set: [all("open", "formula:all")] }, "leads back to itself"],
    ["a term that stands twice", { set: [all("open", "+open")] }, "stands twice"],
    [
      "a formula that is not there",
      { set: [channelRule("new", { formula: formulaId("lost") })] },
      "There is no formula lost",
    ],
    ["a rule that is not there", { remove: ["buffer/channel:web/item:never"] }, "no such rule"],
    ["protection for nobody", { set: [{ kind: "protection", units: quantity(1) }] }, "protects for nobody"],
    [
      "a channel taken from under its rules",
      { set: [buffer(1)], remove: ["channel/channel:web"] },
      "There is no channel web",
    ],
  ];
  for (const [what, change, says] of faulty) {
    test(`is refused for ${what}, by the rule's name`, async () => {
      const answer = await ruleDrafts.check(await draftOf(change), mara);
      assert.ok(answer.is === "faulty", JSON.stringify(answer));
      assert.ok(
        answer.faults.some(({ message }) => message.includes(says)),
        JSON.stringify(answer.faults),
      );
    });
  }
});

test("going back restores exactly what a version said, whatever came after it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 3 }), fc.nat(3), async (steps, back) => {
      const books: RuleBook[] = [await memory.fresh()];
      for (const set of steps) {
        const draftId = await draftOf({ set });
        await ruleDrafts.check(draftId, mara);
        await ruleDrafts.approve(draftId, otto);
        await ruleDrafts.activate(draftId, mara);
        books.push(await memory.fresh());
      }
      const to = books[back % books.length];
      assert.ok(to);
      const answer = await ruleDrafts.rollBack(
        { version: to.version, emergency: true },
        { ...mara, because: "It oversold." },
      );
      const now = await memory.fresh();
      assert.ok(answer.is === "done" || now.version === to.version || answer.is === "nothing-changes");
      assert.deepEqual(saidBy(now), saidBy(to));
      const past = await rules.rules({
        version: to.version,
        kind: undefined,
        channelId: undefined,
        group: undefined,
        itemId: undefined,
        after: "",
        limit: 100,
      });
      assert.equal(past?.rules.length, to.rules.size);
    }),
    { numRuns: 20 },
  );
});

test("one person goes back in an emergency, and the history says so; otherwise it takes two", async () => {
  const before = await rules.version();
  await agree(await draftOf({ set: [buffer(8, "nut"), buffer(8, "bolt")] }));
  const planned = await ruleDrafts.rollBack(
    { version: before, emergency: false },
    { ...mara, because: "A mistake." },
  );
  assert.ok(planned.is === "done" && planned.draft.state === "draft" && planned.draft.restores === before);
  const own = await ruleDrafts.approve(planned.draft.draft_id, mara);
  assert.equal(own.is, "refused");
  const at = await ruleDrafts.rollBack(
    { version: before, emergency: true },
    { ...mara, because: "It oversold." },
  );
  assert.ok(at.is === "done" && at.draft.state === "active");
  const [last] = await rules.versions({ before: Number.MAX_SAFE_INTEGER, limit: 1 });
  assert.deepEqual(
    [last?.how, last?.restores, last?.made_by, last?.approved_by, last?.because],
    ["emergency", before, "mara", null, "It oversold."],
  );
});

test("a channel that is listed somewhere does not go", async () => {
  await agree(await draftOf({ set: [channelRule("fair")] }));
  await core.availability.listOnAccount(accountId("fair-1"), channelId("fair"), ["nut"]);
  const answer = await ruleDrafts.check(await draftOf({ remove: ["channel/channel:fair"] }), mara);
  assert.ok(answer.is === "faulty");
  assert.match(answer.faults[0]?.message ?? "", /accounts list items for it/);
});

test("of drafts that are put into force at one moment each becomes a version of its own", async () => {
  const before = await rules.version();
  const ids = await Promise.all(
    ["nut", "bolt", "set"].map((item, at) => draftOf({ set: [buffer(20 + at, item)] })),
  );
  for (const id of ids) {
    await ruleDrafts.check(id, mara);
    await ruleDrafts.approve(id, otto);
  }
  const answers = await Promise.all([...ids, ...ids].map((id) => ruleDrafts.activate(id, mara)));
  const versions = answers.flatMap((answer) => (answer.is === "done" ? [answer.draft.version] : []));
  assert.deepEqual(new Set(versions), new Set([before + 1, before + 2, before + 3]));
  assert.equal(versions.length, 3);
  assert.equal(await rules.version(), before + 3);
});
