import { withEnums } from "./schema-forms.ts";

/** JSON as it comes out of a parser. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** An object's members; none of anything else. */
export function members(value: Json | undefined): Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !isList(value) ? value : {};
}

/** Whether a JSON value is a list. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** What the document says about itself. */
export function documentHead(version: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "Crossdock",
      version,
      description:
        "How many may I promise? System APIs take in what happens, process APIs promise, experience APIs tell channels. Quantities " +
        "are whole numbers of an item's smallest unit. Errors are problem details (RFC 9457) whose `type` is a path of this server.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    // Wherever the document was fetched from.
    servers: [{ url: "/" }],
    tags: [
      { name: "System", description: "What systems report and read: messages, facts, positions, the log." },
      { name: "Process", description: "What is decided: reservations and orders." },
      { name: "Experience", description: "What channels ask." },
      { name: "Operations", description: "Whether the server is well." },
    ],
    components: {
      securitySchemes: {
        apiKey: {
          type: "http" as const,
          scheme: "bearer",
          bearerFormat: "cd_…",
          description: "An API key. Each operation names the scope that it needs.",
        },
      },
    },
  };
}

/** A real request and its answer, by operation. */
export type Examples = Readonly<
  Record<string, { readonly request?: object; readonly answers?: Readonly<Record<number, object>> }>
>;

/**
 * Makes the published document out of the generated one: constants as lists, each titled schema once under `components`, and
 * the examples in their places.
 */
export function toPublished(generated: object, examples: Examples): Json {
  const plain = toJson(withEnums(generated));
  const { document, schemas } = hoist(withExamples(plain, examples));
  const components = { ...members(members(document).components), schemas };
  return { ...members(document), components };
}

/** As JSON says it: what is undefined is absent. */
export function toJson(value: unknown): Json {
  const parsed: Json = JSON.parse(JSON.stringify(value));
  return parsed;
}

function withExamples(document: Json, examples: Examples): Json {
  const paths = Object.entries(members(members(document).paths)).map(([path, item]) => [
    path,
    Object.fromEntries(
      Object.entries(members(item)).map(([method, operation]) => [method, withExample(operation, examples)]),
    ),
  ]);
  // In one order, whatever the order in which routes were added.
  paths.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return { ...members(document), paths: Object.fromEntries(paths) };
}

function withExample(operation: Json, examples: Examples): Json {
  const { requestBody, responses, ...rest } = members(operation);
  const given = typeof rest.operationId === "string" ? examples[rest.operationId] : undefined;
  if (given === undefined) return operation;
  const answered = Object.entries(members(responses)).map(([status, response]) => [
    status,
    exemplify(response, given.answers?.[Number(status)]),
  ]);
  const request = requestBody === undefined ? {} : { requestBody: exemplify(requestBody, given.request) };
  return { ...rest, ...request, responses: Object.fromEntries(answered) };
}

function exemplify(container: Json, example: object | undefined): Json {
  if (example === undefined) return container;
  const content = Object.entries(members(members(container).content)).map(([type, media]) => [
    type,
    { ...members(media), example: toJson(example) },
  ]);
  return { ...members(container), content: Object.fromEntries(content) };
}

type Hoisted = { readonly document: Json; readonly schemas: Readonly<Record<string, Json>> };

/**
 * Moves schemas with a title to one place and refers to them. Where two of one title differ, the first has the name and the
 * others stay where they are.
 */
function hoist(document: Json): Hoisted {
  const schemas = new Map<string, { readonly schema: Json; readonly text: string }>();

  function walk(value: Json, name: string): Json {
    // The parameters' schemas are stripped of their descriptions, so they would be others of the same title.
    if (isList(value)) return name === "parameters" ? value : value.map((each) => walk(each, ""));
    if (typeof value !== "object" || value === null || notSchemas.has(name)) return value;
    const inner = Object.fromEntries(
      Object.entries(members(value)).map(([key, each]) => [key, walk(each, key)]),
    );
    const title = titleOf(value);
    return title === undefined ? inner : refer(title, inner);
  }

  function refer(title: string, inner: Readonly<Record<string, Json>>): Json {
    // Where it is used it may be described anew; what it is stays the same.
    const { "x-response-description": _told, ...schema } = inner;
    const text = JSON.stringify(schema);
    const known = schemas.get(title) ?? { schema, text };
    schemas.set(title, known);
    return known.text === text ? { $ref: `#/components/schemas/${title}` } : inner;
  }

  const walked = walk(document, "");
  const sorted = [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    document: walked,
    schemas: Object.fromEntries(sorted.map(([title, known]) => [title, known.schema])),
  };
}

/** Members of the document under which no schema stands. */
const notSchemas: ReadonlySet<string> = new Set(["info", "example", "examples"]);

function titleOf(value: Json): string | undefined {
  const { title } = members(value);
  return typeof title === "string" && /^[A-Z][A-Za-z]*$/.test(title) ? title : undefined;
}
