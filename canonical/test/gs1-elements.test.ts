import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { gs1CheckDigit, gs1Day, readGs1Elements } from "../src/index.ts";

const GS = "\u001d";

const reads = [
  {
    name: "a GTIN with a lot at the end",
    text: "010401234567890110ABC123",
    is: { "01": "04012345678901", "10": "ABC123" },
  },
  {
    name: "a lot before a serial number, parted by FNC1",
    text: `]d20104012345678901${"17"}270131${"10"}L-7${GS}21S9`,
    is: { "01": "04012345678901", "17": "270131", "10": "L-7", "21": "S9" },
  },
  {
    name: "what is printed below the bars",
    text: "(01)04012345678901 (10)L-7",
    is: { "01": "04012345678901", "10": "L-7" },
  },
  {
    name: "FNC1 as a keyboard writes it",
    text: "10L-7<GS>0104012345678901",
    is: { "10": "L-7", "01": "04012345678901" },
  },
  {
    name: "FNC1 first, as in a concatenated symbol",
    text: `]C1${GS}0104012345678901`,
    is: { "01": "04012345678901" },
  },
  {
    name: "a weight with its decimal place",
    text: "01040123456789013103001250",
    is: { "01": "04012345678901", "3103": "001250" },
  },
];

for (const { name, text, is } of reads) {
  test(`a barcode may have ${name}`, () => {
    const reading = readGs1Elements(text);
    assert.ok(reading.ok, reading.ok ? "" : reading.problem);
    assert.deepEqual(Object.fromEntries(reading.elements.map(({ ai, data }) => [ai, data])), is);
  });
}

const faults = [
  { text: "0104012345678902", problem: /check digit/ },
  { text: "01040123", problem: /must have 14 digits/ },
  { text: "05123", problem: /no application identifier/ },
  { text: "10", problem: /no application identifier/ },
  { text: "(01)04012345678901 10L", problem: /check digit|must have 14 digits/ },
  { text: "", problem: /says nothing/ },
  { text: "1".repeat(300), problem: /more than 200/ },
];

for (const { text, problem } of faults) {
  test(`${JSON.stringify(text.slice(0, 30))} is refused with the reason`, () => {
    const reading = readGs1Elements(text);
    assert.ok(!reading.ok);
    assert.match(reading.problem, problem);
  });
}

const lot = fc.stringMatching(/^[A-Z0-9-]{1,20}$/);
const gtin = fc.stringMatching(/^\d{13}$/).map((body) => body + String(gs1CheckDigit(body)));

test("what a symbol carries is read back, in any order of its elements", () => {
  const elements = fc
    .record({
      "01": gtin,
      "10": lot,
      "21": lot,
      "17": fc.constant("270131"),
      "3103": fc.stringMatching(/^\d{6}$/),
    })
    .chain((all) => fc.shuffledSubarray(Object.entries(all), { minLength: 1 }));
  fc.assert(
    fc.property(elements, (chosen) => {
      const text = chosen.map(([ai, data]) => `${ai}${data}${ai === "10" || ai === "21" ? GS : ""}`).join("");
      const reading = readGs1Elements(text.replace(new RegExp(`${GS}$`), ""));
      assert.ok(reading.ok, reading.ok ? "" : reading.problem);
      assert.deepEqual(
        reading.elements.map(({ ai, data }) => [ai, data]),
        chosen,
      );
    }),
  );
});

test("whatever is scanned is read or refused, and never thrown", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 220 }), (text) => typeof readGs1Elements(text).ok === "boolean"),
  );
});

test("a day of six digits is of the nearest century, and day 00 is the last of its month", () => {
  assert.equal(gs1Day("270131", 2026), "2027-01-31");
  assert.equal(gs1Day("280200", 2026), "2028-02-29");
  assert.equal(gs1Day("760101", 2026), "2076-01-01");
  assert.equal(gs1Day("770101", 2026), "1977-01-01");
  assert.equal(gs1Day("010101", 2096), "2101-01-01");
  assert.equal(gs1Day("271301", 2026), undefined);
  assert.equal(gs1Day("270230", 2026), undefined);
});
