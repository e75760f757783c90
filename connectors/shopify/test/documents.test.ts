import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { buildClientSchema, parse, validate } from "graphql";
import { DOCUMENTS } from "../src/documents.ts";
import { contracts, withoutContracts } from "./support.ts";

for (const version of ["2026-04", "2026-07", "2026-10"]) {
  test(`every document is valid in the published schema ${version}`, { skip: withoutContracts }, () => {
    const file = join(contracts ?? "", "shopify", "admin-graphql", `admin_${version}.introspection.json.gz`);
    const introspection = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8"));
    const schema = buildClientSchema(introspection.data ?? introspection, { assumeValid: true });
    for (const [name, document] of Object.entries(DOCUMENTS)) {
      const problems = validate(schema, parse(document)).map(({ message }) => message);
      assert.deepEqual(problems, [], name);
    }
  });
}

test("every document has one operation and one root field", () => {
  for (const [name, document] of Object.entries(DOCUMENTS)) {
    const { definitions } = parse(document);
    assert.equal(definitions.length, 1, name);
    const [definition] = definitions;
    assert.ok(definition !== undefined && "selectionSet" in definition);
    assert.equal(definition.selectionSet?.selections.length, 1, name);
  }
});
