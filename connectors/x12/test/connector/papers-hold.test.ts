import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type DocumentOf,
  itemId,
  lineId,
  type Measure,
  type Party,
  type Reference,
} from "@crossdock/canonical";
import type { Account } from "@crossdock/connector-kit";
import fc from "fast-check";
import { type PaperSegment, readPapers } from "../../src/fake/paper.ts";
import { buildSscc, checkFile, x12 } from "../../src/index.ts";
import { bytesOf, draftText, orderSegments } from "../envelopes.ts";
import {
  accountWith,
  acknowledgementOf,
  CONTEXT,
  inventoryAdvice,
  orderFrom,
  orderOf,
  recordsOf,
  shipNoticeOf,
  withSets,
} from "./partner.ts";

const order = orderFrom(orderOf(orderSegments));

/** Mostly what partners write, and sometimes anything at all. */
const words = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[A-Z0-9 ./-]{1,30}$/) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 90 }) },
);
const identity = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[A-Z0-9][A-Z0-9-]{0,14}$/) },
  { weight: 1, arbitrary: words },
);
const amount = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }),
  fc.tuple(fc.nat(9_999), fc.nat(999)).map(([whole, part]) => `${whole}.${String(part).padStart(3, "0")}`),
);
const unit = fc.constantFrom("EA", "XCS", "XPX", "DZN");
const name: fc.Arbitrary<Reference> = fc
  .tuple(fc.constantFrom("x12-up", "x12-vn", "sku", "gtin", "buyer-part"), identity)
  .map(([scheme, value]) => ({ scheme, value, ...(scheme === "buyer-part" ? { scope: "retailer-1" } : {}) }));
const named = fc.record({
  itemId: fc.constant(itemId("item-1")),
  names: fc.array(name, { minLength: 1, maxLength: 12 }),
  description: words,
});
const party: fc.Arbitrary<Party> = fc.record({
  role: fc.constant("ship-to" as const),
  name: words,
  code: identity,
  codeQualifier: fc.constantFrom("92", "9", "UL"),
  address: fc.array(words, { maxLength: 6 }),
  city: words,
  region: words,
  postalCode: words,
  country: words,
});
const anyOrder = fc
  .record({ party, number: identity, reference: words })
  .map(({ party: shipTo, number, reference }) => ({
    ...order,
    orderNumber: number,
    parties: [shipTo],
    attributes: { BEG05: "20260112", "REF*DP": reference },
  }));

const acknowledged = fc
  .record({
    order: anyOrder,
    lines: fc.array(fc.record({ named, unit, promised: fc.nat(99_999), short: fc.nat(99_999) }), {
      minLength: 1,
      maxLength: 8,
    }),
  })
  .map(({ order: of, lines }): DocumentOf<"order-acknowledgement"> => {
    const measured = (value: number, inUnit: string): Measure => ({ value, unit: inUnit });
    return {
      ...acknowledgementOf(of),
      verdict: "accepted-with-changes",
      lines: lines.map((line, index) => ({
        ...line.named,
        lineId: lineId(String(index + 1)),
        ordered: measured(line.promised + line.short, line.unit),
        promised: measured(line.promised, line.unit),
        short: measured(line.short, line.unit),
      })),
    };
  });

const shipped = fc
  .record({
    order: anyOrder,
    shipmentNumber: identity,
    carrier: words,
    cartons: fc.array(
      fc.array(fc.record({ named, unit, amount, lot: words }), { minLength: 1, maxLength: 4 }),
      {
        minLength: 1,
        maxLength: 5,
      },
    ),
  })
  .map(({ cartons, ...others }): DocumentOf<"ship-notice"> => {
    return {
      ...shipNoticeOf(others.order),
      ...others,
      cartons: cartons.map((lines, carton) => ({
        sscc: ssccOf(carton),
        lines: lines.map((line, index) => ({
          ...line.named,
          lineId: lineId(String(index + 1)),
          lot: line.lot,
          shipped: { value: line.amount, unit: line.unit },
        })),
      })),
    };
  });

function ssccOf(serial: number): string {
  const built = buildSscc({ extension: 0, companyPrefix: "0123456", serial });
  assert.ok("sscc" in built);
  return built.sscc;
}

const advised = fc.array(fc.record({ named, unit, amount }), { minLength: 1, maxLength: 8 }).map(
  (rows): DocumentOf<"inventory-advice"> => ({
    ...inventoryAdvice,
    rows: rows.map((row) => ({ ...row.named, available: { value: row.amount, unit: row.unit } })),
  }),
);

const account = fc
  .record({
    version: fc.constantFrom("004010", "005010"),
    delimiters: fc.constantFrom(
      {},
      { element: "|", component: ":", segment: "\n" },
      { element: "+", segment: "'" },
      { segment: "\u0015" },
    ),
    replacement: fc.constantFrom(" ", "-", ""),
  })
  .map((settings): Account => accountWith(settings));

/** Renders, and gives the segments of the one set by its ids; undefined when it is refused with a reason. */
function written(
  document: DocumentOf<"order-acknowledgement" | "ship-notice" | "inventory-advice">,
  to: Account,
) {
  const found = x12.outlet?.render(document, CONTEXT, to);
  assert.ok(found !== undefined);
  if ("refused" in found) {
    assert.notEqual(found.refused.trim(), "");
    return undefined;
  }
  const check = checkFile(found.body);
  assert.deepEqual([check.verdict, check.errors, check.roundTrip], ["accepted", [], true]);
  const { interchanges, problems } = readPapers(found.body);
  assert.deepEqual(problems, []);
  const [interchange] = interchanges;
  assert.deepEqual(interchange?.problems, []);
  return (id: string): readonly PaperSegment[] =>
    interchange?.groups[0]?.sets[0]?.segments.filter(([segmentId]) => segmentId === id) ?? [];
}

const isPlain = (texts: readonly string[]) => texts.every((text) => /^[A-Z0-9][A-Z0-9-]*$/.test(text));
const numbers = (segments: readonly PaperSegment[], position: number) =>
  segments.map((segment) => Number(segment[position]));

test("any 855 that can be written is accepted by our own check, and says what was promised", () => {
  fc.assert(
    fc.property(acknowledged, account, (document, to) => {
      const segments = written(document, to);
      const names = document.lines.flatMap((line) => line.names.map(({ value }) => value));
      if (segments === undefined)
        return assert.ok(!isPlain([document.order.orderNumber, ...names]) || isPicky(to));
      assert.equal(segments("BAK")[0]?.[3], document.order.orderNumber.trim());
      assert.deepEqual(
        numbers(segments("PO1"), 2),
        document.lines.map(({ ordered }) => Number(ordered.value)),
      );
      const acks = segments("ACK").filter(([, status]) => status === "IA" || status === "IQ");
      const promised = document.lines.map((line) => Number(line.promised.value));
      const total = (all: readonly number[]) => all.reduce((sum, one) => sum + one, 0);
      assert.equal(total(numbers(acks, 2)), total(promised));
    }),
    { numRuns: 150 },
  );
});

/** Without a replacement anything at all in a description refuses the paper. */
function isPicky(to: Account): boolean {
  return JSON.stringify(to.settings).includes('"replacement":""');
}

test("any 856 that can be written is accepted by our own check, and says what was shipped", () => {
  fc.assert(
    fc.property(shipped, account, (document, to) => {
      const segments = written(document, to);
      if (segments === undefined) return;
      const cartons = document.cartons
        .map((carton) => ({
          ...carton,
          lines: carton.lines.filter((line) => Number(line.shipped.value) > 0),
        }))
        .filter(({ lines }) => lines.length > 0);
      const lines = cartons.flatMap((carton) => carton.lines);
      assert.deepEqual(
        segments("MAN").map((man) => man[2]),
        cartons.map(({ sscc }) => sscc),
      );
      assert.deepEqual(
        numbers(segments("SN1"), 2),
        lines.map((line) => Number(line.shipped.value)),
      );
      assert.equal(segments("HL").length, 2 + cartons.length + lines.length);
    }),
    { numRuns: 150 },
  );
});

test("any 846 that can be written is accepted by our own check, and says what is available", () => {
  fc.assert(
    fc.property(advised, account, (document, to) => {
      const segments = written(document, to);
      if (segments === undefined) return;
      const available = document.rows.map((row) => Number(row.available.value));
      assert.deepEqual(numbers(segments("QTY"), 2), available);
    }),
    { numRuns: 150 },
  );
});

test("no bytes make the mapping throw, and a rejected set never becomes an order", () => {
  const base = bytesOf(draftText(withSets({}, {})));
  const edit = fc.tuple(fc.nat(base.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(40));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      const bytes = Buffer.from(base);
      for (const [at, byte, length] of edits) bytes.fill(byte, at, Math.min(bytes.length, at + length));
      const check = checkFile(bytes);
      const records = recordsOf(bytes.toString("latin1"));
      assert.ok(records.length > 0);
      if (check.verdict === "rejected") assert.ok(records.every(({ is }) => is !== "order"));
    }),
    { numRuns: 300 },
  );
});
