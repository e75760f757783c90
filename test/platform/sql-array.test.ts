import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sql } from "../../src/platform/index.ts";
import { elementTypeOf, encodeBinaryArray } from "../../src/platform/sql-array.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();

const orNull = <Value>(values: fc.Arbitrary<Value>) =>
  fc.array(fc.option(values, { nil: null, freq: 8 }), { maxLength: 60 });

/** Anything that a text of PostgreSQL may hold: no zero, no half of a pair. */
const storable = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }).filter((text) => !text.includes("\0")),
  fc.constantFrom("", "null", "NULL", '"', "\\", "{}", "a,b", "é".repeat(50), "😀", "x".repeat(200)),
);

const whole = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(0, -1, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32)));
const moment = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });

test("an array that travels as bytes is the array that its text is", async () => {
  const property = fc.asyncProperty(
    orNull(whole),
    orNull(storable),
    orNull(
      fc.oneof(
        moment,
        moment.map((at) => at.toISOString()),
        fc.constant("2026-03-01T01:00:00+01:00"),
      ),
    ),
    orNull(fc.jsonValue({ noUnicodeString: true }).map((value) => JSON.stringify(value))),
    async (numbers, texts, moments, documents) => {
      const [row] = await database.query<{
        numbers: boolean;
        texts: boolean;
        moments: boolean;
        json: boolean;
      }>(sql`
        select ${numbers}::bigint[] = ${asText(numbers)}::text::bigint[] as numbers,
               ${texts}::text[] = ${asText(texts)}::text::text[] as texts,
               ${moments}::timestamptz[] = ${asText(moments)}::text::timestamptz[] as moments,
               ${documents}::jsonb[] = ${asText(documents)}::text::jsonb[] as json`);
      assert.deepEqual(row, { numbers: true, texts: true, moments: true, json: true });
    },
  );
  await fc.assert(property, { numRuns: Number(process.env.PROPERTY_RUNS ?? 100) });
});

/** An array's text, with every element quoted. */
function asText(values: readonly (string | number | Date | null)[]): string {
  const element = (value: string | number | Date | null) => {
    if (value === null) return "NULL";
    const text = value instanceof Date ? value.toISOString() : String(value);
    return `"${text.replace(/["\\]/g, "\\$&")}"`;
  };
  return `{${values.map(element).join(",")}}`;
}

test("what has no place in eight bytes is left to the server, which refuses what does not exist", async () => {
  for (const text of ["2026-02-30T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "infinity", "2026-01-01"]) {
    assert.equal(encodeBinaryArray([text], "timestamptz"), undefined, text);
  }
  assert.equal(encodeBinaryArray(["7"], "bigint"), undefined);
  assert.equal(encodeBinaryArray([2n ** 63n], "bigint"), undefined);
  assert.equal(encodeBinaryArray([["nested"]], "text"), undefined);
  await assert.rejects(database.query(sql`select ${["2026-02-30T00:00:00.000Z"]}::timestamptz[]`));
  assert.throws(() => sql`select ${[Number.NaN]}::bigint[]`, TypeError);
  assert.throws(() => sql`select ${[2 ** 60]}::bigint[]`, TypeError);
});

test("only arrays of the types that it knows travel as bytes", () => {
  assert.equal(elementTypeOf("::bigint[], "), "bigint");
  assert.equal(elementTypeOf("::text[][]"), undefined);
  for (const behind of ["", "::bigint", "::ledger.status[]", "::toString[]", "::int[]"]) {
    assert.equal(elementTypeOf(behind), undefined, behind);
  }
});
