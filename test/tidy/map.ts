/** The map of the repository: which part a path belongs to, what each part may know, and where an import leads. */
import type { Import } from "./source.ts";

/**
 * What each part may know. The table is `ARCHITECTURE.md` in the form a program can hold it against the code; a part
 * missing on the left does not exist, and a name missing on the right is an arrow that points back.
 */
export const knows: Readonly<Record<string, readonly string[]>> = {
  canonical: [],
  kit: ["canonical"],
  connector: ["canonical", "kit"],
  platform: ["canonical"],
  backbone: ["canonical", "platform"],
  governance: ["canonical", "platform", "backbone"],
  ledger: ["canonical", "platform", "backbone", "governance"],
  integration: ["canonical", "kit", "platform", "backbone", "governance"],
  availability: ["canonical", "platform", "backbone", "governance", "ledger"],
  orchestration: ["canonical", "platform", "backbone", "governance", "ledger", "availability", "integration"],
  observability: ["canonical", "platform", "backbone", "governance"],
  gateway: [
    ...["canonical", "platform", "backbone", "governance", "ledger", "availability", "integration"],
    ...["orchestration", "observability"],
  ],
  // The demo company is a guest with a key: it seeds through the doors and then speaks HTTP like any other system.
  demo: [
    ...["canonical", "kit", "connector", "platform", "backbone", "governance", "ledger", "availability"],
    ...["integration", "orchestration"],
  ],
  // The oracle must not share a mistake with what it judges, so it shares no code with it either.
  verify: ["canonical", "platform"],
  console: ["canonical"],
};

/** Parts that may know everything, with the reason. They are known by nobody. */
export const knowsAll: Readonly<Record<string, string>> = {
  main: "the composition root puts the parts together",
  test: "a test may look at anything it proves something about",
  bench: "a benchmark starts the product and its peers",
  examples: "an example shows the published packages at work",
};

/**
 * The files that compose the product: the root, the commands, the list of connectors that are built in, the place where the
 * parts are joined, and the adapters between them.
 */
export const compositionFiles: readonly RegExp[] = [
  /^src\/main\.ts$/,
  /^src\/commands\//,
  /^src\/connectors\.ts$/,
  /^src\/product\.ts$/,
  /^src\/ports\//,
];

/** Entry points a package publishes beside its main one. */
const publishedSubpaths: readonly string[] = ["", "fake", "testing"];

/** Where an import leads. `door` says whether it enters by an entrance that the target offers. */
export type Target =
  | {
      readonly kind: "part";
      readonly part: string;
      readonly vendor?: string;
      readonly door: boolean;
      readonly path: string;
    }
  | { readonly kind: "builtin"; readonly name: string }
  | { readonly kind: "external"; readonly name: string };

/** A part by its name on the map; connectors share the name `connector` and are told apart by `vendor`. */
export interface Place {
  readonly part: string;
  readonly vendor?: string;
}

/** The part that a path belongs to, or undefined for a path outside of every part (a configuration file, a document). */
export function placeOf(path: string): Place | undefined {
  if (compositionFiles.some((pattern) => pattern.test(path))) return { part: "main" };
  const [first = "", second = "", third] = path.split("/");
  if (first === "src") return { part: third === undefined ? second.replace(/\.ts$/, "") : second };
  if (first === "connectors" && third !== undefined) {
    return second === "kit" ? { part: "kit" } : { part: "connector", vendor: second };
  }
  if (["canonical", "console", ...Object.keys(knowsAll)].includes(first)) return { part: first };
  return;
}

/** Where `found`, written in the file at `path`, leads. */
export function targetOf(path: string, found: Import): Target {
  const { specifier } = found;
  if (specifier.startsWith("node:")) return { kind: "builtin", name: specifier.slice("node:".length) };
  if (specifier.startsWith("#test/")) return { kind: "part", part: "test", door: true, path: specifier };
  if (specifier.startsWith("@crossdock/")) return ownPackage(specifier);
  if (specifier.startsWith(".")) return relative(path, specifier);
  return { kind: "external", name: packageNameOf(specifier) };
}

/** True where both are the same part, and for connectors the same vendor. */
export function isSamePlace(a: Place, b: Place): boolean {
  return a.part === b.part && a.vendor === b.vendor;
}

/** A name for messages: `ledger`, `connectors/x12`. */
export function placeName(place: Place): string {
  if (place.part === "kit") return "connectors/kit";
  return place.vendor === undefined ? place.part : `connectors/${place.vendor}`;
}

function ownPackage(specifier: string): Target {
  const [, name = "", ...rest] = specifier.split("/");
  const subpath = rest.join("/");
  const door = publishedSubpaths.includes(subpath);
  if (name === "canonical") return { kind: "part", part: "canonical", door, path: specifier };
  if (name === "connector-kit") return { kind: "part", part: "kit", door, path: specifier };
  return { kind: "part", part: "connector", vendor: name.replace(/^connector-/, ""), door, path: specifier };
}

function relative(from: string, specifier: string): Target {
  const path = joined(from, specifier);
  const place = placeOf(path);
  if (place === undefined) return { kind: "part", part: "outside", door: false, path };
  return { kind: "part", ...place, door: /^src\/[^/]+\/index\.ts$/.test(path), path };
}

/** Resolves `specifier` against the folder of `from`. Steps above the root are kept as `..`, and so match no part. */
export function joined(from: string, specifier: string): string {
  const steps = from.split("/").slice(0, -1);
  for (const step of specifier.split("/")) {
    if (step === "." || step === "") continue;
    if (step === ".." && steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else steps.push(step);
  }
  return steps.join("/");
}

function packageNameOf(specifier: string): string {
  const steps = specifier.split("/");
  return specifier.startsWith("@") ? steps.slice(0, 2).join("/") : (steps[0] ?? specifier);
}
