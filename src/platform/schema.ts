import type { Queryable } from "./database-transaction.ts";
import { type SchemaObject, selectSchemaObjects } from "./schema-store.ts";

/**
 * The whole schema as text: what all migrations come to, for people who review a change. Read from the catalog, ordered
 * by name, the same on every server of one major version. It is for reading, not for restoring.
 */
export async function describeSchema(db: Queryable): Promise<string> {
  const objects = await selectSchemaObjects(db);
  const schemas = [...new Set(objects.map((object) => object.schema))].sort();
  const header =
    "-- What the migrations come to. Written by `npm run -s crossdock -- migrate --print-schema`.\n";
  return [header, ...schemas.map((schema) => describeOne(schema, objects))].join("\n");
}

/** Types come before what uses them, and what hangs on a table after it. */
const kinds = ["type", "sequence", "table", "view", "function"] as const;

function describeOne(schema: string, objects: readonly SchemaObject[]): string {
  const inside = objects.filter((object) => object.schema === schema);
  const parts = kinds.flatMap((kind) =>
    inside
      .filter((object) => object.kind === kind)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(describeObject),
  );
  return [`create schema ${schema};`, ...parts].map((part) => `${part}\n`).join("\n");
}

function describeObject(object: SchemaObject): string {
  const body =
    object.lines.length === 0 ? "" : ` (\n${object.lines.map((line) => `  ${line}`).join(",\n")}\n)`;
  const statement = `${object.opening}${body}${object.closing}`;
  return [
    statement.endsWith(";") ? statement : `${statement};`,
    ...object.after.map((line) => `${line};`),
  ].join("\n");
}
