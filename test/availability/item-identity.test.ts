import assert from "node:assert/strict";
import { test } from "node:test";
import {
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  quantity,
  type Reference,
  referenceText,
} from "@crossdock/canonical";
import fc from "fast-check";
import { createRebuild } from "../../src/ledger/index.ts";
import { script, silentLog } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { atMinute, openCore, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { governance, ledger } = core;
const { itemIdentities } = core.availability;
const rebuild = createRebuild({ ...core, log: silentLog });
const PLACES = [warehouse, locationId("wh-2")] as const;
const context = { reason: "the same thing", preview: false, by: "test", correlationId: "merge-test" };

/** Stands where a list of fresh items would have none. */
const NONE = itemId("none");

let made = 0;
let told = 0;

/** Fresh items, each with a part number and a SKU of its own. */
async function items(count: number, more: object = {}): Promise<readonly ItemId[]> {
  const ids = Array.from({ length: count }, (_, place) => itemId(`item-${made + place}`));
  made += count;
  await governance.saveItems(
    ids.map((id) => ({
      ...{ itemId: id, sku: id.toUpperCase(), description: id, baseUnit: "EA", tracking: "none" as const },
      ...{ units: [], components: [] },
      ...more,
    })),
  );
  await governance.saveAliases(
    ids.map((id) => ({ kind: "item", scheme: "part", scope: "", value: `p-${id}`, target: id })),
  );
  return ids;
}

const part = (id: string): Reference => ({ scheme: "part", value: `p-${id}` });
const own = (id: string): Reference => ({ scheme: "id", value: id });
const sku = (id: string): Reference => ({ scheme: "sku", value: id.toUpperCase() });

async function meaning(reference: Reference, minute: number): Promise<string | undefined> {
  const found = await governance.resolve(database, { items: [reference], locations: [] });
  return found.at(atMinute(minute)).items.get(referenceText(reference))?.itemId;
}

/** Says something of an item by a name at a minute, as an account's intake would. */
async function say(
  reference: Reference,
  minute: number,
  fact: (item: ItemId) => Parameters<typeof tell>[1][number]["fact"],
): Promise<void> {
  const item = await meaning(reference, minute);
  if (item === undefined) throw new Error(`${referenceText(reference)} means nothing at ${minute}`);
  told += 1;
  await tell(core, [{ id: `said-${told}`, minute, fact: fact(itemId(item)) }]);
  await ledger.subscriber.drain();
}

/** Units of an item at places, whatever their condition. */
async function unitsAt(id: string, places: readonly string[] = PLACES): Promise<number> {
  const rows = await ledger.positionsOf(database, [id], places);
  return rows.reduce((sum, row) => sum + row.available + row.quarantined + row.damaged, 0);
}

async function provesItself(): Promise<void> {
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
  const differences: unknown[] = [];
  await rebuild.check((difference) => differences.push(difference));
  assert.deepEqual(differences, []);
}

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("say" as const),
      item: fc.nat(3),
      by: fc.constantFrom(part, own, sku),
      late: fc.nat(60),
      delta: fc.integer({ min: -9, max: 20 }).filter((delta) => delta !== 0),
      place: fc.constantFrom(...PLACES),
    }),
    fc.record({ kind: fc.constant("merge" as const), from: fc.nat(3), into: fc.nat(3) }),
    fc.record({ kind: fc.constant("undo" as const), item: fc.nat(3), units: fc.nat(9) }),
    fc.record({ kind: fc.constant("follow" as const) }),
  ),
  { minLength: 5, maxLength: 18 },
);

/** What names mean and what there is, said as plainly as it can be. */
class Model {
  readonly into = new Map<string, string>();
  readonly units = new Map<string, number>();
  /** By item, since when its names mean what. */
  readonly meant = new Map<string, { minute: number; target: string }[]>();

  meaning(id: string, minute: number): string {
    return this.meant.get(id)?.findLast((each) => each.minute <= minute)?.target ?? id;
  }
  survivor(id: string): string {
    const next = this.into.get(id);
    return next === undefined ? id : this.survivor(next);
  }
  at(id: string, place: string): number {
    return this.units.get(`${id} ${place}`) ?? 0;
  }
  add(id: string, place: string, delta: number): void {
    this.units.set(`${id} ${place}`, this.at(id, place) + delta);
  }
  mean(id: string, minute: number, target: string): void {
    this.meant.set(id, [...(this.meant.get(id) ?? []), { minute, target }]);
  }
}

type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never;
/** A history as it goes on: its items by their places in the plan, and the minute of each step. */
type History = { readonly ids: readonly ItemId[]; readonly model: Model };

const idOf = ({ ids }: History, place: number): ItemId => ids[place] ?? NONE;

async function sayStep(history: History, step: Step & { kind: "say" }, minute: number): Promise<void> {
  const { model } = history;
  const id = idOf(history, step.item);
  const at = minute - step.late;
  await say(step.by(id), at, (item) => stock.adjusted(step.delta, item, step.place));
  model.add(model.survivor(model.meaning(id, at)), step.place, step.delta);
}

async function mergeStep(history: History, step: Step & { kind: "merge" }, minute: number): Promise<void> {
  const { ids, model } = history;
  const [from, into] = [idOf(history, step.from), idOf(history, step.into)];
  const answer = await itemIdentities.merge({ ...context, itemId: from, into });
  const mayBe = from !== into && !model.into.has(from) && !model.into.has(into);
  assert.equal(answer.is, mayBe ? "done" : "refused", JSON.stringify(answer.refusals));
  if (!mayBe) return;
  for (const id of ids) if (model.meaning(id, minute) === from) model.mean(id, minute, into);
  model.into.set(from, into);
  for (const place of PLACES) {
    const units = model.at(from, place);
    model.add(into, place, units);
    model.add(from, place, -units);
  }
}

async function undoStep(history: History, step: Step & { kind: "undo" }, minute: number): Promise<void> {
  const { model } = history;
  await itemIdentities.follow();
  const id = idOf(history, step.item);
  const into = model.into.get(id);
  // An item that is merged itself has nothing to give; after a chain was undone in its middle, a name may be a third one's.
  if (into === undefined || model.into.has(into) || model.meaning(id, minute) !== into) return;
  const units = Math.min(step.units, Math.max(0, model.at(into, warehouse)));
  const wanted = { locationId: warehouse, lot: "", status: "available" as const, quantity: units };
  const answer = await itemIdentities.split({
    ...{ ...context, itemId: into, into: { itemId: id }, names: [part(id)] },
    units: units === 0 ? [] : [wanted],
  });
  assert.equal(answer.is, "done", JSON.stringify(answer.refusals));
  model.into.delete(id);
  model.mean(id, minute, id);
  model.add(into, warehouse, -units);
  model.add(id, warehouse, units);
}

async function take(history: History, step: Step, minute: number): Promise<void> {
  core.clock.set(atMinute(minute));
  switch (step.kind) {
    case "say":
      return sayStep(history, step, minute);
    case "merge":
      return mergeStep(history, step, minute);
    case "undo":
      return undoStep(history, step, minute);
    case "follow":
      await itemIdentities.follow();
      return;
    default:
      return step satisfies never;
  }
}

async function isAsModelled({ ids, model }: History, last: number): Promise<void> {
  assert.equal(await itemIdentities.follow(), 0, "when it is quiet there is nothing to follow");
  for (const id of ids) {
    for (const place of PLACES) assert.equal(await unitsAt(id, [place]), model.at(id, place));
    for (let at = 95; at <= last + 5; at += 5) {
      const expected = model.meaning(id, at);
      for (const name of [part(id), own(id), sku(id)])
        assert.equal(await meaning(name, at), expected, `${referenceText(name)} at ${at}`);
    }
  }
}

test("units are conserved, names mean what they were said to mean, and nothing stays on a merged item", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const history = { ids: await items(4), model: new Model() };
      let minute = 100;
      for (const step of plan) {
        minute += 10;
        await take(history, step, minute);
      }
      await itemIdentities.follow();
      await isAsModelled(history, minute);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 12) },
  );
  await provesItself();
});

test("a receipt that is told after a later count of the survivor was seen by that count, wherever it was posted", async () => {
  const [old = NONE, kept = NONE] = await items(2);
  await say(part(old), 200, (item) => stock.received(4, item));
  core.clock.set(atMinute(300));
  await itemIdentities.merge({ ...context, itemId: old, into: kept });
  await say(part(old), 310, (item) => stock.counted(9, item));
  assert.equal(await unitsAt(kept), 9);
  await say(part(old), 250, (item) => stock.received(5, item));
  await itemIdentities.follow();
  assert.deepEqual([await unitsAt(old), await unitsAt(kept)], [0, 9]);
  await provesItself();
});

test("a preview says what would move, promises among it, and changes nothing; then it moves", async () => {
  const [old = NONE, kept = NONE] = await items(2);
  await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1"] }]);
  core.clock.set(atMinute(420));
  await say(part(old), 400, (item) => stock.received(10, item));
  const line = { lineId: lineId("1"), item: own(old), quantity: { value: 3, unit: "EA" } };
  const wanted = { channelId: channelId("web"), policy: "partial" as const, lines: [line] };
  const reserving = { clientId: "test", key: undefined, correlationId: "test" };
  const reserved = await core.availability.reserve(wanted, reserving);
  assert.ok("answer" in reserved && reserved.answer.outcome === "reserved");
  const [reservation] = reserved.answer.reservations;
  assert.ok(reservation !== undefined);
  const command = { ...context, itemId: old, into: kept };
  const shown = await itemIdentities.merge({ ...command, preview: true });
  const moves = shown.moves.map(({ status, quantity: units }) => [status, units]);
  assert.deepEqual(
    [shown.is, moves, shown.promises],
    [
      "previewed",
      [
        ["available", 7],
        ["held", 3],
      ],
      1,
    ],
  );
  assert.equal(await meaning(part(old), 500), old);
  assert.equal(await unitsAt(kept), 0);
  assert.equal((await itemIdentities.merge(command)).is, "done");
  const { itemId: item, quantity: units } =
    (await core.availability.reservation(reservation.reservationId)) ?? {};
  assert.deepEqual([item, units], [kept, 3]);
  const released = await core.availability.step([reservation.reservationId], {
    ...{ step: "release", reason: "test", correlationId: "test" },
  });
  assert.equal(released.get(reservation.reservationId)?.done, true);
  assert.equal(await unitsAt(kept), 10);
  await provesItself();
});

test("items that are not alike, kits and components, and moments ahead are refused, each with its reason", async () => {
  const [plain = NONE, component = NONE] = await items(2);
  const [byLot = NONE] = await items(1, { tracking: "lot" });
  const [boxed = NONE] = await items(1, { baseUnit: "BX" });
  const [kit = NONE] = await items(1, { components: [{ itemId: component, quantity: 2 }] });
  const reasons = async (from: string, into: string, since?: Date) =>
    (await itemIdentities.merge({ ...context, itemId: from, into, since, preview: true })).refusals.map(
      ({ reason }) => reason,
    );
  assert.deepEqual(await reasons(plain, byLot), ["tracking-differs"]);
  assert.deepEqual(await reasons(plain, boxed), ["units-differ"]);
  assert.deepEqual(await reasons(kit, plain), ["is-kit"]);
  assert.deepEqual(await reasons(component, plain), ["is-component"]);
  assert.deepEqual(await reasons(plain, "nobody"), ["unknown-item"]);
  assert.deepEqual(await reasons(plain, component, new Date("2030-01-01")), ["moment-ahead"]);
});

test("a base unit that is a whole number of the survivor's is converted exactly, and back", async () => {
  const [boxes = NONE] = await items(1, { baseUnit: "BX" });
  const [pieces = NONE] = await items(1, { units: [{ unit: "BX", numerator: 12, denominator: 1 }] });
  await say(part(boxes), 440, (item) => stock.received(5, item));
  core.clock.set(atMinute(450));
  assert.equal((await itemIdentities.merge({ ...context, itemId: boxes, into: pieces })).is, "done");
  assert.deepEqual([await unitsAt(boxes), await unitsAt(pieces)], [0, 60]);
  const asked = (quantity: number) => ({
    ...{ ...context, itemId: pieces, into: { itemId: boxes }, names: [part(boxes)] },
    units: [{ locationId: warehouse, lot: "", status: "available" as const, quantity }],
  });
  core.clock.set(atMinute(460));
  assert.deepEqual(
    (await itemIdentities.split(asked(7))).refusals.map(({ reason }) => reason),
    ["not-whole"],
  );
  assert.deepEqual(
    (await itemIdentities.split(asked(72))).refusals.map(({ reason }) => reason),
    ["insufficient-stock"],
  );
  assert.equal((await itemIdentities.split(asked(24))).is, "done");
  assert.deepEqual([await unitsAt(boxes), await unitsAt(pieces)], [2, 36]);
  await provesItself();
});

test("what was counted under the old name after the moment of a merge is moved once", async () => {
  const [old = NONE, kept = NONE] = await items(2);
  await say(part(old), 430, (item) => stock.received(10, item));
  await say(part(old), 434, (item) => stock.counted(8, item));
  core.clock.set(atMinute(436));
  const since = new Date(atMinute(432));
  assert.equal((await itemIdentities.merge({ ...context, itemId: old, into: kept, since })).is, "done");
  assert.equal(await itemIdentities.follow(), 0);
  assert.deepEqual([await unitsAt(old), await unitsAt(kept)], [0, 8]);
  await say(part(old), 431, (item) => stock.received(5, item));
  await itemIdentities.follow();
  assert.deepEqual([await unitsAt(old), await unitsAt(kept)], [0, 8]);
  await provesItself();
});

test("what left and was expected under one name and arrived under the other is listed together", async () => {
  const [boxes = NONE] = await items(1, { baseUnit: "BX" });
  const [pieces = NONE] = await items(1, { units: [{ unit: "BX", numerator: 12, denominator: 1 }] });
  const way = { from: warehouse, to: PLACES[1], transferNumber: "T-7" };
  const paper = { location: warehouse, receiptNumber: "R-7", receiptLine: "1" };
  const isOurs = (row: { item_id: string }) => row.item_id === boxes || row.item_id === pieces;
  const lists = async () => [
    (await ledger.openTransfers({ after: 0, limit: 500 })).filter(isOurs).map((row) => row.outstanding),
    (await ledger.receiptDifferences({ after: 0, limit: 500 })).filter(isOurs).map((row) => row.difference),
  ];
  await say(part(boxes), 461, (item) => ({
    type: "StockReceived",
    data: { ...paper, item, quantity: quantity(3), expected: quantity(5) },
  }));
  await say(part(boxes), 462, (item) => ({
    type: "TransferDispatched",
    data: { ...way, item, quantity: quantity(3) },
  }));
  assert.deepEqual(await lists(), [[3], [-2]]);
  core.clock.set(atMinute(463));
  assert.equal((await itemIdentities.merge({ ...context, itemId: boxes, into: pieces })).is, "done");
  assert.deepEqual(await lists(), [[36], [-24]]);
  await say(part(boxes), 464, (item) => ({
    type: "TransferReceived",
    data: { ...way, item, quantity: quantity(30) },
  }));
  await say(part(boxes), 464, (item) => ({
    type: "TransferLost",
    data: { ...way, item, quantity: quantity(5) },
  }));
  assert.deepEqual(await lists(), [[1], [-24]]);
  await say(part(boxes), 464, (item) => ({
    type: "TransferReceived",
    data: { ...way, item, quantity: quantity(1) },
  }));
  await say(part(boxes), 465, (item) => ({
    type: "StockReceived",
    data: { ...paper, item, quantity: quantity(24), expected: quantity(60) },
  }));
  assert.deepEqual(await lists(), [[], []]);
  await provesItself();
});

test("a split makes a new item with names, units and the class of the old one; what is not its own is refused", async () => {
  const [old = NONE, other = NONE] = await items(2, { itemClass: "bulk" });
  await say(part(old), 470, (item) => stock.received(8, item));
  core.clock.set(atMinute(480));
  const command = { ...context, itemId: old, into: { sku: `NEW-${old}` } };
  const units = [{ locationId: warehouse, lot: "", status: "available" as const, quantity: 3 }];
  const wrong = await itemIdentities.split({ ...command, names: [part(other), sku(old)], units });
  assert.deepEqual(
    wrong.refusals.map(({ reason }) => reason),
    ["name-not-of-item", "name-taken"],
  );
  const split = await itemIdentities.split({ ...command, names: [part(old)], units });
  assert.equal(split.is, "done", JSON.stringify(split.refusals));
  assert.equal(await meaning(part(old), 479), old);
  assert.equal(await meaning(part(old), 480), split.into);
  assert.equal(await meaning({ scheme: "sku", value: `NEW-${old}` }, 480), split.into);
  assert.deepEqual([await unitsAt(old), await unitsAt(split.into)], [5, 3]);
  assert.equal((await governance.itemWhole(split.into))?.itemClass, "bulk");
  await provesItself();
});

test("a split that undoes a merge leaves promises where they are, and tells which were of the old item", async () => {
  const [boxes = NONE] = await items(1, { baseUnit: "BX" });
  const [pieces = NONE] = await items(1, { units: [{ unit: "BX", numerator: 12, denominator: 1 }] });
  await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1"] }]);
  await say(part(boxes), 481, (item) => stock.received(10, item));
  await say(part(pieces), 481, (item) => stock.received(60, item));
  core.clock.set(atMinute(482));
  const reserve = async (item: Reference, units: number, unit: string) => {
    const line = { lineId: lineId("1"), item, quantity: { value: units, unit } };
    const wanted = { channelId: channelId("web"), policy: "partial" as const, lines: [line] };
    const reserving = { clientId: "test", key: undefined, correlationId: "test" };
    const reserved = await core.availability.reserve(wanted, reserving);
    assert.ok("answer" in reserved && reserved.answer.outcome === "reserved");
    const [reservation] = reserved.answer.reservations;
    assert.ok(reservation !== undefined);
    return reservation.reservationId;
  };
  const [kept, gone] = [await reserve(own(boxes), 3, "BX"), await reserve(own(boxes), 1, "BX")];
  await reserve(own(pieces), 5, "EA");
  assert.equal((await itemIdentities.merge({ ...context, itemId: boxes, into: pieces })).stayingCount, 0);
  const steps = { step: "release", reason: "test", correlationId: "test" } as const;
  assert.equal((await core.availability.step([gone], steps)).get(gone)?.done, true);
  core.clock.set(atMinute(484));
  const command = { ...context, itemId: pieces, into: { itemId: boxes }, names: [part(boxes)] };
  const units = [{ locationId: warehouse, lot: "", status: "available" as const, quantity: 24 }];
  const shown = await itemIdentities.split({ ...command, units, preview: true });
  const split = await itemIdentities.split({ ...command, units });
  assert.equal(split.is, "done", JSON.stringify(split.refusals));
  for (const { staying, stayingCount } of [shown, split]) {
    assert.equal(stayingCount, 1);
    assert.deepEqual(
      staying.map((row) => [row.reservation_id, row.location_id, row.quantity, row.state]),
      [[kept, warehouse, 36, "held"]],
    );
  }
  const { itemId: item, quantity: promised } = (await core.availability.reservation(kept)) ?? {};
  assert.deepEqual([item, promised], [pieces, 36]);
  // Of 180 pieces 24 became boxes, and 41 are kept for the two promises.
  assert.deepEqual([await unitsAt(boxes), await unitsAt(pieces)], [2, 115]);
  await provesItself();
});

test("a merge whose facts cannot be posted leaves names and units as they were", async () => {
  const [old = NONE, kept = NONE] = await items(2);
  await say(part(old), 490, (item) => stock.received(6, item));
  core.clock.set(atMinute(500));
  const refuse = script(`
    create function ledger.refuse_conversion() returns trigger language plpgsql as $$
    begin if new.reason = 'conversion' then raise 'the process dies here'; end if; return new; end $$;
    create trigger refuse_conversion before insert on ledger.transfer
      for each row execute function ledger.refuse_conversion()`);
  await database.execute(refuse);
  await assert.rejects(itemIdentities.merge({ ...context, itemId: old, into: kept }));
  await database.execute(script("drop trigger refuse_conversion on ledger.transfer"));
  assert.equal(await meaning(part(old), 500), old);
  assert.deepEqual([await unitsAt(old), await unitsAt(kept)], [6, 0]);
  assert.equal((await itemIdentities.merge({ ...context, itemId: old, into: kept })).is, "done");
  assert.deepEqual([await unitsAt(old), await unitsAt(kept)], [0, 6]);
  const changes = await governance.masterHistory({ itemId: old, limit: 20 });
  assert.ok(changes.some(({ after, changed_by }) => after?.merged_into === kept && changed_by === "test"));
});
