import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { describeDatabaseUrl } from "./database.ts";
import { parseSecretKey } from "./secrets.ts";

/** What a setting's schema says beside its type. Durations are milliseconds and sizes are bytes; the name says so. */
type SettingOptions = {
  /** The environment variable. */
  readonly env: string;
  readonly description: string;
  /** Never shown; may also be given as a file, in `<env>_FILE`. */
  readonly secret?: boolean;
};

const port = { minimum: 0, maximum: 65_535 };

/** Every setting there is. Reference page, check and type come from here. */
export const configSchema = Type.Object({
  databaseUrl: Type.Optional(
    Type.String(
      setting(
        "DATABASE_URL",
        "PostgreSQL, version 15 or later. Absent: an embedded one in the data folder.",
        {
          secret: true,
        },
      ),
    ),
  ),
  dataDir: Type.String({
    ...setting("CROSSDOCK_DATA_DIR", "Folder for what this machine keeps: embedded database, generated key."),
    default: "./.crossdock",
    minLength: 1,
  }),
  host: Type.String({
    ...setting("HOST", "Address to listen on. 0.0.0.0 lets other machines in; put TLS in front."),
    default: "127.0.0.1",
    minLength: 1,
  }),
  port: Type.Integer({
    ...setting("PORT", "TCP port to listen on; 0 lets the system choose."),
    default: 8080,
    ...port,
  }),
  publicUrl: Type.Optional(
    Type.String({
      ...setting("PUBLIC_URL", "Address under which others reach us, for links and web hooks."),
      pattern: "^https?://[^\\s/]+(/\\S*)?$",
    }),
  ),
  logLevel: Type.Union(
    [
      Type.Literal("debug"),
      Type.Literal("info"),
      Type.Literal("warn"),
      Type.Literal("error"),
      Type.Literal("silent"),
    ],
    { ...setting("LOG_LEVEL", "The least important lines that are still written."), default: "info" },
  ),
  databasePoolMax: Type.Integer({
    ...setting("DATABASE_POOL_MAX", "Database connections at most, per process."),
    default: 20,
    minimum: 4,
    maximum: 500,
  }),
  databaseStatementTimeoutMs: Type.Integer({
    ...setting(
      "DATABASE_STATEMENT_TIMEOUT_MS",
      "A statement that takes longer is cancelled, in milliseconds.",
    ),
    default: 30_000,
    minimum: 100,
    maximum: 3_600_000,
  }),
  databaseLockTimeoutMs: Type.Integer({
    ...setting(
      "DATABASE_LOCK_TIMEOUT_MS",
      "A statement that waits longer for a lock fails, in milliseconds.",
    ),
    default: 10_000,
    minimum: 10,
    maximum: 600_000,
  }),
  migrateOnStart: Type.Boolean({
    ...setting(
      "MIGRATE_ON_START",
      "Apply pending migrations at start. Otherwise a start with pending ones is refused.",
    ),
    default: true,
  }),
  secretKey: Type.Optional(
    Type.String(
      setting(
        "SECRET_KEY",
        "Seals stored credentials: 32 bytes in base64. Absent: made once, and kept in the data folder.",
        { secret: true },
      ),
    ),
  ),
  shutdownGraceMs: Type.Integer({
    ...setting(
      "SHUTDOWN_GRACE_MS",
      "How long running work may take to finish when stopping, in milliseconds.",
    ),
    // More than the ten seconds that a caller may have asked to wait for.
    default: 15_000,
    minimum: 0,
    maximum: 600_000,
  }),
  bodyBytesMax: Type.Integer({
    ...setting("BODY_BYTES_MAX", "The largest request that is accepted, in bytes."),
    default: 4 * 1024 * 1024,
    minimum: 1_024,
    maximum: 256 * 1024 * 1024,
  }),
  requestTimeoutMs: Type.Integer({
    ...setting(
      "REQUEST_TIMEOUT_MS",
      "How long one request may take to arrive, in milliseconds; a file, each part of it.",
    ),
    default: 30_000,
    minimum: 100,
    maximum: 600_000,
  }),
  availabilityMemoryBytes: Type.Integer({
    ...setting(
      "AVAILABILITY_MEMORY_BYTES",
      "Stock that is remembered to answer what may be promised, about so many bytes per process; 0: it is read for each question.",
    ),
    default: 128 * 1024 * 1024,
    minimum: 0,
    maximum: 64 * 1024 ** 3,
  }),
});

export type Config = Readonly<Static<typeof configSchema>>;

export type Environment = Readonly<Record<string, string | undefined>>;

export type ConfigReading = { readonly ok: Config } | { readonly problems: readonly string[] };

/** One setting as people read about it. */
export type SettingDescription = {
  readonly name: string;
  readonly env: string;
  readonly description: string;
  readonly rule: string;
  readonly defaultText: string;
  readonly secret: boolean;
};

function setting(env: string, description: string, more: { readonly secret?: boolean } = {}): SettingOptions {
  return { env, description, ...more };
}

type Setting = { readonly name: string; readonly schema: TSchema; readonly options: SettingOptions };

const settings: readonly Setting[] = Object.entries(configSchema.properties).map(([name, schema]) => ({
  name,
  schema,
  options: readOptions(schema),
}));

function readOptions(schema: TSchema): SettingOptions {
  const env = text(schema, "env");
  const description = text(schema, "description");
  return { env, description, secret: keyword(schema, "secret") === true };
}

function keyword(schema: TSchema, name: string): unknown {
  return Object.entries(schema).find(([key]) => key === name)?.[1];
}

function text(schema: TSchema, name: string): string {
  const value = keyword(schema, name);
  return value === undefined ? "" : String(value);
}

/**
 * Reads the whole configuration out of an environment. Every problem is reported, each in one sentence that says what
 * to do. An empty variable counts as absent.
 */
export function readConfig(env: Environment): ConfigReading {
  const problems: string[] = unknownSettings(env);
  const values: Record<string, unknown> = {};
  for (const each of settings) {
    const found = readText(each, env);
    if ("problem" in found) {
      problems.push(found.problem);
      continue;
    }
    const value = found.text === undefined ? keyword(each.schema, "default") : parse(each.schema, found.text);
    if (value === undefined) continue;
    const problem = check(each, value);
    if (problem === undefined) values[each.name] = value;
    else problems.push(problem);
  }
  if (problems.length > 0) return { problems };
  if (typeof values.dataDir === "string") values.dataDir = resolve(values.dataDir);
  return { ok: Object.freeze(Value.Parse(configSchema, values)) };
}

/** The text of a setting: from its variable, or from the file that `<env>_FILE` names. */
function readText(
  { options }: Setting,
  env: Environment,
): { text: string | undefined } | { problem: string } {
  const given = env[options.env];
  const fileVariable = `${options.env}_FILE`;
  const path = env[fileVariable];
  if (options.secret !== true || path === undefined || path === "")
    return { text: given === "" ? undefined : given };
  if (given !== undefined && given !== "") {
    return { problem: `${options.env} and ${fileVariable} are both set; remove one of them.` };
  }
  try {
    const content = readFileSync(path, "utf8").trim();
    return content === "" ? { problem: `${fileVariable} names ${path}, which is empty.` } : { text: content };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `${fileVariable} names a file that cannot be read (${why}).` };
  }
}

/** Text as the schema's type wants it; what does not fit stays text, and the check refuses it. */
function parse(schema: TSchema, given: string): unknown {
  const type = text(schema, "type");
  if (type === "integer") return /^-?\d+$/.test(given.trim()) ? Number(given) : given;
  if (type === "boolean") return booleans.get(given.trim().toLowerCase()) ?? given;
  return given;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["yes", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["no", false],
  ["off", false],
]);

function check({ schema, options }: Setting, value: unknown): string | undefined {
  const special = specialRules.get(options.env)?.(String(value));
  if (special !== undefined) return `${options.env} ${special}.`;
  if (Value.Check(schema, value)) return undefined;
  const shown = options.secret === true ? "not usable" : JSON.stringify(value);
  const fallback = text(schema, "default");
  const hint = fallback === "" ? "" : `, or remove it to use ${fallback}`;
  return `${options.env} is ${shown}; set it to ${rule(schema)}${hint}.`;
}

/** Rules that JSON Schema cannot say, and whose messages must not show the value. */
const specialRules = new Map<string, (value: string) => string | undefined>([
  [
    "DATABASE_URL",
    (value) =>
      isDatabaseUrl(value) ? undefined : "is not of the form postgres://user:password@host:5432/database",
  ],
  [
    "SECRET_KEY",
    (value) =>
      parseSecretKey(value) === undefined
        ? "is not 32 bytes in base64; make one with: openssl rand -base64 32"
        : undefined,
  ],
]);

function isDatabaseUrl(value: string): boolean {
  try {
    describeDatabaseUrl(value);
    return true;
  } catch {
    return false;
  }
}

function rule(schema: TSchema): string {
  const choices = keyword(schema, "anyOf");
  if (Array.isArray(choices)) return `one of ${choices.map((choice) => text(choice, "const")).join(", ")}`;
  switch (text(schema, "type")) {
    case "integer":
      return `a whole number from ${text(schema, "minimum")} to ${text(schema, "maximum")}`;
    case "boolean":
      return "true or false";
    default:
      return keyword(schema, "pattern") === undefined
        ? "a text"
        : "an address such as https://stock.example.com";
  }
}

/** A misspelt name would otherwise be ignored without a word. Only names with our own prefix can be judged. */
function unknownSettings(env: Environment): string[] {
  const known = new Set(settings.flatMap(({ options }) => [options.env, `${options.env}_FILE`]));
  return Object.keys(env)
    .filter(
      (name) => name.startsWith("CROSSDOCK_") && !name.startsWith("CROSSDOCK_TEST_") && !known.has(name),
    )
    .map((name) => `${name} is not a setting; see \`crossdock config\` for those there are.`);
}

/** The configuration as it may be shown: secrets are only said to be set, and the database's password is left out. */
export function describeConfig(config: Config): Readonly<Record<string, string | number | boolean>> {
  const values = new Map<string, string | number | boolean>(Object.entries(config));
  const shown: Record<string, string | number | boolean> = {};
  for (const { name, options } of settings) {
    const value = values.get(name);
    if (value === undefined) shown[options.env] = "(not set)";
    else if (name === "databaseUrl") shown[options.env] = describeDatabaseUrl(String(value));
    else shown[options.env] = options.secret === true ? "(set)" : value;
  }
  return shown;
}

/** Every setting with its rule and default, for the reference page and for `crossdock config --help`. */
export function describeSettings(): readonly SettingDescription[] {
  return settings.map(({ name, schema, options }) => ({
    name,
    env: options.env,
    description: options.description,
    rule: rule(schema),
    defaultText: text(schema, "default"),
    secret: options.secret === true,
  }));
}
