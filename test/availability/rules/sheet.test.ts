import assert from "node:assert/strict";
import { test } from "node:test";
import {
  channelGroupId,
  channelId,
  formulaId,
  itemId,
  locationId,
  quantity,
  quantityDelta,
  type Rule,
  ruleKey,
} from "@crossdock/canonical";
import fc from "fast-check";
import { SHEET_HEADINGS, sheetLine } from "../../../src/availability/rules/sheet.ts";
import { readRuleFile } from "../../../src/availability/rules/sheet-service.ts";
import { toCsvCell } from "../../../src/platform/index.ts";

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/);
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const units = fc.nat(1_000_000).map(quantity);
const itemClass = fc.stringMatching(/^[A-Za-z][ -~]{0,20}[A-Za-z]$/);
const until = fc.constantFrom("2026-12-24T18:00:00Z", "2026-12-24[Europe/Vienna]");
const scoped = fc
  .tuple(optional(id), optional(id), optional(id), optional(itemClass))
  .map(([channel, group, item, of]) => ({
    ...(of === undefined ? {} : { itemClass: of }),
    ...(channel === undefined ? {} : { channel: channelId(channel) }),
    ...(group === undefined ? {} : { group: channelGroupId(group) }),
    ...(item === undefined ? {} : { item: itemId(item) }),
  }));
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.tuple(scoped, units, optional(until)).map(
    ([where, amount, end]): Rule => ({
      ...{ kind: "buffer", ...where, units: amount },
      ...(end === undefined ? {} : { until: end }),
    }),
  ),
  fc
    .tuple(scoped, fc.option(units))
    .map(([where, amount]): Rule => ({ kind: "cap", ...where, units: amount })),
  fc.tuple(scoped, units).map(([where, amount]): Rule => ({ kind: "protection", ...where, units: amount })),
  fc.tuple(scoped, fc.nat(1_000)).map(([where, permille]): Rule => ({ kind: "ratio", ...where, permille })),
  fc.tuple(optional(id), optional(id), units).map(
    ([item, location, amount]): Rule => ({
      kind: "safety-stock",
      ...(item === undefined ? {} : { item: itemId(item) }),
      ...(location === undefined ? {} : { location: locationId(location) }),
      units: amount,
    }),
  ),
  fc
    .tuple(
      optional(fc.constantFrom("return" as const, "in-transit" as const)),
      optional(fc.stringMatching(/^[A-Za-z][ -~]{0,20}[A-Za-z]$/)),
      fc.nat(1_000),
    )
    .chain(([supply, vendor, permille]) => {
      const about = {
        ...(supply === undefined ? {} : { supply }),
        ...(vendor === undefined ? {} : { vendor }),
      };
      return fc.constantFrom<Rule>(
        { kind: "supply-confidence", ...about, permille },
        { kind: "supply-decay", ...about, waitHours: permille, steps: ["0:500", `7:${permille}`] },
        { kind: "supply-horizon", days: 90, nearHours: permille % 300 },
      );
    }),
  fc.tuple(id, fc.integer({ min: -9, max: 9 }), fc.boolean()).map(
    ([formula, least, takesCap]): Rule => ({
      kind: "formula",
      formula: formulaId(formula),
      name: "A formula",
      terms: ["-buffer", "open", "formula:other"],
      atLeast: quantityDelta(least),
      takesCap,
    }),
  ),
  fc
    .tuple(
      id,
      fc.stringMatching(/^[A-Za-z][ -~]{0,20}[A-Za-z]$/),
      fc.array(id, { maxLength: 4 }),
      optional(id),
    )
    .map(
      ([channel, name, locations, parent]): Rule => ({
        kind: "channel",
        channel: channelId(channel),
        name,
        locations: locations.map(locationId),
        ...(parent === undefined ? {} : { parent: channelGroupId(parent) }),
      }),
    ),
);

const fileOf = (lines: readonly (readonly string[])[]) =>
  Buffer.from(lines.map((line) => `${line.map(toCsvCell).join(",")}\r\n`).join(""));

test("rules that go into a file come out of it", async () => {
  const all = fc.uniqueArray(fc.tuple(rule, fc.boolean()), {
    selector: ([each]) => ruleKey(each),
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(all, async (said) => {
      const lines = said.map(([each, isSet]) =>
        sheetLine({ key: ruleKey(each), before: isSet ? undefined : each, after: isSet ? each : undefined }),
      );
      const read = await readRuleFile(fileOf([SHEET_HEADINGS, ...lines]));
      assert.deepEqual(read, {
        is: "read",
        set: said.flatMap(([each, isSet]) => (isSet ? [each] : [])),
        remove: said.flatMap(([each, isSet]) => (isSet ? [] : [ruleKey(each)])),
      });
    }),
  );
});

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ["an unknown kind", "kind,units\r\nbufer,3\r\n", /line 2.*one of channel, group/s],
  ["an amount that is none", "kind,channel,units\r\nbuffer,web,three\r\n", /line 2.*Column units/s],
  [
    "two lines for one rule",
    "kind,channel,units\r\nbuffer,web,3\r\nbuffer,web,4\r\n",
    /line 3.*earlier line/s,
  ],
  ["an unknown heading", "kind,colour\r\nbuffer,red\r\n", /heading \\?"colour/],
  ["no kind", "channel,units\r\nweb,3\r\n", /lacks the heading kind/],
  ["nothing", "", /empty/],
];
for (const [what, text, says] of refusals) {
  test(`a file with ${what} is refused where it is wrong`, async () => {
    const read = await readRuleFile(Buffer.from(text));
    assert.notEqual(read.is, "read");
    const faults =
      read.is === "faulty" ? read.faults.map(({ line, message }) => `line ${line} ${message}`) : [];
    assert.match(read.is === "unreadable" ? read.problem : faults.join("; "), says);
  });
}
