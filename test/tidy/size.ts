/** Rules about how long a thing may be. */
import ts from "typescript";
import type { Finding, Rule } from "./rule.ts";
import { isTest, lineAt, lineOf, nodesOf, type RepositoryFile, type Source } from "./source.ts";

/** A function fits on a screen. */
const functionLinesMax = 60;

/** A file is one thought; a test file is a thought and its examples. */
const fileLinesMax = 400;
const testFileLinesMax = 600;

/** Documents that are read before there is patience for them: "under 150" for the two everyone opens first. */
const documentLinesMax: readonly { readonly path: RegExp; readonly max: number }[] = [
  { path: /^README\.md$/, max: 149 },
  { path: /^ARCHITECTURE\.md$/, max: 149 },
  // A decision; their list has a line for each.
  { path: /^docs\/decisions\/\d.*\.md$/, max: 60 },
];

/** The rules of this file. */
export const sizeRules: readonly Rule[] = [
  {
    name: "a function fits on a screen",
    why: `What cannot be seen at once is not checked at once: ${functionLinesMax} lines at most, 30 as a habit.`,
    check: (repository) => repository.sources.flatMap(longFunctions),
  },
  {
    name: "a file is one thought",
    why: `Past ${fileLinesMax} lines (${testFileLinesMax} in tests) a file holds two thoughts, and the second has no name.`,
    check: (repository) => repository.sources.flatMap(longFile),
  },
  {
    name: "a document is short",
    why: "A line of prose is a cost to everyone who reads it; the README and the map are read by everyone.",
    check: (repository) => repository.files.flatMap(longDocument),
  },
];

function longFunctions(source: Source): Finding[] {
  return [...nodesOf(source)].flatMap((node) => {
    if (!ts.isFunctionLike(node) || isTypeOnly(node) || isGroupOfTests(source, node)) return [];
    const line = lineOf(source, node);
    const lines = lineAt(source, node.getEnd()) - line + 1;
    if (lines <= functionLinesMax) return [];
    return [{ path: source.path, line, says: `${nameOf(node)} has ${lines} lines` }];
  });
}

function isTypeOnly(node: ts.SignatureDeclaration): boolean {
  return !("body" in node) || node.body === undefined;
}

// A `describe` only groups: its length is the sum of tests that are each held to the limit.
function isGroupOfTests(source: Source, node: ts.SignatureDeclaration): boolean {
  const call = node.parent;
  if (!isTest(source.path) || !ts.isCallExpression(call)) return false;
  return /^(describe|suite)(\.\w+)?$/.test(call.expression.getText());
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText();
  return ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : "a function without a name";
}

function longFile(source: Source): Finding[] {
  const max = isTest(source.path) ? testFileLinesMax : fileLinesMax;
  const lines = linesOf(source.text);
  return lines > max ? [{ path: source.path, line: max + 1, says: `has ${lines} lines` }] : [];
}

function longDocument(file: RepositoryFile): Finding[] {
  const limit = documentLinesMax.find((entry) => entry.path.test(file.path));
  const lines = linesOf(file.text);
  if (limit === undefined || lines <= limit.max) return [];
  return [{ path: file.path, line: limit.max + 1, says: `has ${lines} lines, ${limit.max} at most` }];
}

function linesOf(text: string): number {
  return text.replace(/\n$/, "").split("\n").length;
}
