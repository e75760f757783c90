import type { TSchema } from "typebox";

type Shape = { readonly type: string | undefined; readonly items: Shape | undefined };

/**
 * Query parameters and path parameters as their schema has them: text becomes a number where a whole number is wanted, `true` and
 * `false` become what they say, and a single value becomes a list of one. What does not fit stays as it is, and the check refuses it.
 */
export function parameterReader(schema: TSchema): (given: unknown) => Readonly<Record<string, unknown>> {
  const shapes = new Map(Object.entries(propertiesOf(schema)).map(([name, each]) => [name, shapeOf(each)]));
  return (given) => {
    const values: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(given ?? {})) values[name] = convert(value, shapes.get(name));
    return values;
  };
}

function convert(value: unknown, shape: Shape | undefined): unknown {
  switch (shape?.type) {
    case "array": {
      const list: readonly unknown[] = Array.isArray(value) ? value : [value];
      return list.map((each) => convert(each, shape.items));
    }
    case "integer":
      return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
    case "boolean":
      return value === "true" || (value === "false" ? false : value);
    default:
      return value;
  }
}

function propertiesOf(schema: unknown): Readonly<Record<string, unknown>> {
  if (typeof schema !== "object" || schema === null || !("properties" in schema)) return {};
  return { ...(typeof schema.properties === "object" ? schema.properties : {}) };
}

function shapeOf(schema: unknown): Shape {
  if (typeof schema !== "object" || schema === null) return { type: undefined, items: undefined };
  const type = "type" in schema && typeof schema.type === "string" ? schema.type : undefined;
  return { type, items: "items" in schema ? shapeOf(schema.items) : undefined };
}
