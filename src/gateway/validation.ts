import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import type { Fault } from "./problem.ts";

/** What a check found: nothing, or where the value is wrong. */
export type Faults = readonly Fault[] | undefined;

/** Compiles a schema once. The check neither copies nor changes the value. */
export function faultFinder(schema: TSchema): (value: unknown) => Faults {
  const compiled = Compile(schema);
  return (value) => (compiled.Check(value) ? undefined : tellFaults(compiled.Errors(value), schema));
}

/**
 * Errors of a schema as sentences for whoever made the request: one for each union instead of one for each of its branches,
 * one for each name that is missing. The check itself stops after eight errors.
 */
export function tellFaults(errors: readonly TLocalizedValidationError[], schema: unknown): readonly Fault[] {
  const faults = errors.flatMap((error) => tell(error, schema));
  return [...new Map(faults.map((fault) => [`${fault.pointer}\n${fault.message}`, fault])).values()];
}

function tell(error: TLocalizedValidationError, schema: unknown): readonly Fault[] {
  const { instancePath: pointer } = error;
  const at = pointer === "" ? "/" : pointer;
  const union = unionAround(error);
  if (union !== undefined) {
    const branches = subschema(schema, union);
    return [{ pointer: at, message: illustration(branches) ?? `must be ${choices(branches)}` }];
  }
  switch (error.keyword) {
    case "required":
      return error.params.requiredProperties.map((name) => ({
        pointer: `${pointer}/${name}`,
        message: "is missing",
      }));
    case "additionalProperties":
      return error.params.additionalProperties.map((name) => ({
        pointer: `${pointer}/${name}`,
        message: "is not known here",
      }));
    // Told by `additionalProperties` of the object around it.
    case "boolean":
      return [];
    case "const":
      return [{ pointer: at, message: `must be ${JSON.stringify(error.params.allowedValue)}` }];
    case "enum":
      return [{ pointer: at, message: `must be one of ${error.params.allowedValues.join(", ")}` }];
    case "pattern":
      return [{ pointer: at, message: illustration(subschema(schema, error.schemaPath)) ?? error.message }];
    default:
      return [{ pointer: at, message: error.message }];
  }
}

/** What is wanted, in the schema's own words where they give an example: that says more than a regular expression. */
function illustration(schema: unknown): string | undefined {
  const description = member(schema, "description");
  if (typeof description !== "string" || !description.includes("for example")) return undefined;
  return `must be of this form: ${description.replace(/\.$/, "")}`;
}

/** Path of the outermost union that an error belongs to. */
function unionAround({ keyword, schemaPath }: TLocalizedValidationError): string | undefined {
  const end = schemaPath.indexOf("/anyOf/");
  if (end >= 0) return schemaPath.slice(0, end);
  return keyword === "anyOf" ? schemaPath : undefined;
}

/** The branches of a union in a few words. */
function choices(union: unknown): string {
  const branches: unknown = member(union, "anyOf");
  if (!Array.isArray(branches)) return "of another form";
  const texts = branches.map((branch) => {
    const constant = member(branch, "const");
    if (constant !== undefined) return String(constant);
    const title = member(branch, "title") ?? member(branch, "type");
    const pattern = member(branch, "pattern");
    return pattern === undefined ? String(title) : `${String(title)} like ${String(pattern)}`;
  });
  return `one of ${texts.join(", ")}`;
}

function subschema(schema: unknown, path: string): unknown {
  return path
    .split("/")
    .slice(1)
    .reduce<unknown>(
      (found, step) => member(found, step.replaceAll("~1", "/").replaceAll("~0", "~")),
      schema,
    );
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
