/** Rules about SQL: where it is written, whose tables it changes, and what it never does. */
import ts from "typescript";
import { knows } from "./map.ts";
import type { Finding, Rule } from "./rule.ts";
import {
  baseNameOf,
  isTest,
  lineOf,
  nodesOf,
  type RepositoryFile,
  type Source,
  stringsOf,
} from "./source.ts";

/** Where SQL may be written in code. */
const sqlHomes: readonly { readonly path: RegExp; readonly because: string }[] = [
  { path: /(^|[/-])store\.ts$/, because: "one exported function per statement" },
  { path: /^src\/platform\//, because: "connections, settings and migrations" },
  {
    path: /^src\/verify\/(.*\/)?queries\.ts$/,
    because: "the oracle reads the raw tables, so as to share no code",
  },
  { path: /^bench\//, because: "the naive peer is written as people write it" },
];

/** Where `.sql` files may lie. */
const sqlFileHomes = /^(migrations|bench|src\/platform|docs|examples)\/|^schema\.sql$/;

/** Keywords are all lower case in the house and all upper case in a pasted statement; prose is neither. */
const statement = either(
  'select\\s[\\s\\S]*\\sfrom\\s|select\\s+[a-z_.]+\\(|insert\\s+into\\s|update\\s+[\\w.?"]+(\\s+(as\\s+)?\\w+)?\\s+set\\s',
  "delete\\s+from\\s|merge\\s+into\\s|with\\s+(recursive\\s+)?\\w+(\\s*\\([^)]*\\))?\\s+as\\s+(materialized\\s+)?\\(",
  "(create|alter|drop)\\s+(unlogged\\s+|temporary\\s+|unique\\s+|or\\s+replace\\s+)*(table|index|schema|view|function|type|role|database|sequence|trigger)\\s",
  "truncate\\s+(table\\s|[\\w?]+\\.)|copy\\s+[\\w.]+[\\s\\S]*\\s(from|to)\\s+st|lock\\s+table\\s|vacuum\\s+(full|analyze)|set\\s+(local|session)\\s",
);

/** What serialises the commits of a busy database, or lets one session wait on another without a table to show it. */
const serialising = /\bpg_notify\b|\bpg_(try_)?advisory_|(^|[;\n])\s*(notify|NOTIFY)\s+\w/;

/** The rules of this file. */
export const sqlRules: readonly Rule[] = [
  {
    name: "SQL is written in store.ts and migrations",
    why: "Whoever asks what touches a table must be able to read it in one place, beside the row types and the lock order.",
    check: (repository) => [
      ...repository.sources.filter(mayNotHoldSql).flatMap(statementsIn),
      ...repository.files.flatMap(strayedSqlFile),
    ],
  },
  {
    name: "a part writes its own schema only",
    why: "An invariant has an owner only while nobody else can write the rows it is about.",
    check: (repository) => repository.sources.filter((source) => !isTest(source.path)).flatMap(foreignWrites),
  },
  {
    name: "nothing serialises commits",
    why: "NOTIFY takes a lock over all databases at commit, and an advisory lock is one no constraint knows: both cap the whole system at one commit at a time.",
    check: (repository) => [
      ...repository.sources.filter(isHotCode).flatMap(serialisingStrings),
      ...repository.files.flatMap(serialisingMigration),
    ],
  },
];

function either(...alternatives: string[]): RegExp {
  const lower = alternatives.join("|");
  // Words go up; escapes and character classes stay as they are.
  const upper = lower.replace(/\\.|\[[^\]]*\]|[a-z]{2,}/g, (part) =>
    /^[a-z]/.test(part) ? part.toUpperCase() : part,
  );
  return new RegExp(`^\\s*(--[^\\n]*\\n\\s*)*(${lower}|${upper})`);
}

function mayNotHoldSql(source: Source): boolean {
  return !isTest(source.path) && !sqlHomes.some((home) => home.path.test(source.path));
}

function statementsIn(source: Source): Finding[] {
  const tagged = [...nodesOf(source)]
    .filter((node) => ts.isTaggedTemplateExpression(node) && /(^|\.)sql$/.test(node.tag.getText()))
    .map((node) => ({ path: source.path, line: lineOf(source, node), says: "an sql template" }));
  const written = [...stringsOf(source)]
    .filter(({ node, text }) => !ts.isTaggedTemplateExpression(node.parent) && statement.test(`${text} `))
    .map(({ node, text }) => ({ path: source.path, line: lineOf(source, node), says: excerpt(text) }));
  return [...tagged, ...written];
}

function excerpt(text: string): string {
  return `a statement in a string, "${text.trim().replace(/\s+/g, " ").slice(0, 40)}"`;
}

function strayedSqlFile(file: RepositoryFile): Finding[] {
  const isStray = file.path.endsWith(".sql") && !isTest(file.path) && !sqlFileHomes.test(file.path);
  return isStray
    ? [{ path: file.path, line: 1, says: `${baseNameOf(file.path)} lies outside of migrations/` }]
    : [];
}

function foreignWrites(source: Source): Finding[] {
  const own = /^src\/([^/]+)\//.exec(source.path)?.[1];
  if (own === undefined || own === "platform" || !(own in knows)) return [];
  return [...stringsOf(source)].flatMap(({ node, text }) =>
    [
      ...text.matchAll(
        /\b(insert\s+into|update|delete\s+from|merge\s+into|truncate|copy)\s+([a-z]+)\.[a-z_]+/g,
      ),
    ]
      .map((match) => match[2] ?? "")
      .filter((schema) => schema !== own && schema in knows)
      .map((schema) => ({
        path: source.path,
        line: lineOf(source, node),
        says: `${own} writes to ${schema}`,
      })),
  );
}

function isHotCode(source: Source): boolean {
  return (
    /^(src|connectors|canonical)\//.test(source.path) &&
    !source.path.startsWith("src/platform/") &&
    !isTest(source.path)
  );
}

function serialisingStrings(source: Source): Finding[] {
  return [...stringsOf(source)]
    .filter(({ text }) => serialising.test(text))
    .map(({ node }) => ({
      path: source.path,
      line: lineOf(source, node),
      says: "notifies or takes an advisory lock",
    }));
}

function serialisingMigration(file: RepositoryFile): Finding[] {
  if (!/^migrations\/.*\.sql$/.test(file.path)) return [];
  return file.text.split("\n").flatMap((line, index) => {
    const isBreach = serialising.test(line.replace(/--.*$/, ""));
    return isBreach ? [{ path: file.path, line: index + 1, says: "notifies or takes an advisory lock" }] : [];
  });
}
