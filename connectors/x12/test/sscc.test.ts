import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { buildSscc, checkDigit, isGtin, isSscc } from "../src/index.ts";

test("check digits are those of keys in use", () => {
  assert.equal(checkDigit("37610425002123456"), "9");
  assert.equal(checkDigit("400638133393"), "1");
  assert.ok(isSscc("376104250021234569"));
  assert.ok(isGtin("012345678905"));
  assert.ok(isGtin("4006381333931"));
  assert.ok(isGtin("96385074"));
});

test("an SSCC is made of extension, company prefix, padded serial and check digit", () => {
  assert.deepEqual(buildSscc({ extension: 3, companyPrefix: "7610425", serial: 2_123_456 }), {
    sscc: "376104250021234569",
  });
});

test("what is built is valid, and one changed digit makes it invalid", () => {
  const parts = fc.record({
    extension: fc.integer({ min: 0, max: 9 }),
    companyPrefix: fc.integer({ min: 1_000, max: 999_999_999_999 }).map(String),
    serial: fc.integer({ min: 0, max: 9_999 }),
  });
  const property = fc.property(parts, fc.nat(17), fc.integer({ min: 1, max: 9 }), (given, at, step) => {
    const built = buildSscc(given);
    assert.ok("sscc" in built);
    assert.ok(isSscc(built.sscc));
    const digit = (Number(built.sscc[at]) + step) % 10;
    assert.equal(isSscc(built.sscc.slice(0, at) + digit + built.sscc.slice(at + 1)), false);
  });
  fc.assert(property);
});

test("what cannot be an SSCC is refused with its reason", () => {
  const reasons = [
    buildSscc({ extension: 10, companyPrefix: "7610425", serial: 1 }),
    buildSscc({ extension: 0, companyPrefix: "76A", serial: 1 }),
    buildSscc({ extension: 0, companyPrefix: "761042512345", serial: 12_345 }),
    buildSscc({ extension: 0, companyPrefix: "7610425", serial: -1 }),
  ].map((built) => ("refused" in built ? built.refused.reason : built.sscc));
  assert.deepEqual(reasons, ["extension", "company-prefix", "serial-too-long", "serial-too-long"]);
});

test("other lengths and letters are no key", () => {
  for (const value of ["", "0123", "37610425002123456X", "0376104250021234569", " 012345678905"]) {
    assert.equal(isSscc(value), false, value);
    assert.equal(isGtin(value), false, value);
  }
  assert.throws(() => checkDigit("12A"), /not all digits/);
});
