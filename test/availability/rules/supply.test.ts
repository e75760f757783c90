import assert from "node:assert/strict";
import { test } from "node:test";
import {
  channelId,
  type DueKind,
  itemId,
  locationId,
  quantity,
  type Rule,
  ruleKey,
} from "@crossdock/canonical";
import { weigh } from "../../../src/availability/dated/weigh.ts";
import { bookOf } from "../../../src/availability/rules/book.ts";
import { checkBook } from "../../../src/availability/rules/check.ts";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { atMinute, openCore, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { plainItem } from "../../support/seed.ts";

const DAY = 1_440;
const meyer = "Schrauben Meyer / Söhne";
const confidence = (permille: number, about: { supply?: DueKind; vendor?: string } = {}): Rule => ({
  ...{ kind: "supply-confidence", permille },
  ...about,
});
const decay = (
  steps: string[],
  waitHours: number,
  about: { supply?: DueKind; vendor?: string } = {},
): Rule => ({
  ...{ kind: "supply-decay", steps, waitHours },
  ...about,
});

test("the rule of a kind and vendor goes before the vendor's, that before the kind's, that before everything's, and none leaves the usual", () => {
  const scopes = [
    { supply: "return" as const, vendor: meyer },
    { vendor: meyer },
    { supply: "return" as const },
    {},
  ];
  const rules = scopes.map((about, place) => confidence(100 * (place + 1), about));
  for (let from = 0; from <= rules.length; from += 1) {
    const book = bookOf(rules.slice(from));
    const { policy, by } = book.supply.policyOf("return", meyer);
    const first = rules[from];
    assert.equal(policy.confidencePermille, first === undefined ? 500 : 100 * (from + 1));
    assert.deepEqual(by, first === undefined ? [] : [ruleKey(first)]);
  }
  const book = bookOf(rules);
  assert.equal(book.supply.policyOf("production", undefined).policy.confidencePermille, 400);
  assert.equal(book.supply.policyOf("production", meyer).policy.confidencePermille, 200);
  assert.equal(
    ruleKey(confidence(1, { vendor: meyer })),
    "supply-confidence/vendor:Schrauben%20Meyer%20%2F%20S%C3%B6hne",
  );
});

test("what is overdue counts by the steps of the rule, and is thought to come when that says", () => {
  const { policy } = bookOf([decay(["0:900", "3:300", "10:0"], 48)]).supply.policyOf("transfer", undefined);
  const at = (days: number) =>
    weigh({ open: 1_000, expectedAt: -days * DAY * 60_000 - 1, readyAfter: (moment) => moment }, policy, 0);
  assert.deepEqual(
    [0, 2, 3, 9, 10].map((days) => at(days).counted),
    [900, 900, 300, 300, 0],
  );
  assert.equal(at(0).dueAt, 48 * 3_600_000);
});

test("a decay whose days do not rise, or of which more counts the later it is, is no rule", () => {
  const faults = (steps: string[]) => {
    const book = bookOf([decay(steps, 24)]);
    const named = { locations: new Set<string>(), items: new Set<string>(), classes: new Set<string>() };
    const asked = {
      before: bookOf([]),
      changed: new Set(book.rules.keys()),
      named: { ...named, inUse: new Map() },
    };
    return checkBook(book, asked).length;
  };
  assert.deepEqual(
    [faults(["0:500", "7:0"]), faults(["7:500", "7:0"]), faults(["0:500", "7:600"])],
    [0, 1, 1],
  );
});

test("answers by a date go by the rules of the moment, say which, and look as far ahead as these say", async () => {
  const { database } = await testDatabase();
  const core = openCore(database);
  const item = itemId("screw");
  await core.governance.saveItems([plainItem("screw")]);
  await core.governance.saveLocations([
    { locationId: "wh-1", code: "wh-1", name: "1", type: "warehouse", timeZone: "UTC" },
  ]);
  await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1"] }]);
  core.clock.set(new Date(atMinute(10)));
  const said = {
    kind: "purchase-order",
    number: "PO-1",
    item,
    location: locationId("wh-1"),
    vendor: meyer,
  } as const;
  const data = {
    ...said,
    quantity: quantity(100),
    counts: "ordered",
    expectedAt: atMinute(5 * DAY),
  } as const;
  await tell(core, [{ id: "said", minute: 1, account: "erp", fact: { type: "SupplyExpected", data } }]);
  await core.ledger.supply.subscriber.drain();
  const asked = { channelId: channelId("web"), itemIds: [item], by: { instant: atMinute(9 * DAY) } };
  const answer = async () => {
    const [figure] = (await core.availability.dated.by(asked)) ?? [];
    const [input] = figure?.supply ?? [];
    return { units: figure?.availableToPromise, by: input?.by, horizon: figure?.horizon };
  };
  assert.deepEqual(await answer(), { units: 100, by: undefined, horizon: atMinute(180 * DAY + 10) });
  const rule = confidence(250, { supply: "purchase-order", vendor: meyer });
  const late = decay(["0:1000"], 24);
  await loadRules(core, [rule, late, { kind: "supply-horizon", days: 30, nearHours: 2 }]);
  assert.deepEqual(await answer(), {
    ...{ units: 25, by: [ruleKey(rule), ruleKey(late)], horizon: atMinute(30 * DAY + 10) },
  });
  core.clock.set(new Date(atMinute(6 * DAY)));
  assert.equal((await answer()).units, 25, "by this rule nothing is less for being late");
  const series = { channelId: channelId("web"), itemIds: [item], timeZone: "UTC" };
  const [points] = (await core.availability.dated.series(series)) ?? [];
  assert.equal(points?.points.length, 3 + 30);
});
