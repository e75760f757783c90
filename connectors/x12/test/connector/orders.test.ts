import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { draftText, orderSegments } from "../envelopes.ts";
import { accountWith, orderOf, recordsOf, recordsOfOrder, refusalOf, withSets } from "./partner.ts";

/** The short order with one of its segments put otherwise, or one more. */
const changed = (before: string, after: string) =>
  orderSegments.map((segment) => (segment.startsWith(before) ? after : segment));
const withLine = (line: string, ...others: readonly string[]) => [
  "BEG*00*SA*PO-9**20260112",
  line,
  ...others,
  "CTT*1",
];

describe("an 850", () => {
  test("becomes an order with everything that the papers give back", () => {
    assert.deepEqual(orderOf(orderSegments), {
      type: "OrderReceived",
      id: "ZZ/RETAILER:PO-1001",
      effectiveAt: "2026-01-12T06:00:00Z",
      data: {
        orderNumber: "PO-1001",
        placedAt: "2026-01-12T06:00:00Z",
        shipBy: "2026-01-20T05:59:59Z",
        parties: [
          {
            role: "ship-to",
            name: "CORNER STORE",
            codeQualifier: "92",
            code: "0012",
            city: "DALLAS",
            region: "TX",
            postalCode: "75201",
            country: "US",
            address: ["1 MAIN STREET"],
          },
        ],
        attributes: { BEG02: "SA", BEG03: "PO-1001", BEG05: "20260112", "REF*DP": "0042" },
        lines: [
          {
            lineId: "1",
            item: { scheme: "sku", value: "SKU-1" },
            names: [
              { scheme: "sku", value: "SKU-1" },
              { scheme: "gtin", value: "0012345678905" },
              { scheme: "x12-up", value: "012345678905", scope: "retailer-1" },
              { scheme: "x12-vn", value: "SKU-1", scope: "retailer-1" },
            ],
            quantity: { value: 12, unit: "EA" },
            description: "BLUE CUP",
            price: { amount: "4.5" },
          },
          {
            lineId: "2",
            item: { scheme: "gtin", value: "0012345678912" },
            names: [
              { scheme: "gtin", value: "0012345678912" },
              { scheme: "x12-up", value: "012345678912", scope: "retailer-1" },
            ],
            quantity: { value: 6, unit: "XCS" },
            price: { amount: "27" },
          },
        ],
      },
    });
  });

  test("has the same id in every interchange that brings it", () => {
    const again = draftText({ isa: { 13: "000000777" }, iea: ["1", "000000777"] });
    const [first] = recordsOf(draftText());
    const [second] = recordsOf(again);
    assert.deepEqual(first, second);
  });

  test("that is a release of a blanket order has the number of the release in its own", () => {
    const { id, data } = orderOf(changed("BEG", "BEG*00*RL*PO-1001*7*20260112"));
    assert.equal(id, "ZZ/RETAILER:PO-1001-7");
    assert.equal(data.attributes?.BEG04, "7");
  });

  test("spread over stores keeps how much goes to each", () => {
    const { data } = orderOf(
      withLine("PO1*1*30*EA*2**VN*A", "SDQ*EA*92*0101*10*0102*12", "SDQ*EA*92*0117*8"),
    );
    assert.deepEqual(data.lines[0]?.destinations, [
      { code: "0101", quantity: { value: 10, unit: "EA" } },
      { code: "0102", quantity: { value: 12, unit: "EA" } },
      { code: "0117", quantity: { value: 8, unit: "EA" } },
    ]);
  });

  test("with quantities for its stores only is for their sum", () => {
    const { data } = orderOf(withLine("PO1*1*****VN*A", "SDQ*CA*92*0101*2*0102*3"));
    assert.deepEqual(data.lines[0]?.quantity, { value: 5, unit: "XCS" });
  });

  test("keeps decimals exactly, however they are written", () => {
    for (const [written, value] of [
      ["12.", 12],
      ["007", 7],
      [".5", "0.5"],
      ["2.50", "2.5"],
      ["1E2", 100],
      ["123456789012345", 123_456_789_012_345],
    ] as const) {
      const { data } = orderOf(withLine(`PO1*1*${written}*EA***VN*A`));
      assert.deepEqual(data.lines[0]?.quantity, { value, unit: "EA" }, written);
    }
  });

  test("whose lines repeat their numbers is numbered by us", () => {
    const segments = ["BEG*00*SA*PO-9**20260112", "PO1*1*1*EA***VN*A", "PO1*1*2*EA***VN*B", "CTT*2"];
    assert.deepEqual(
      orderOf(segments).data.lines.map(({ lineId }) => lineId),
      ["1", "2"],
    );
  });

  test("takes its dates from the lines when it has none of its own", () => {
    const { data } = orderOf([
      "BEG*00*SA*PO-9**20260112",
      ...["PO1*1*1*EA***VN*A", "DTM*002*20260302", "PO1*2*1*EA***VN*B", "DTM*002*20260301*1200"],
      "CTT*2",
    ]);
    assert.equal(data.deliverBy, "2026-03-01T18:00:00Z");
  });

  test("that must be shipped complete says so", () => {
    const segments = ["BEG*00*SA*PO-9**20260112", "CSH*SC", "PO1*1*1*EA***VN*A"];
    assert.equal(orderOf(segments).data.policy, "all-or-nothing");
  });

  test("ignores what stands in the inner loops of its lines", () => {
    const kit = ["SLN*1**I*2*EA****VN*PART", "PID*F****A PART OF IT"];
    const { data } = orderOf(withLine("PO1*1*1*EA***VN*A", "PID*F****THE KIT", ...kit));
    assert.equal(data.lines.length, 1);
    assert.equal(data.lines[0]?.description, "THE KIT");
  });
});

describe("an item is resolved", () => {
  const itemOf = (pairs: string, account = accountWith()) =>
    orderOf(withLine(`PO1*1*1*EA***${pairs}`), account).data.lines[0]?.item;

  test("by our own number before a GTIN, and by a GTIN before the buyer's number", () => {
    assert.deepEqual(itemOf("BP*R-77*UP*012345678905*VN*A-1"), { scheme: "sku", value: "A-1" });
    assert.deepEqual(itemOf("BP*R-77*UP*012345678905"), { scheme: "gtin", value: "0012345678905" });
    assert.deepEqual(itemOf("BP*R-77"), { scheme: "buyer-part", value: "R-77", scope: "retailer-1" });
  });

  test("by one form of its GTIN, whatever its length", () => {
    for (const pair of ["UP*012345678905", "EN*0012345678905", "UK*00012345678905"])
      assert.deepEqual(itemOf(pair), { scheme: "gtin", value: "0012345678905" }, pair);
    assert.deepEqual(itemOf("UK*10012345678902"), { scheme: "gtin", value: "10012345678902" });
  });

  test("by a GTIN with a wrong check digit only when there is nothing else", () => {
    assert.deepEqual(itemOf("UP*012345678900*BP*R-77")?.scheme, "buyer-part");
    assert.deepEqual(itemOf("UP*012345678900")?.scheme, "gtin");
  });

  test("by the meaning that the profile gives to a qualifier", () => {
    const items = [{ qualifier: "ZZ", scheme: "vendor-part" }];
    assert.deepEqual(itemOf("VN*A-1*ZZ*9", accountWith({ items })), { scheme: "vendor-part", value: "9" });
  });

  test("by the partner's own word when no qualifier is known", () => {
    assert.deepEqual(itemOf("ZB*9"), { scheme: "x12-zb", value: "9", scope: "retailer-1" });
  });
});

describe("an 850 is not taken", () => {
  const cases: readonly (readonly [why: string, segments: readonly string[], says: RegExp])[] = [
    ["that is a change", changed("BEG", "BEG*04*SA*PO-1001**20260112"), /BEG01.*"04" is a change.*by hand/],
    ["that is a cancellation", changed("BEG", "BEG*01*SA*PO-1001**20260112"), /is a cancellation/],
    ["that is a blanket order", changed("BEG", "BEG*00*BK*PO-1001**20260112"), /BEG02: a blanket order/],
    ["without lines", ["BEG*00*SA*PO-1**20260112", "CTT*0"], /mandatory|fewer than 1|lines/],
    ["whose lines were lost on the way", changed("CTT", "CTT*3"), /CTT says 3 lines, and there are 2/],
    [
      "whose quantities do not add up",
      changed("CTT", "CTT*2*19"),
      /CTT says 19 units in all, and there are 18/,
    ],
    ["with a line of nothing", withLine("PO1*1*0*EA***VN*A"), /PO102: "0" is no quantity to order/],
    ["with a line of less than nothing", withLine("PO1*1*-2*EA***VN*A"), /PO102: "-2" is no quantity/],
    ["in a unit that nobody has told us", withLine("PO1*1*1*KI***VN*A"), /PO103: the unit "KI" is not known/],
    ["without a unit", withLine("PO1*1*1****VN*A"), /PO103: the quantity has no unit/],
    ["with a line of no item", withLine("PO1*1*1*EA"), /the line names no item/],
    [
      "spread otherwise than ordered",
      withLine("PO1*1*9*EA***VN*A", "SDQ*EA*92*1*4*2*4"),
      /SDQ spreads 8, and PO102 orders 9/,
    ],
    ["of no day", changed("BEG", "BEG*00*SA*PO-1001**16000101"), /BEG05: "16000101" is no date of an order/],
  ];
  for (const [why, segments, says] of cases) test(why, () => assert.match(refusalOf(segments), says));

  test("and every mistake in it is told at once", () => {
    const segments = ["BEG*04*SA*PO-9**20260112", "PO1*1*0*EA***VN*A", "PO1*2*1*KI***VN*B", "CTT*2"];
    assert.match(refusalOf(segments), /segment 2 \(BEG\).*segment 3 \(PO1\).*segment 4 \(PO1\)/);
  });

  test("in a unit until the profile has it", () => {
    const { data } = orderOf(withLine("PO1*1*1*KI***VN*A"), accountWith({ units: { KI: "KT" } }));
    assert.deepEqual(data.lines[0]?.quantity, { value: 1, unit: "KT" });
  });
});

describe("a set among others", () => {
  const second = { segments: orderSegments.map((segment) => segment.replace("PO-1001", "PO-1002")) };
  const broken = { segments: ["BEG*00*SA*PO-1003", "CTT*0"] };

  test("that is rejected does not keep the others back", () => {
    const records = recordsOf(draftText(withSets({}, broken, second)));
    assert.deepEqual(
      records.map(({ is }) => is),
      ["order", "invalid", "order"],
    );
    assert.ok(records[1]?.is === "invalid" && records[1].reason === "set-rejected");
  });

  test("with the number of another order, and different content, is a mistake", () => {
    const other = { segments: orderSegments.map((segment) => segment.replace("*12*EA", "*13*EA")) };
    const records = recordsOf(draftText(withSets({}, other)));
    assert.deepEqual(
      records.map((record) => (record.is === "invalid" ? record.reason : record.is)),
      ["order", "order-number-reused"],
    );
  });

  test("of a kind that is not taken is told about", () => {
    const [record] = recordsOf(
      draftText({ groups: [{ functionalId: "PC", sets: [{ id: "860", segments: ["BCH*04*SA*1"] }] }] }),
    );
    assert.ok(record?.is === "invalid" && record.reason === "set-not-taken", JSON.stringify(record));
  });
});

describe("a test", () => {
  const asTest = draftText({ isa: { 15: "T" } });

  test("is no order for an account in production", () => {
    assert.deepEqual(
      recordsOf(asTest).map(({ is }) => is),
      ["ignored"],
    );
  });

  test("is an order for an account under test, and a real order is a mistake there", () => {
    const account = accountWith({ usage: "T" });
    assert.deepEqual(
      recordsOf(asTest, account).map(({ is }) => is),
      ["order"],
    );
    const [record] = recordsOfOrder(orderSegments, account);
    assert.ok(record?.is === "invalid" && record.reason === "wrong-usage");
  });
});
