/**
 * Files as the tidy rules see them: a path and a text, parsed once. Nothing here touches a disk, so that a rule can be
 * tried on files that exist only in a test.
 */
import ts from "typescript";

/** A file of the repository; `path` is relative to its root, with forward slashes. */
export interface RepositoryFile {
  readonly path: string;
  readonly text: string;
}

/** A TypeScript file with its syntax tree. */
export interface Source extends RepositoryFile {
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** One place where a file names another module, whatever the syntax. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** True where type stripping leaves nothing of it. */
  readonly typeOnly: boolean;
  /** Names taken from the module, as the module calls them; `*` stands for all of it. */
  readonly names: readonly string[];
}

/** What the rules look at: every file, and the TypeScript among them parsed. */
export interface Repository {
  readonly files: readonly RepositoryFile[];
  readonly sources: readonly Source[];
}

/** Parses what is TypeScript in `files`. Neither resolves types nor reads anything else. */
export function toRepository(files: readonly RepositoryFile[]): Repository {
  return { files, sources: files.filter((file) => isCode(file.path)).map(parse) };
}

/** True for a test, its support and its fixtures: code that no user of the product runs. */
export function isTest(path: string): boolean {
  return path.startsWith("test/") || path.includes("/test/") || path.endsWith(".test.ts");
}

/** `integration/index.ts` gives `index.ts`. */
export function baseNameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The line, counted from 1, on which the code of `node` starts; its docblock is not part of it. */
export function lineOf(source: Source, node: ts.Node): number {
  return lineAt(source, node.getStart(source.tree));
}

/** The line, counted from 1, that holds the character at `position`. */
export function lineAt(source: Source, position: number): number {
  return source.tree.getLineAndCharacterOfPosition(position).line + 1;
}

/** Every node of the file, parents before children. */
export function* nodesOf(source: Source): Generator<ts.Node> {
  const waiting: ts.Node[] = [source.tree];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    const children: ts.Node[] = [];
    ts.forEachChild(node, (child) => {
      children.push(child);
    });
    waiting.push(...children.reverse());
  }
}

/** Comments with the position they start at. */
export function commentsOf(source: Source): { readonly position: number; readonly text: string }[] {
  const found = new Map<number, string>();
  const take = (range: ts.CommentRange) => found.set(range.pos, source.text.slice(range.pos, range.end));
  const visit = (node: ts.Node) => {
    for (const range of ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []) take(range);
    for (const range of ts.getTrailingCommentRanges(source.text, node.getEnd()) ?? []) take(range);
    for (const child of node.getChildren(source.tree)) if (!ts.isJSDoc(child)) visit(child);
  };
  visit(source.tree);
  return [...found].map(([position, text]) => ({ position, text }));
}

/** The strings of a file; in a template `?` stands where a value goes. */
export function* stringsOf(source: Source): Generator<{ readonly node: ts.Node; readonly text: string }> {
  for (const node of nodesOf(source)) {
    if (ts.isStringLiteralLike(node)) yield { node, text: node.text };
    if (ts.isTemplateExpression(node)) {
      const rest = node.templateSpans.map((span) => `?${span.literal.text}`).join("");
      yield { node, text: node.head.text + rest };
    }
  }
}

function isCode(path: string): boolean {
  return /\.tsx?$/.test(path) && !path.endsWith(".d.ts");
}

function parse(file: RepositoryFile): Source {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  return { ...file, tree, imports: importsOf(tree) };
}

function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node) => {
    const entry = toImport(node, tree);
    if (entry !== undefined) found.push(entry);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function toImport(node: ts.Node, tree: ts.SourceFile): Import | undefined {
  const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, line, ...takenBy(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, line, ...passedOnBy(node) };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const literal = node.argument.literal;
    if (ts.isStringLiteral(literal)) return { specifier: literal.text, line, typeOnly: true, names: ["*"] };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const first = node.arguments[0];
    if (first && ts.isStringLiteralLike(first)) {
      return { specifier: first.text, line, typeOnly: false, names: ["*"] };
    }
  }
  return;
}

type Taken = Pick<Import, "typeOnly" | "names">;

function takenBy(clause: ts.ImportClause | undefined): Taken {
  if (clause === undefined) return { typeOnly: false, names: [] };
  const whole = clause.phaseModifier === ts.SyntaxKind.TypeKeyword;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || ts.isNamespaceImport(bindings)) {
    return { typeOnly: whole, names: ["*"] };
  }
  return namesOf(bindings.elements, whole);
}

function passedOnBy(node: ts.ExportDeclaration): Taken {
  const clause = node.exportClause;
  if (clause === undefined || ts.isNamespaceExport(clause))
    return { typeOnly: node.isTypeOnly, names: ["*"] };
  return namesOf(clause.elements, node.isTypeOnly);
}

function namesOf(elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[], whole: boolean): Taken {
  const values = elements.filter((element) => !element.isTypeOnly);
  const typeOnly = whole || (elements.length > 0 && values.length === 0);
  const taken = typeOnly ? elements : values;
  return { typeOnly, names: taken.map((element) => (element.propertyName ?? element.name).text) };
}
