import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** A GraphQL error as it stands in an answer. */
export type AnswerError = {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
};
export type Execution = { readonly data?: unknown; readonly errors?: readonly AnswerError[] };
type Variables = Readonly<Record<string, unknown>>;
type RootValue = Readonly<Record<string, (args: Variables) => unknown>>;

/** Checks a document and runs it over root values. */
export type Executor = {
  /** Whether documents are held against the vendor's schema. */
  readonly validates: boolean;
  /** What is wrong with a document; nothing when there is no schema to hold it against. */
  validate(document: string): readonly AnswerError[];
  execute(document: string, rootValue: RootValue, variables: Variables): Execution;
};

/** The GraphQL reference implementation, as far as it is used. It is not a dependency: the fake works without it. */
type GraphqlModule = {
  parse(source: string): unknown;
  buildClientSchema(introspection: unknown, options: { assumeValid: boolean }): unknown;
  validate(schema: unknown, document: unknown): readonly { readonly message: string }[];
  executeSync(args: {
    schema: unknown;
    document: unknown;
    rootValue: unknown;
    variableValues: Variables;
  }): Execution;
};

/** Documents whose validation is remembered: the connector has seven. */
const DOCUMENTS_MAX = 100;

/** Executors by contracts and version: building one takes 0.2 s, and it keeps nothing of the shops that use it. */
const loaded = new Map<string, Promise<Executor>>();

/**
 * An executor over the published introspection of an API version, or a plain one when the contracts or the `graphql`
 * package are not at hand.
 */
export function loadExecutor(contracts: string | undefined, apiVersion: string): Promise<Executor> {
  if (contracts === undefined) return Promise.resolve(plainExecutor());
  const file = join(contracts, "shopify", "admin-graphql", `admin_${apiVersion}.introspection.json.gz`);
  const executor = loaded.get(file) ?? loadFrom(file);
  loaded.set(file, executor);
  return executor;
}

async function loadFrom(file: string): Promise<Executor> {
  const graphql = await loadGraphql();
  const bytes = await readFile(file).catch(() => undefined);
  if (graphql === undefined || bytes === undefined) return plainExecutor();
  const introspection: unknown = JSON.parse(gunzipSync(bytes).toString("utf8"));
  return schemaExecutor(graphql, introspection);
}

async function loadGraphql(): Promise<GraphqlModule | undefined> {
  const name = "graphql"; // A name the type checker does not follow, because the package may be missing.
  try {
    return await import(name);
  } catch {
    return undefined;
  }
}

function schemaExecutor(graphql: GraphqlModule, introspection: unknown): Executor {
  const data = isRecord(introspection) && "data" in introspection ? introspection.data : introspection;
  // The published schema breaks a rule of the specification about deprecated fields, so it is taken as it is.
  const schema = graphql.buildClientSchema(data, { assumeValid: true });
  const problems = new Map<string, readonly AnswerError[]>();
  return {
    validates: true,
    validate(document) {
      const known = problems.get(document);
      if (known !== undefined) return known;
      const found = problemsOf(graphql, schema, document);
      if (problems.size >= DOCUMENTS_MAX) problems.clear();
      problems.set(document, found);
      return found;
    },
    execute: (document, rootValue, variableValues) =>
      graphql.executeSync({ schema, document: graphql.parse(document), rootValue, variableValues }),
  };
}

function problemsOf(graphql: GraphqlModule, schema: unknown, document: string): readonly AnswerError[] {
  try {
    return graphql.validate(schema, graphql.parse(document)).map(({ message }) => ({ message }));
  } catch (error) {
    return [{ message: String(error) }];
  }
}

/** Runs the root field that a document names with its variables as arguments, and gives back more than was selected. */
function plainExecutor(): Executor {
  return {
    validates: false,
    validate: () => [],
    execute(document, rootValue, variables) {
      const name = rootFieldOf(document);
      const run = Object.entries(rootValue).find(([field]) => field === name)?.[1];
      if (name === undefined || run === undefined) return { errors: [{ message: `no field ${name}` }] };
      return { data: { [name]: resolved(run(variables), variables) } };
    },
  };
}

/** Calls the functions in a value, all the way down, with the variables as their arguments. */
function resolved(value: unknown, variables: Variables): unknown {
  if (typeof value === "function") return resolved(value(variables), variables);
  if (Array.isArray(value)) return value.map((element) => resolved(element, variables));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, resolved(field, variables)]));
}

/** The first field of a document's operation. */
export function rootFieldOf(document: string): string | undefined {
  return /^\s*(?:query|mutation)\b[^{]*\{\s*(\w+)/.exec(document)?.[1];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
