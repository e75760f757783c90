/** A small tidy repository, and the breaches that are planted in it one at a time. Nothing of it is ever run. */
import type { RepositoryFile } from "./source.ts";

/** A file that breaks one rule at one line, and what it does wrong in a few words. */
export interface Planted {
  readonly rule: string;
  readonly says: string;
  readonly file: RepositoryFile;
  readonly line: number;
}

/** A file that looks like a breach and is none. */
export interface Allowed {
  readonly says: string;
  readonly file: RepositoryFile;
}

/** A folder of each kind, with the imports that each may have. */
export const cleanFiles: readonly RepositoryFile[] = [
  at("README.md", "# Crossdock"),
  at("LICENSE", `see ${joinPath("tmp", "x")}`),
  at("canonical/package.json", '{ "dependencies": { "typebox": "1" } }'),
  at("canonical/src/index.ts", door(), 'export * from "./quantity.ts";'),
  at(
    "canonical/src/quantity.ts",
    'import { Type } from "typebox";',
    "/** Whole. */",
    "export function whole() {}",
  ),
  at("connectors/kit/src/index.ts", door(), 'export type { Unit } from "@crossdock/canonical";'),
  at(
    "connectors/x12/src/index.ts",
    door(),
    'import { createHmac } from "node:crypto";',
    'import { io } from "./io.ts";',
    'import type { Connector } from "@crossdock/connector-kit";',
  ),
  at("connectors/x12/src/io.ts", 'import { request } from "node:http";', "export const io = () => fetch;"),
  at("connectors/x12/src/fake/index.ts", door(), 'import { parse } from "graphql";', "Math.random();"),
  at("src/main.ts", 'import { x12 } from "@crossdock/connector-x12";', "console.log(process.env.PORT);"),
  at("src/platform/index.ts", door(), "/** Now. */", "export const now = () => Date.now();"),
  at("src/ledger/index.ts", door(), 'export { fold } from "./fold.ts";', 'import "./service.ts";'),
  at("src/ledger/fold.ts", "/** Folds. */", "export function fold(now: Date) { return new Date(now); }"),
  at("src/ledger/service.ts", 'import * as store from "./store.ts";', "setTimeout(() => {}, 1);"),
  at("src/ledger/store.ts", "export const q = sql`insert into ledger.transfer select 1 from x`;"),
  at("src/availability/decide.ts", 'import { fold } from "../ledger/index.ts";'),
  at("src/integration/map.ts", 'import type { Connector } from "@crossdock/connector-kit";'),
  at(
    "src/gateway/routes.ts",
    'import Fastify from "fastify";',
    'import { lag } from "../observability/index.ts";',
  ),
  at("src/observability/lag.ts", 'import { read } from "../backbone/index.ts";'),
  at("src/verify/queries.ts", "export const q = `select 1 from ledger.transfer`;"),
  at("migrations/0001-ledger.sql", "-- No pg_notify here.", "create table ledger.transfer (id bigint);"),
  at("test/ledger.test.ts", 'import { fold } from "../src/ledger/fold.ts";', 'q("select 1 from x");'),
];

/** Every rule is in this table at least once. */
export const planted: readonly Planted[] = [
  {
    rule: "files do not lean on each other in a circle",
    says: "a store that calls its service",
    file: at(
      "src/ledger/store.ts",
      "export const q = sql`insert into ledger.transfer select 1 from x`;",
      'import type { Ledger } from "./service.ts";',
    ),
    line: 2,
  },
  breach("every folder is on the map", "a part nobody drew", 1, at("src/warehouse/index.ts", door())),
  breach("every folder is on the map", "a file beside main.ts", 1, at("src/start.ts", "export {};")),

  breach(
    "arrows point at what is known",
    "the ledger knows availability",
    2,
    at("src/ledger/fold.ts", "", 'import { promise } from "../availability/index.ts";'),
  ),
  breach(
    "arrows point at what is known",
    "integration knows the ledger by a type",
    1,
    at("src/integration/inbox.ts", 'import type { Position } from "../ledger/index.ts";'),
  ),
  breach(
    "arrows point at what is known",
    "integration knows the ledger by import()",
    1,
    at("src/integration/inbox.ts", 'export type P = import("../ledger/index.ts").Position;'),
  ),
  breach(
    "arrows point at what is known",
    "orchestration reads observability",
    1,
    at("src/orchestration/saga.ts", 'export { lag } from "../observability/index.ts";'),
  ),
  breach(
    "arrows point at what is known",
    "a part knows the root",
    1,
    at("src/platform/boot.ts", 'await import("../main.ts");'),
  ),
  breach(
    "arrows point at what is known",
    "a connector knows another",
    1,
    at("connectors/x12/src/map.ts", 'import { order } from "@crossdock/connector-shopify";'),
  ),
  breach(
    "arrows point at what is known",
    "a connector knows the product",
    1,
    at("connectors/x12/src/map.ts", 'import { append } from "../../../src/backbone/index.ts";'),
  ),
  breach(
    "arrows point at what is known",
    "canonical knows a part",
    1,
    at("canonical/src/ids.ts", 'import { now } from "../../src/platform/index.ts";'),
  ),
  breach(
    "arrows point at what is known",
    "the console knows a part",
    1,
    at("console/app.ts", 'import { app } from "../src/gateway/index.ts";'),
  ),
  breach(
    "arrows point at what is known",
    "the oracle shares code with what it judges",
    1,
    at("src/verify/laws.ts", 'import { fold } from "../ledger/index.ts";'),
  ),

  breach(
    "a part is entered by its door",
    "availability reaches into the ledger",
    1,
    at("src/availability/decide.ts", 'import type { Row } from "../ledger/store.ts";'),
  ),
  breach(
    "a part is entered by its door",
    "a package is entered by its path",
    1,
    at("src/ledger/fold.ts", 'import { whole } from "../../canonical/src/index.ts";'),
  ),
  breach(
    "a part is entered by its door",
    "a package is entered beside its exports",
    1,
    at("src/ledger/fold.ts", 'import { whole } from "@crossdock/canonical/src/quantity.ts";'),
  ),

  breach(
    "vendors are named where the product is composed",
    "a command names one",
    1,
    at("src/commands/serve.ts", 'import { x12 } from "@crossdock/connector-x12";'),
  ),
  breach(
    "vendors are named where the product is composed",
    "integration takes code from the kit",
    1,
    at("src/integration/map.ts", 'import { connect } from "@crossdock/connector-kit";'),
  ),

  breach(
    "a published package carries little",
    "canonical imports a library",
    1,
    at("canonical/src/ids.ts", 'import type { Pool } from "pg";'),
  ),
  breach(
    "a published package carries little",
    "canonical depends on a library",
    2,
    at("canonical/package.json", '{ "dependencies": {', '"ajv": "1" } }'),
  ),
  breach(
    "a published package carries little",
    "a connector opens a file from its door",
    4,
    at("connectors/x12/src/index.ts", door(), 'import { readFileSync } from "node:fs";'),
  ),

  breach(
    "the product does not know its tests",
    "a part takes a fixture",
    1,
    at("src/ledger/fold.ts", 'import { company } from "#test/company.ts";'),
  ),

  breach(
    "pure unless the name says otherwise",
    "a pure file reads the clock",
    1,
    pure("export const t = Date.now();"),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file makes a Date",
    1,
    pure("export const t = new Date();"),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file rolls dice",
    1,
    pure("export const r = Math.random;"),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file makes an id",
    1,
    pure("export const id = crypto.randomUUID();"),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file imports randomness",
    1,
    pure('import { createHash, randomBytes } from "node:crypto";'),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file imports all of crypto",
    1,
    pure('import * as all from "node:crypto";'),
  ),
  breach("pure unless the name says otherwise", "a pure file waits", 1, pure("setTimeout(() => {}, 5);")),
  breach(
    "pure unless the name says otherwise",
    "a pure file calls out",
    1,
    pure("export const answer = fetch(`x`);"),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file hands fetch on",
    1,
    pure("export const io = { get: fetch };"),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file opens files",
    1,
    pure('import { open } from "node:fs/promises";'),
  ),
  breach(
    "pure unless the name says otherwise",
    "a pure file asks the database",
    1,
    pure('import { Pool } from "pg";'),
  ),
  breach("pure unless the name says otherwise", "a pure file ends the process", 1, pure("process.exit(1);")),
  breach(
    "pure unless the name says otherwise",
    "canonical has no shell",
    1,
    at("canonical/src/service.ts", "Date.now();"),
  ),

  breach(
    "a pure file does not call its shell",
    "a decision calls its store",
    1,
    pure('import { load } from "./store.ts";'),
  ),

  breach(
    "the environment is read at the edge",
    "a service reads a variable",
    1,
    service("export const port = process.env.PORT;"),
  ),
  breach(
    "the environment is read at the edge",
    "a service reads it by index",
    1,
    service('export const all = process["env"];'),
  ),
  breach(
    "the environment is read at the edge",
    "a service takes it apart",
    1,
    service("const { env } = process;"),
  ),
  breach(
    "the environment is read at the edge",
    "a service imports it",
    1,
    service('import { env } from "node:process";'),
  ),

  breach(
    "SQL is written in store.ts and migrations",
    "a service has a template",
    1,
    service("export const q = sql`select`;"),
  ),
  breach(
    "SQL is written in store.ts and migrations",
    "a service has a string",
    1,
    service('run("delete from ledger.transfer");'),
  ),
  breach(
    "SQL is written in store.ts and migrations",
    "a service has it in capitals",
    1,
    service('run("SELECT id FROM transfer");'),
  ),
  breach(
    "SQL is written in store.ts and migrations",
    "a service glues a statement",
    1,
    // In two halves, because a linter takes the whole for a forgotten template.
    service(["run(`update $", "{table} set x = 1`);"].join("")),
  ),
  breach(
    "SQL is written in store.ts and migrations",
    "a file lies elsewhere",
    1,
    at("src/ledger/views.sql", "select 1;"),
  ),

  breach(
    "a part writes its own schema only",
    "the ledger writes an event",
    1,
    at("src/ledger/store.ts", "export const q = sql`insert into backbone.event values (1)`;"),
  ),

  breach(
    "nothing serialises commits",
    "a store notifies",
    1,
    at("src/ledger/store.ts", "export const q = sql`notify ledger`;"),
  ),
  breach(
    "nothing serialises commits",
    "a store takes an advisory lock",
    1,
    at("src/ledger/store.ts", "export const q = sql`select pg_advisory_xact_lock(1)`;"),
  ),
  breach(
    "nothing serialises commits",
    "a trigger notifies",
    2,
    at("migrations/0002-wake.sql", "begin", "perform pg_notify('x', '');"),
  ),

  breach(
    "a function fits on a screen",
    "a function of 61 lines",
    1,
    pure(`export function long() {${"\n".repeat(60)}}`),
  ),
  breach(
    "a function fits on a screen",
    "a test of 61 lines",
    1,
    at("test/long.test.ts", `test("x", () => {${"\n".repeat(60)}});`),
  ),
  breach("a file is one thought", "401 lines", 401, pure("//\n".repeat(400))),
  breach("a file is one thought", "601 lines of test", 601, at("test/long.test.ts", "//\n".repeat(600))),
  breach("a document is short", "a README of 150 lines", 150, at("README.md", "\n".repeat(149))),

  breach(
    "a door opens with a docblock",
    "no docblock",
    1,
    at("src/ledger/index.ts", 'export { fold } from "./fold.ts";'),
  ),
  breach(
    "a door opens with a docblock",
    "one line",
    1,
    at("canonical/src/index.ts", "/** Words. */", "export const a = 1;"),
  ),
  breach("what a door gives is explained", "a function passed on", 1, pure("export function fold() {}")),
  breach(
    "what a door gives is explained",
    "a function passed on with a star",
    1,
    at("canonical/src/quantity.ts", "export const whole = () => 1;"),
  ),
  breach(
    "what a door gives is explained",
    "a class of its own",
    4,
    at("src/ledger/index.ts", door(), "export class Ledger {}"),
  ),
  breach(
    "what a door gives is explained",
    "an interface with methods",
    4,
    at("src/ledger/index.ts", door(), "export interface Ledger { post(): void }"),
  ),
  breach(
    "what a door gives is explained",
    "a type with methods",
    4,
    at("src/ledger/index.ts", door(), "export type Ledger = { readonly post: () => void };"),
  ),
  breach(
    "what a door gives is explained",
    "a function behind another name",
    4,
    at("src/ledger/index.ts", door(), "const fold = () => 1;", "export { fold as post };"),
  ),

  breach("a name says what the thing is", "a file of utils", 1, at("src/ledger/date-utils.ts", "export {};")),
  breach(
    "a name says what the thing is",
    "a folder of helpers",
    1,
    at("test/helpers/database.ts", "export {};"),
  ),
  breach("a name says what the thing is", "an Impl", 1, pure("class LedgerImpl {}")),
  breach("a name says what the thing is", "an I before it", 1, pure("interface ILedger {}")),
  breach(
    "file names are kebab-case",
    "a type's name for a file",
    1,
    at("src/ledger/Position.ts", "export {};"),
  ),
  breach("exports have names", "export default", 1, pure("export default 1;")),
  breach("exports have names", "export as default", 1, pure("const a = 1; export { a as default };")),
  breach("types can be erased", "an enum", 1, pure("enum Status { Held }")),
  breach("types can be erased", "a namespace", 1, pure("namespace Ledger {}")),
  breach(
    "types can be erased",
    "a parameter property",
    1,
    pure("class Fold { constructor(readonly a: number) {} }"),
  ),
  breach("no any", "an annotation", 1, pure("let row: any;")),
  breach("no any", "an assertion", 1, at("test/row.test.ts", "const row = {} as any;")),
  breach("no bang", "an expression", 1, pure("rows[0]!.id;")),
  breach("no bang", "a property", 1, pure("class Fold { id!: string }")),
  breach(
    "assertions stand in parsers",
    "in a decision",
    2,
    pure("export function decide(a: unknown) {\n  return a as string;\n}"),
  ),
  breach("a TODO names its issue", "before a brace", 3, pure("if (true) {\n  go();\n  // TODO: later\n}")),

  breach(
    "no path of one machine",
    "in a document",
    2,
    at("docs/how-to/start.md", "Run it:", `cd ${joinPath("work", "x")}`),
  ),
  breach("no path of one machine", "in code", 1, service(`open("${joinPath("tmp", "x")}");`)),
  breach(
    "no package host",
    "in the lock file",
    2,
    at("package-lock.json", "{", `"resolved": "https://${host()}/a.tgz" }`),
  ),
  breach(
    "a decision says its four things",
    "no consequences",
    1,
    at("docs/decisions/0001-log.md", "# Log", "## Status", "## Context", "## Choice"),
  ),
  breach(
    "a decision that is cited exists",
    "a number nobody has given",
    1,
    pure("// See docs/decisions/0099."),
  ),
];

/** What the rules must leave alone. */
export const allowed: readonly Allowed[] = [
  { says: "an injected clock", file: pure("export const at = (Date: { now(): number }) => Date.now();") },
  { says: "an injected fetch", file: pure("export const call = (fetch: () => void) => fetch();") },
  {
    says: "a property that is called process",
    file: pure("export const map = { process: 1 }; map.process;"),
  },
  { says: "the type of fetch", file: pure("export type Call = typeof fetch;") },
  { says: "a type of node:http", file: pure('import type { Server } from "node:http";') },
  { says: "a hash", file: pure('import { createHash, timingSafeEqual } from "node:crypto";') },
  { says: "a date that was given", file: pure("export const day = (at: number) => new Date(at);") },
  { says: "a row's type", file: pure('import type { Row } from "./store.ts";') },
  { says: "prose that begins with Select", file: service('say("Select one of these from the list");') },
  { says: "prose about an update", file: service('say("update the numbers, then set the date");') },
  {
    says: "an assertion in a parser",
    file: pure("function toRow(a: unknown) { return [a].map((b) => b as string); }"),
  },
  { says: "as const", file: pure('export const one = ["a"] as const;') },
  { says: "a TODO with its issue", file: pure("// TODO #12: the second unit.") },
  { says: "a word with any in it", file: pure("export const company = !true;") },
  {
    says: "a describe of 100 lines",
    file: at("test/a.test.ts", `describe("x", () => {${"\n".repeat(100)}});`),
  },
  { says: "a test that opens a part up", file: at("test/a.test.ts", 'import "../src/ledger/store.ts";') },
  {
    says: "a test beside the code that takes support",
    file: at("src/ledger/a.test.ts", 'import "#test/a.ts";'),
  },
  {
    says: "the demo company's vendor",
    file: at("src/demo/service.ts", 'import "@crossdock/connector-x12/fake";'),
  },
  { says: "the connectors built in", file: at("src/connectors.ts", 'import "@crossdock/connector-x12";') },
  { says: "an empty door", file: at("connectors/wms/src/index.ts", "export {};") },
  { says: "a route called so", file: at("src/gateway/position-routes.ts", 'import Fastify from "fastify";') },
  {
    says: "a URL with work in it",
    file: at("docs/a.md", "See https://example.org/work/x and src/commands/work/x.ts."),
  },
  {
    says: "a contract that is explained member by member",
    file: at("src/platform/index.ts", door(), "export type Now = {", "/** Now. */ now(): Date;", "};"),
  },
  { says: "a module that is extended", file: at("src/gateway/service.ts", 'declare module "fastify" {}') },
];

function breach(rule: string, says: string, line: number, file: RepositoryFile): Planted {
  return { rule, says, line, file };
}

function at(path: string, ...lines: readonly string[]): RepositoryFile {
  return { path, text: `${lines.join("\n")}\n` };
}

/** The shortest docblock a door may have. */
function door(): string {
  return ["/**", " * Purpose.", " */"].join("\n");
}

function pure(text: string): RepositoryFile {
  return at("src/ledger/fold.ts", text);
}

function service(text: string): RepositoryFile {
  return at("src/ledger/service.ts", text);
}

// Put together here, so that this file does not break the rule it plants a breach of.
function joinPath(...steps: readonly string[]): string {
  return ["", ...steps].join("/");
}

function host(): string {
  return ["registry", "npmjs", "org"].join(".");
}
