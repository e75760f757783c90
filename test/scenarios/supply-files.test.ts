import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId } from "@crossdock/canonical";
import type { SupplyFileAnswer } from "../../src/gateway/index.ts";
import { supplyFilesPort } from "../../src/ports/supply-files.ts";
import { createPartner, openBench, saveMaster } from "../integration/partner.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration, governance, ledger, clock } = bench;
await saveMaster(bench, ["widget", "gadget"]);
await governance.saveLocations([
  { locationId: "ny", code: "NYC", name: "New York", type: "warehouse", timeZone: "America/New_York" },
]);
const erp = await createPartner(bench, "erp");
const files = supplyFilesPort({ database, governance, integration, ledger });
const HEAD = "number;line;item;location;quantity;expected";

async function send(lines: readonly string[], isRehearsal: boolean, saidAt = "2026-03-02T08:00:00Z") {
  const bytes = Buffer.from([HEAD, ...lines].join("\r\n"));
  const caller = { clientId: "test", correlationId: "test" };
  const usual = { kind: "purchase-order", counts: "ordered", unit: "EA" } as const;
  return files.importFile({ accountId: erp, bytes, saidAt, ...usual, isRehearsal, caller });
}

async function answerOf(...asked: Parameters<typeof send>): Promise<SupplyFileAnswer> {
  const outcome = await send(...asked);
  assert.ok(outcome.is === "done", JSON.stringify(outcome));
  await integration.drain();
  await ledger.supply.subscriber.drain();
  return outcome.answer;
}

const counts = ({ created, changed, unchanged, outdated, waiting }: SupplyFileAnswer) =>
  [created, changed, unchanged, outdated, waiting].join(" ");
const due = async () =>
  (await ledger.supply.dueSupply(database, [itemId("widget"), itemId("gadget")], clock.now()))
    .map((each) => `${each.document} ${each.line} ${each.open} ${each.expectedAt?.toISOString() ?? ""}`)
    .toSorted();

const sku = (await governance.items(database, ["widget"])).get("widget")?.sku ?? "";
const other = (await governance.items(database, ["gadget"])).get("gadget")?.sku ?? "";

test("a file is rehearsed without a trace, does then what was shown, and changes nothing when it is sent again", async () => {
  const lines = [
    `PO-1;10;${sku};NYC;20;2026-03-06`,
    `PO-1;20;${other};NYC;5;2026-03-07T10:00:00Z`,
    "PO-2;;NEW;NYC;1;2026-03-08",
  ];
  const shown = await answerOf(lines, true);
  assert.deepEqual([shown.is, counts(shown)], ["rehearsed", "2 0 0 0 1"]);
  assert.deepEqual(await due(), []);
  const taken = await answerOf(lines, false);
  assert.deepEqual({ ...taken, is: "rehearsed" }, shown);
  assert.deepEqual(
    taken.results.map(({ line, outcome, why = "" }) => `${line} ${outcome} ${why}`.trim()),
    ["2 created", "3 created", "4 waiting sku:NEW"],
  );
  // A day is over when it ends in New York.
  assert.deepEqual(await due(), [
    "PO-1 10 20 2026-03-07T04:59:59.000Z",
    "PO-1 20 5 2026-03-07T10:00:00.000Z",
  ]);
  assert.equal(counts(await answerOf(lines, false)), "0 0 2 0 1");
  assert.equal((await due()).length, 2);
});

test("a later file changes what it lists and nothing else, and an earlier one is told to be outdated", async () => {
  const changed = [`PO-1;10;${sku};NYC;18;2026-03-09`];
  const answer = await answerOf(changed, false, "2026-03-03T08:00:00Z");
  assert.equal(counts(answer), "0 1 0 0 0");
  assert.match(`${answer.results[0]?.before} → ${answer.results[0]?.after}`, /^20 ordered .* → 18 ordered /);
  const late = await answerOf([`PO-1;10;${sku};NYC;99;2026-03-09`], false, "2026-03-01T08:00:00Z");
  assert.equal(counts(late), "0 0 0 1 0");
  assert.deepEqual(await due(), [
    "PO-1 10 18 2026-03-10T03:59:59.000Z",
    "PO-1 20 5 2026-03-07T10:00:00.000Z",
  ]);
});

test("a file with wrong lines is taken in no part, and each is told with its column; what is no such file is told whole", async () => {
  const wrong = await send(
    [
      `PO-9;1;${sku};NYC;-3;2026-03-06`,
      `PO-9;2;${sku};NYC;3;2026-02-30`,
      "PO-9;3;;NYC;3;2026-03-06",
      `PO-9;4;${sku};NYC;3;2026-03-06`,
      `PO-9;4;${sku};NYC;4;2026-03-06`,
    ],
    false,
  );
  assert.ok(wrong.is === "faulty");
  assert.deepEqual(
    wrong.faults.map(({ line, column }) => `${line} ${column}`),
    ["2 quantity", "3 expected", "4 item", "6 number"],
  );
  assert.ok(!(await due()).some((line) => line.startsWith("PO-9")));
  const bytes = Buffer.from("name;age\r\nBolt;3\r\n");
  const caller = { clientId: "test", correlationId: "test" };
  const usual = {
    kind: "purchase-order",
    counts: "ordered",
    unit: "EA",
    saidAt: "2026-03-02T08:00:00Z",
  } as const;
  const strange = await files.importFile({ accountId: erp, bytes, ...usual, isRehearsal: true, caller });
  assert.ok(strange.is === "unreadable");
  assert.match(strange.problem, /has the heading "name"/);
  const template = Buffer.from(files.template());
  const own = await files.importFile({
    accountId: erp,
    bytes: template,
    ...usual,
    isRehearsal: true,
    caller,
  });
  assert.equal(own.is, "done");
});
