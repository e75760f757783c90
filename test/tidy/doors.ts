/** Rules about what is written above the code: the docblock of a door and the docstring of what it gives. */
import ts from "typescript";
import { joined } from "./map.ts";
import type { Finding, Rule } from "./rule.ts";
import { baseNameOf, isTest, lineOf, type Repository, type Source } from "./source.ts";

/** A door's docblock is purpose, terms, invariants and what the part does not do: it does not fit in less. */
const docblockLinesMin = 3;

/** What a door exports under a name, and where that is declared. */
interface Exported {
  readonly name: string;
  readonly source: Source;
  readonly declaration: ts.Node;
}

/** The rules of this file. */
export const doorRules: readonly Rule[] = [
  {
    name: "a door opens with a docblock",
    why: "Purpose, terms, invariants and what the part deliberately does not do are what a newcomer needs before the first name.",
    check: (repository) => doorsOf(repository).flatMap(missingDocblock),
  },
  {
    name: "what a door gives is explained",
    why: "Units, ranges, ordering, idempotency and the rejections a caller will meet are not in the type.",
    check: (repository) => unexplained(repository),
  },
];

function doorsOf(repository: Repository): Source[] {
  return repository.sources.filter(
    ({ path }) =>
      baseNameOf(path) === "index.ts" && !isTest(path) && /^(src|canonical|connectors)\//.test(path),
  );
}

function missingDocblock(door: Source): Finding[] {
  if (isEmpty(door)) return [];
  const block = /^(#!.*\n)?\s*(\/\*\*[\s\S]*?\*\/)/.exec(door.text)?.[2];
  const lines = block?.split("\n").length ?? 0;
  if (lines >= docblockLinesMin) return [];
  const says = block === undefined ? "opens without a docblock" : `opens with a docblock of ${lines} lines`;
  return [{ path: door.path, line: 1, says }];
}

/** A door laid in advance: `export {}` alone. */
function isEmpty(door: Source): boolean {
  return door.tree.statements.every(
    (statement) =>
      ts.isExportDeclaration(statement) &&
      statement.moduleSpecifier === undefined &&
      statement.exportClause !== undefined &&
      ts.isNamedExports(statement.exportClause) &&
      statement.exportClause.elements.length === 0,
  );
}

function unexplained(repository: Repository): Finding[] {
  const byPath = new Map(repository.sources.map((source) => [source.path, source]));
  const given = doorsOf(repository).flatMap((door) => exportsOf(door, byPath, new Set()));
  const findings = given
    .filter(({ source, declaration }) => hasBehaviour(declaration) && !isExplained(source, declaration))
    .map(({ name, source, declaration }) => ({
      path: source.path,
      line: lineOf(source, declaration),
      says: `"${name}" leaves by a door without a docstring`,
    }));
  // Two doors may give the same thing; it is still one docstring that is missing.
  return [...new Map(findings.map((finding) => [`${finding.path}:${finding.says}`, finding])).values()];
}

type ByPath = ReadonlyMap<string, Source>;

function exportsOf(source: Source, byPath: ByPath, seen: Set<string>): Exported[] {
  if (seen.has(source.path)) return [];
  seen.add(source.path);
  return source.tree.statements.flatMap((statement): Exported[] => {
    if (ts.isExportDeclaration(statement)) return passedOn(statement, { source, byPath, seen });
    if (!ts.canHaveModifiers(statement) || !isExported(statement)) return [];
    return declarationsOf(statement).map(([name, declaration]) => ({ name, source, declaration }));
  });
}

interface Walk {
  readonly source: Source;
  readonly byPath: ByPath;
  readonly seen: Set<string>;
}

function passedOn(statement: ts.ExportDeclaration, { source, byPath, seen }: Walk): Exported[] {
  const clause = statement.exportClause;
  const from = statement.moduleSpecifier;
  if (from === undefined) {
    return clause && ts.isNamedExports(clause) ? named(clause, (name) => boundIn(source, byPath, name)) : [];
  }
  if (!ts.isStringLiteral(from)) return [];
  const target = byPath.get(joined(source.path, from.text));
  if (target === undefined) return [];
  if (clause === undefined) return exportsOf(target, byPath, seen);
  if (!ts.isNamedExports(clause)) return [];
  const all = exportsOf(target, byPath, new Set());
  return named(clause, (name) => all.find((exported) => exported.name === name));
}

function named(clause: ts.NamedExports, find: (name: string) => Exported | undefined): Exported[] {
  return clause.elements.flatMap((element) => {
    const found = find((element.propertyName ?? element.name).text);
    return found === undefined ? [] : [{ ...found, name: element.name.text }];
  });
}

/** What `name` stands for inside of `source`: declared there, or imported from a neighbour. */
function boundIn(source: Source, byPath: ByPath, name: string): Exported | undefined {
  for (const statement of source.tree.statements) {
    const own = declarationsOf(statement).find(([declared]) => declared === name);
    if (own !== undefined) return { name, source, declaration: own[1] };
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const element = bindings.elements.find((candidate) => candidate.name.text === name);
    const target = byPath.get(joined(source.path, statement.moduleSpecifier.text));
    if (element === undefined || target === undefined) continue;
    const wanted = (element.propertyName ?? element.name).text;
    return exportsOf(target, byPath, new Set()).find((exported) => exported.name === wanted);
  }
  return;
}

function isExported(statement: ts.HasModifiers): boolean {
  return ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

function declarationsOf(statement: ts.Statement): [string, ts.Node][] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declared) => [declared.name.getText(), declared]);
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || isContract(statement);
  return isNamed && statement.name !== undefined ? [[statement.name.text, statement]] : [];
}

/** Data explains itself by its type; what can be called does not. */
function hasBehaviour(node: ts.Node): boolean {
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) return true;
  if (isContract(node)) return membersOf(node).some(isCallable);
  return ts.isVariableDeclaration(node) && node.initializer !== undefined && isBehaviour(node.initializer);
}

type Contract = ts.InterfaceDeclaration | ts.TypeAliasDeclaration;

function isContract(node: ts.Node): node is Contract {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function membersOf(node: Contract): readonly ts.TypeElement[] {
  if (ts.isInterfaceDeclaration(node)) return node.members;
  return ts.isTypeLiteralNode(node.type) ? node.type.members : [];
}

function isCallable(member: ts.TypeElement): boolean {
  if (ts.isMethodSignature(member) || ts.isCallSignatureDeclaration(member)) return true;
  return ts.isPropertySignature(member) && member.type !== undefined && ts.isFunctionTypeNode(member.type);
}

function isBehaviour(node: ts.Expression): boolean {
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isClassExpression(node)) return true;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node)) return isBehaviour(node.expression);
  if (!ts.isObjectLiteralExpression(node)) return false;
  return node.properties.some(
    (property) =>
      ts.isMethodDeclaration(property) ||
      (ts.isPropertyAssignment(property) && isBehaviour(property.initializer)),
  );
}

function isExplained(source: Source, node: ts.Node): boolean {
  // A contract may also explain itself member by member.
  if (isContract(node)) {
    const callable = membersOf(node).filter(isCallable);
    if (callable.every((member) => docstringsAbove(source, member).length > 0)) return true;
  }
  return siblingsOf(node).some((sibling) => docstringsAbove(source, sibling).some((at) => isOwn(source, at)));
}

/** Where the docstrings right above a declaration start. */
function docstringsAbove(source: Source, node: ts.Node): number[] {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const comments = ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? [];
  return comments.map(({ pos }) => pos).filter((pos) => source.text.startsWith("/**", pos));
}

/** What stands first in a door has the door's own docblock above it too; that one is not its docstring. */
function isOwn(source: Source, position: number): boolean {
  const isFirst = source.text.slice(0, position).replace(/^#!.*/, "").trim() === "";
  return !(isFirst && baseNameOf(source.path) === "index.ts");
}

/** Of an overloaded function one declaration carries the docstring for all. */
function siblingsOf(node: ts.Node): readonly ts.Node[] {
  if (!ts.isFunctionDeclaration(node) || !ts.isSourceFile(node.parent)) return [node];
  const name = node.name?.text;
  return node.parent.statements.filter(
    (other) => ts.isFunctionDeclaration(other) && other.name?.text === name,
  );
}
