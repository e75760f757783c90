/** Rules about names and about what of the language is used. */
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import {
  baseNameOf,
  commentsOf,
  isTest,
  lineAt,
  lineOf,
  nodesOf,
  type RepositoryFile,
  type Source,
} from "./source.ts";

/** Words that say where a thing was put and not what it is. */
const emptyWords = ["util", "utils", "common", "helper", "helpers", "misc"];

/** Endings and beginnings of types that say how a thing was made and not what it is. */
const emptyTypeNames = /(Manager|Impl|Helper|Helpers|Utils?)$|^I[A-Z][a-z]/;

/** Kebab case; a second word after a dot says what kind of file it is, as in `pick.test.ts`. */
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)?\.tsx?$/;

/** What marks a wish in a comment. */
const looseEnd = /\b(TODO|FIXME|XXX|HACK)\b/;

/** Files that are parsers as a whole: brands and checks, and rows as they come from the driver. */
const parserHomes = /^canonical\/|^src\/platform\/database-transaction\.ts$|^bench\//;

/** What a function is called that turns what came from outside into what we know. */
const parserName = /^(parse|read|decode|to)([A-Z]|$)/;

/** The rules of this file. */
export const wordRules: readonly Rule[] = [
  {
    name: "a name says what the thing is",
    why: "Everything fits into utils, so nothing can be found there; the trade has a word for it.",
    check: (repository) => [
      ...repository.files.flatMap(emptyFileName),
      ...repository.sources.flatMap((source) => findings(source, emptyTypeName)),
    ],
  },
  {
    name: "file names are kebab-case",
    why: "Some file systems tell Position.ts from position.ts and some do not.",
    check: (repository) => repository.sources.flatMap(shoutedFileName),
  },
  {
    name: "exports have names",
    why: "A default export is called something else at every import, so a search for it finds nothing.",
    check: (repository) =>
      repository.sources
        .filter(({ path }) => !path.endsWith(".config.ts"))
        .flatMap((source) => findings(source, defaultExport)),
  },
  {
    name: "types can be erased",
    why: "The program runs as it is written: Node strips types, and an enum, a namespace or a parameter property is not a type.",
    check: (repository) => repository.sources.flatMap((source) => findings(source, unerasable)),
  },
  {
    name: "no any",
    why: "One any switches the compiler off for everything it touches.",
    check: (repository) => repository.sources.flatMap((source) => findings(source, anyType)),
  },
  {
    name: "no bang",
    why: "A ! is a claim nobody checks: parse the value, or let the type say that it may be missing.",
    check: (repository) => repository.sources.flatMap((source) => findings(source, nonNull)),
  },
  {
    name: "assertions stand in parsers",
    why: "An assertion claims what nobody checks, so it belongs where the value has just been looked at: in a function called parse, read, decode or to something, in canonical where brands are made, and where rows enter.",
    check: (repository) =>
      repository.sources
        .filter(({ path }) => !isTest(path) && !parserHomes.test(path))
        .flatMap((source) => findings(source, assertion)),
  },
  {
    name: "a TODO names its issue",
    why: "A wish without an issue is read by everyone and done by nobody.",
    check: (repository) => repository.sources.flatMap(looseEnds),
  },
];

/** Says what is wrong with a node, or nothing. */
type Judgement = (node: ts.Node) => string | undefined;

function findings(source: Source, judge: Judgement): Finding[] {
  return [...nodesOf(source)].flatMap((node) => {
    const says = judge(node);
    return says === undefined ? [] : [{ path: source.path, line: lineOf(source, node), says }];
  });
}

function emptyFileName(file: RepositoryFile): Finding[] {
  const words = file.path.split(/[/.\-_]/);
  const found = words.find((word) => emptyWords.includes(word.toLowerCase()));
  return found === undefined ? [] : [{ path: file.path, line: 1, says: `"${found}" is in its path` }];
}

function emptyTypeName(node: ts.Node): string | undefined {
  const isType =
    ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
  const name = isType ? node.name?.text : undefined;
  return name !== undefined && emptyTypeNames.test(name) ? `"${name}" says how and not what` : undefined;
}

function shoutedFileName(source: Source): Finding[] {
  const name = baseNameOf(source.path);
  return kebabCase.test(name) ? [] : [{ path: source.path, line: 1, says: `"${name}" is not kebab-case` }];
}

function defaultExport(node: ts.Node): string | undefined {
  if (ts.isExportAssignment(node)) return "a default export";
  if (ts.isExportSpecifier(node) && node.name.text === "default") return "a default export";
  const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
    ? "a default export"
    : undefined;
}

function unerasable(node: ts.Node): string | undefined {
  if (ts.isEnumDeclaration(node)) return `enum ${node.name.text}`;
  if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name) && node.name.text !== "global") {
    return `namespace ${node.name.text}`;
  }
  if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent))
    return "a parameter property";
  if (ts.isImportEqualsDeclaration(node)) return "import = require";
  return ts.isTypeAssertionExpression(node) ? "an assertion in angle brackets" : undefined;
}

function anyType(node: ts.Node): string | undefined {
  return node.kind === ts.SyntaxKind.AnyKeyword ? "any" : undefined;
}

function nonNull(node: ts.Node): string | undefined {
  if (ts.isNonNullExpression(node)) return `${node.getText().slice(0, 40)}`;
  const isDeclared = ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node);
  return isDeclared && node.exclamationToken !== undefined ? `${node.name.getText()}!` : undefined;
}

function assertion(node: ts.Node): string | undefined {
  if (!ts.isAsExpression(node) || node.type.getText() === "const") return;
  return parserName.test(nameAround(node)) ? undefined : node.getText().replace(/\s+/g, " ").slice(0, 60);
}

/** The name of the nearest function around a node that has one. */
function nameAround(node: ts.Node): string {
  for (let outer: ts.Node | undefined = node.parent; outer !== undefined; outer = outer.parent) {
    if (!ts.isFunctionLike(outer)) continue;
    if (outer.name !== undefined) return outer.name.getText();
    const holder = outer.parent;
    if (ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder)) return holder.name.getText();
  }
  return "";
}

function looseEnds(source: Source): Finding[] {
  // Collecting comments walks every token; nearly every file has nothing to find.
  if (!looseEnd.test(source.text)) return [];
  return commentsOf(source).flatMap(({ position, text }) =>
    [...text.matchAll(new RegExp(looseEnd, "g"))]
      .filter((match) => !/^\W{0,3}#\d+/.test(text.slice(match.index + match[0].length)))
      .map((match) => ({
        path: source.path,
        line: lineAt(source, position + match.index),
        says: `${match[0]} without an issue`,
      })),
  );
}
