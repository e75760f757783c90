/** Rules about what touches the world: IO, clocks, randomness, the environment. */
import ts from "typescript";
import { joined, targetOf } from "./map.ts";
import type { Finding, Rule } from "./rule.ts";
import { baseNameOf, type Import, isTest, lineOf, nodesOf, type Source } from "./source.ts";

/** Where the world may be touched. `canonical` is not asked: it is pure whatever its files are called. */
const shells: readonly { readonly path: RegExp; readonly because: string }[] = [
  { path: /(^|[/-])store\.ts$/, because: "a store speaks SQL" },
  { path: /(^|[/-])service\.ts$/, because: "a service is the shell around a pure middle" },
  { path: /(^|[/-])routes?\.ts$/, because: "a route answers HTTP" },
  { path: /(^|[/-])broker\.ts$|\/brokers\//, because: "a broker moves events" },
  { path: /(^|[/-])io\.ts$/, because: "a connector's thin IO" },
  { path: /(^|\/)index\.ts$/, because: "a door builds what it hands out" },
  { path: /^src\/platform\//, because: "the machine room" },
  {
    path: /^src\/(main|connectors|product)\.ts$|^src\/(commands|ports)\//,
    because: "the composition root and the command line",
  },
  { path: /\/(fake|testing)\//, because: "a simulated vendor has a clock and a socket of its own" },
  { path: /^(bench|examples|console)\//, because: "measures and shows the product from outside" },
];

/** Built-in modules that compute and nothing else. Any other is IO until someone argues its case here. */
const pureBuiltins =
  "assert assert/strict buffer crypto events path path/posix querystring string_decoder url util zlib".split(
    " ",
  );

/** What of `node:crypto` gives the same answer twice. */
const pureCrypto =
  "createHash createHmac hash timingSafeEqual createPublicKey createSecretKey createVerify verify constants".split(
    " ",
  );

/** npm packages that compute and nothing else. */
const purePackages: readonly string[] = ["typebox", "fast-check", "temporal-polyfill"];

/** Globals that touch the world as soon as they are named. */
const impureGlobals =
  "fetch process console performance WebSocket setTimeout setInterval setImmediate queueMicrotask".split(" ");

/** Members of harmless globals that do not answer the same way twice. */
const impureMembers: Readonly<Record<string, readonly string[]>> = {
  Date: ["now"],
  Math: ["random"],
  crypto: ["randomUUID", "getRandomValues"],
  AbortSignal: ["timeout"],
  globalThis: [...impureGlobals, "crypto"],
};

/** Where the environment may be read. */
const environmentReaders: readonly RegExp[] = [/^src\/main\.ts$/, /^src\/commands\//, /^bench\//];

/** The rules of this file. */
export const purityRules: readonly Rule[] = [
  {
    name: "pure unless the name says otherwise",
    why: "What a pure file decides can be proved with plain values; time, ids, randomness and answers from outside arrive as arguments.",
    check: (repository) => repository.sources.filter(isPure).flatMap(impurities),
  },
  {
    name: "a pure file does not call its shell",
    why: "Calling a store from a decision is IO under another name: the service loads, the pure file decides, the service writes.",
    check: (repository) => repository.sources.filter(isPure).flatMap(callsIntoTheShell),
  },
  {
    name: "the environment is read at the edge",
    why: "Configuration is read once and reported whole; a variable read in passing is an option nobody can find.",
    check: (repository) => repository.sources.filter(mayNotReadEnvironment).flatMap(environmentReads),
  },
];

function isShell(path: string): boolean {
  return shells.some((shell) => shell.path.test(path));
}

function isPure(source: Source): boolean {
  if (isTest(source.path)) return false;
  return source.path.startsWith("canonical/") || !isShell(source.path);
}

function impurities(source: Source): Finding[] {
  const imported = source.imports.flatMap((found) => {
    const says = impureImport(source, found);
    return says === undefined ? [] : [{ path: source.path, line: found.line, says }];
  });
  const declared = declaredNames(source);
  const used = [...nodesOf(source)].flatMap((node) => {
    const says = impureUse(node, declared);
    return says === undefined ? [] : [{ path: source.path, line: lineOf(source, node), says }];
  });
  return [...imported, ...used];
}

function impureImport(source: Source, found: Import): string | undefined {
  if (found.typeOnly) return;
  const target = targetOf(source.path, found);
  if (target.kind === "external" && !purePackages.includes(target.name)) {
    return `"${target.name}" is not known to be pure`;
  }
  if (target.kind === "part" && /^@crossdock\/[^/]+\/(fake|testing)$/.test(found.specifier)) {
    return `"${found.specifier}" is a simulator`;
  }
  if (target.kind !== "builtin") return;
  if (!pureBuiltins.includes(target.name)) return `"${found.specifier}" is IO`;
  if (target.name !== "crypto") return;
  const impure = found.names.filter((name) => name !== "default" && !pureCrypto.includes(name));
  return impure.length === 0 ? undefined : `${impure.join(", ")} of node:crypto is not known to be pure`;
}

function impureUse(node: ts.Node, declared: ReadonlySet<string>): string | undefined {
  if (ts.isNewExpression(node) && isGlobal(node.expression, "Date", declared)) {
    return (node.arguments?.length ?? 0) === 0 ? "new Date() reads the clock" : undefined;
  }
  if (ts.isCallExpression(node) && isGlobal(node.expression, "Date", declared))
    return "Date() reads the clock";
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const owner = node.expression.text;
    const isImpure = !declared.has(owner) && impureMembers[owner]?.includes(node.name.text) === true;
    return isImpure ? `${owner}.${node.name.text} does not answer the same way twice` : undefined;
  }
  if (!ts.isIdentifier(node) || !isReference(node) || declared.has(node.text)) return;
  return impureGlobals.includes(node.text) ? `${node.text} touches the world` : undefined;
}

function isGlobal(node: ts.Node, name: string, declared: ReadonlySet<string>): boolean {
  return ts.isIdentifier(node) && node.text === name && !declared.has(name);
}

/** True where the identifier stands for a value: not a property's name, not a label, not part of a type. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isExportSpecifier(parent) || ts.isImportSpecifier(parent)) return false;
  if (ts.isTypeNode(parent) || ts.isTypeElement(parent) || ts.isQualifiedName(parent)) return false;
  return !(
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isJSDocNameReference(parent)
  );
}

/** Names the file binds itself, whatever their scope: a parameter called `fetch` is an injected one. */
function declaredNames(source: Source): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of nodesOf(source)) {
    const isBinding =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isBindingElement(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node) ||
      ts.isImportClause(node) ||
      ts.isNamespaceImport(node);
    if (isBinding && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
  }
  return names;
}

function callsIntoTheShell(source: Source): Finding[] {
  return source.imports.flatMap((found) => {
    if (found.typeOnly || !found.specifier.startsWith(".")) return [];
    const path = joined(source.path, found.specifier);
    const isOwnShell = isShell(path) && baseNameOf(path) !== "index.ts" && !path.startsWith("src/platform/");
    return isOwnShell ? [{ path: source.path, line: found.line, says: `calls into ${found.specifier}` }] : [];
  });
}

function mayNotReadEnvironment(source: Source): boolean {
  return !isTest(source.path) && !environmentReaders.some((pattern) => pattern.test(source.path));
}

function environmentReads(source: Source): Finding[] {
  const imported = source.imports
    .filter((found) => found.specifier === "node:process" && found.names.includes("env"))
    .map((found) => ({ path: source.path, line: found.line, says: "imports env" }));
  const read = [...nodesOf(source)]
    .filter(isEnvironmentRead)
    .map((node) => ({ path: source.path, line: lineOf(source, node), says: "reads process.env" }));
  return [...imported, ...read];
}

function isEnvironmentRead(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === "env" && isProcess(node.expression);
  if (ts.isElementAccessExpression(node)) {
    const key = node.argumentExpression;
    return ts.isStringLiteralLike(key) && key.text === "env" && isProcess(node.expression);
  }
  if (!ts.isVariableDeclaration(node) || !ts.isObjectBindingPattern(node.name)) return false;
  const takes = node.name.elements.some(
    (element) => (element.propertyName ?? element.name).getText() === "env",
  );
  return takes && node.initializer !== undefined && isProcess(node.initializer);
}

function isProcess(node: ts.Node): boolean {
  return ts.isIdentifier(node) && node.text === "process";
}
