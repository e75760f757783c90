/**
 * A schema in which a choice of constant texts is an `enum`. It means the same; readers see a list instead of a nest, and the
 * serialiser writes a text instead of trying each branch.
 */
export function withEnums(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withEnums);
  if (typeof schema !== "object" || schema === null) return schema;
  const choices = constantsOf(schema);
  const entries = Object.entries(schema).filter(([key]) => choices === undefined || key !== "anyOf");
  const converted = Object.fromEntries(entries.map(([key, value]) => [key, withEnums(value)]));
  return choices === undefined ? converted : { type: "string", enum: choices, ...converted };
}

function constantsOf(schema: object): readonly string[] | undefined {
  const branches: unknown = "anyOf" in schema ? schema.anyOf : undefined;
  if (!Array.isArray(branches)) return undefined;
  const constants = branches.map(constantOf).filter((constant) => constant !== undefined);
  return constants.length === branches.length ? constants : undefined;
}

function constantOf(branch: unknown): string | undefined {
  if (typeof branch !== "object" || branch === null || !("const" in branch)) return undefined;
  return typeof branch.const === "string" ? branch.const : undefined;
}
