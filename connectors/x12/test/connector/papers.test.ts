import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { itemId, lineId, type Order } from "@crossdock/canonical";
import { assertGolden } from "../../../../test/support/golden.ts";
import { checkFile, controlNumberMax } from "../../src/index.ts";
import { bytesOf, draftText, orderSegments } from "../envelopes.ts";
import {
  accountWith,
  acknowledgementOf,
  CONTEXT,
  inventoryAdvice,
  mappingsOf,
  orderFrom,
  orderOf,
  refused,
  rendered,
  shipNoticeOf,
} from "./partner.ts";

const golden = (name: string) => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
const readable = accountWith({ lineBreaks: true });
const order = orderFrom(orderOf(orderSegments));

describe("the paper that was reviewed is the one that is sent", () => {
  const cases = [
    ["855-accepted.edi", acknowledgementOf(order)],
    ["855-changed.edi", acknowledgementOf(order, [8, 0])],
    ["855-rejected.edi", acknowledgementOf(order, [0, 0])],
    ["856.edi", shipNoticeOf(order)],
    ["846.edi", inventoryAdvice],
  ] as const;
  for (const [name, document] of cases)
    test(name, async () => {
      const { text } = rendered(document, { account: readable });
      assert.deepEqual(checkFile(bytesOf(text)).errors, []);
      await assertGolden(golden(name), text);
    });

  test("997.edi", async () => {
    const file = draftText({ groups: [{ sets: [{}, { segments: ["BEG*00*SA*PO-2", "CTT*0"] }] }] });
    const [mapping] = mappingsOf(file);
    const { text } = rendered(
      { kind: "reply", replyTo: "key", content: mapping?.reply },
      { account: readable },
    );
    await assertGolden(golden("997.edi"), text);
  });

  test("856 without numbers on the cartons, in 005010", async () => {
    const notice = shipNoticeOf(order);
    const cartons = notice.cartons.map(({ lines }) => ({ lines }));
    const account = accountWith({ lineBreaks: true, version: "005010" });
    const { text } = rendered({ ...notice, cartons }, { account });
    assert.deepEqual(checkFile(bytesOf(text)).errors, []);
    await assertGolden(golden("856-without-cartons.edi"), text);
  });
});

/** The elements after the id of each segment of that kind. */
function segmentsOf(text: string, id: string): string[] {
  return text
    .split("~")
    .filter((segment) => segment.startsWith(`${id}*`))
    .map((segment) => segment.slice(id.length + 1));
}

describe("an 855", () => {
  test("accounts for everything that was ordered, line by line", () => {
    const { text } = rendered(acknowledgementOf(order, [8, 0]));
    assert.deepEqual(segmentsOf(text, "ACK"), ["IQ*8*EA", "IR*4*EA", "IR*6*CA"]);
  });

  test("says of what is still to come that it is, where the partner wants that", () => {
    const account = accountWith({ shortLines: "backordered" });
    const { text } = rendered(acknowledgementOf(order, [8, 0]), { account });
    assert.deepEqual(segmentsOf(text, "ACK"), ["IQ*8*EA", "IB*4*EA", "IB*6*CA"]);
  });

  test("gives the partner's own words back, in its own order", () => {
    const { text } = rendered(acknowledgementOf(order));
    assert.deepEqual(segmentsOf(text, "PO1"), [
      "1*12*EA*4.5**UP*012345678905*VN*SKU-1",
      "2*6*CA*27**UP*012345678912",
    ]);
  });

  test("names a release and the order that it belongs to", () => {
    const release = orderSegments.map((segment) =>
      segment.startsWith("BEG") ? "BEG*00*RL*PO-1001*7*20260112" : segment,
    );
    const { text } = rendered(acknowledgementOf(orderFrom(orderOf(release))));
    assert.match(segmentsOf(text, "BAK")[0] ?? "", /^00\*AD\*PO-1001\*20260112\*7\*/);
  });

  test("that does not add up is not sent", () => {
    const document = acknowledgementOf(order);
    const [first, ...others] = document.lines;
    assert.ok(first !== undefined);
    const lines = [{ ...first, short: { value: 1, unit: "EA" } }, ...others];
    assert.match(refused({ ...document, lines }), /line 1: promised and short do not add up/);
  });
});

describe("an 856", () => {
  test("with a carton whose number would not scan is not sent", () => {
    const notice = shipNoticeOf(order);
    const [first, ...others] = notice.cartons;
    assert.ok(first !== undefined);
    const cartons = [{ ...first, sscc: "001234560000000017" }, ...others];
    assert.match(refused({ ...notice, cartons }), /SSCC 001234560000000017 .* check digit/);
  });

  test("of nothing is not sent", () => {
    assert.equal(refused({ ...shipNoticeOf(order), cartons: [] }), "nothing was shipped");
  });

  test("names the lot of what is tracked by lot", () => {
    const notice = shipNoticeOf(order);
    const cartons = notice.cartons.map((carton) => ({
      ...carton,
      lines: carton.lines.map((line) => ({ ...line, lot: "L2601" })),
    }));
    const { text } = rendered({ ...notice, cartons });
    assert.match(segmentsOf(text, "LIN")[0] ?? "", /\*LT\*L2601$/);
  });

  test("has the carrier in words where it has no code", () => {
    const { text } = rendered({ ...shipNoticeOf(order), carrier: "Harbour Freight Lines" });
    assert.deepEqual(segmentsOf(text, "TD5"), ["****Harbour Freight Lines"]);
  });
});

describe("an 846", () => {
  test("never tells another customer's part numbers", () => {
    assert.doesNotMatch(rendered(inventoryAdvice).text, /SOMEBODY/);
  });

  test("of more items than a set can hold goes in several", () => {
    const [row] = inventoryAdvice.rows;
    assert.ok(row !== undefined);
    const rows = Array.from({ length: 10_001 }, () => row);
    const check = checkFile(bytesOf(rendered({ ...inventoryAdvice, rows }).text));
    assert.deepEqual([check.verdict, check.transactions], ["accepted", 2]);
  });

  test("of nothing, or of an item without a name, is not sent", () => {
    assert.match(refused({ ...inventoryAdvice, rows: [] }), /without items/);
    const nameless = { itemId: itemId("item-9"), names: [], available: { value: 1, unit: "EA" } };
    assert.match(
      refused({ ...inventoryAdvice, rows: [nameless] }),
      /item-9 has no name that the partner knows/,
    );
  });

  test("in a unit that the partner has no code for is not sent", () => {
    const rows = inventoryAdvice.rows.map((row) => ({ ...row, available: { value: 1, unit: "XZZ" } }));
    assert.match(refused({ ...inventoryAdvice, rows }), /no code for the unit XZZ/);
  });
});

describe("what the partner's delimiters leave no room for", () => {
  const described = (description: string) => ({
    ...inventoryAdvice,
    rows: inventoryAdvice.rows.map((row) => ({ ...row, description })),
  });
  const told = (description: string, settings: object = {}) =>
    segmentsOf(rendered(described(description), { account: accountWith(settings) }).text, "PID")[0];

  test("is replaced in texts for people, as the profile says", () => {
    assert.equal(told("CUP*BLUE~BIG"), "F****CUP BLUE BIG");
    assert.equal(told("CUP*BLUE", { replacement: "-" }), "F****CUP-BLUE");
    assert.equal(told("10 × 2 → 20"), "F****10 × 2   20");
    assert.equal(told("Ł ŝ ①"), "F****s 1");
  });

  test("is refused in texts where the profile allows no replacement", () => {
    assert.match(
      refused(described("CUP*BLUE"), accountWith({ replacement: "" })),
      /holds "\*", which cannot be sent/,
    );
  });

  test("is refused in whatever identifies something", () => {
    const named = (value: string) => ({
      ...inventoryAdvice,
      rows: [
        { itemId: itemId("item-1"), names: [{ scheme: "sku", value }], available: { value: 1, unit: "EA" } },
      ],
    });
    assert.match(refused(named("A*1")), /A\*1.*cannot be sent/);
    assert.match(refused(named("A\n1")), /cannot be sent/);
    assert.match(refused(named("X".repeat(49))), /has 49 characters, and X12 gives it 1 to 48/);
    assert.match(rendered(named("A^1")).text, /VN\*A\^1~/);
    assert.match(refused(named("A^1"), accountWith({ version: "005010" })), /cannot be sent/);
  });
});

describe("a control number", () => {
  test("is the same in ISA13, IEA02, GS06 and GE02, and names the paper", () => {
    const { text, name } = rendered(inventoryAdvice);
    assert.equal(name, "846-101");
    assert.equal(segmentsOf(text, "ISA")[0]?.split("*")[12], "000000101");
    assert.deepEqual(segmentsOf(text, "IEA"), ["1*000000101"]);
    assert.equal(segmentsOf(text, "GS")[0]?.split("*")[5], "101");
    assert.deepEqual(segmentsOf(text, "GE"), ["1*101"]);
  });

  test("starts again at 1 after the last that X12 can hold", () => {
    const named = (controlNumber: number) =>
      rendered(inventoryAdvice, { context: { ...CONTEXT, controlNumber } }).name;
    assert.equal(named(controlNumberMax), "846-999999999");
    assert.equal(named(controlNumberMax + 1), "846-1");
  });
});

test("dates and times are those of the partner's clocks", () => {
  const { text } = rendered({ ...shipNoticeOf(order), shippedAt: "2026-07-15T03:30:00Z" });
  assert.deepEqual(segmentsOf(text, "DTM"), ["011*20260714*2230"]);
});

test("an order that did not come as an 850 is acknowledged under its own number", () => {
  const { attributes: _, ...entered } = order;
  const byHand: Order = {
    ...entered,
    orderNumber: "SO-17",
    lines: entered.lines.map((line) => ({ ...line, lineId: lineId("a-very-long-line-number") })),
  };
  const { text } = rendered(acknowledgementOf(byHand));
  assert.match(segmentsOf(text, "BAK")[0] ?? "", /^00\*AD\*SO-17\*20260112\*/);
  assert.match(segmentsOf(text, "PO1")[0] ?? "", /^\*12\*EA/);
});
