/** Rules about who knows whom. */
import {
  isSamePlace,
  knows,
  knowsAll,
  type Place,
  placeName,
  placeOf,
  type Target,
  targetOf,
} from "./map.ts";
import type { Finding, Rule } from "./rule.ts";
import { type Import, isTest, type Repository, type RepositoryFile, type Source } from "./source.ts";

type PartTarget = Extract<Target, { kind: "part" }>;

/** An import together with both of its ends. */
interface Arrow {
  readonly source: Source;
  readonly found: Import;
  readonly from: Place;
  readonly to: PartTarget;
}

/** Files of the product that may name a vendor's package, and what they may take from it. */
const vendorUsers: readonly { readonly file: RegExp; readonly subpath: RegExp; readonly because: string }[] =
  [
    { file: /^src\/main\.ts$/, subpath: /^$/, because: "the composition root" },
    { file: /^src\/connectors\.ts$/, subpath: /^$/, because: "the list of built-in connectors" },
    { file: /^src\/commands\/x12/, subpath: /^$/, because: "`x12 check` is the codec on the command line" },
    {
      file: /^src\/(demo|commands\/demo)/,
      subpath: /^fake$/,
      because: "the demo company's vendors are simulated",
    },
  ];

/** npm packages that a published package may depend on. Its tests and fakes may use what the workspace has. */
const packageDependencies: Readonly<Record<string, readonly string[]>> = {
  canonical: ["typebox"],
  kit: ["typebox"],
  connector: ["typebox"],
};

/** Built-in modules a connector may use outside its `io.ts` and its fake: checking a signature is part of mapping. */
const connectorBuiltins: readonly string[] = ["crypto", "buffer"];

/** The rules of this file, in the order of the map. */
export const arrowRules: readonly Rule[] = [
  {
    name: "every folder is on the map",
    why: "A part nobody has drawn has no place in the arrows, so nothing would hold it to them: add it to test/tidy/map.ts and ARCHITECTURE.md.",
    check: (repository) => repository.files.flatMap(unmapped),
  },
  {
    name: "arrows point at what is known",
    why: "A part can be understood, tested and replaced with what lies below it; an arrow back makes the two one part.",
    check: (repository) => arrowsOf(repository).filter(isBackwards).map(backwards),
  },
  {
    name: "a part is entered by its door",
    why: "What index.ts does not give may change without notice; whoever reaches past it makes that impossible.",
    check: (repository) => arrowsOf(repository).filter(isPastTheDoor).map(pastTheDoor),
  },
  {
    name: "vendors are named where the product is composed",
    why: "A new channel must not touch the core: one list names the connectors, and integration knows the kit by its types.",
    check: (repository) => arrowsOf(repository).filter(isVendorInTheCore).map(vendorInTheCore),
  },
  {
    name: "a published package carries little",
    why: "Someone else installs canonical, the kit or a connector on its own: every dependency it has becomes theirs.",
    check: (repository) => [
      ...repository.sources.flatMap(foreignModules),
      ...repository.files.flatMap(foreignDependencies),
    ],
  },
  {
    name: "the product does not know its tests",
    why: "Code that reaches for a fixture behaves differently where there is none.",
    check: (repository) => arrowsOf(repository).filter(isProductToTest).map(productToTest),
  },
];

function arrowsOf(repository: Repository): Arrow[] {
  return repository.sources.flatMap((source) => {
    const from = placeOf(source.path);
    if (from === undefined) return [];
    return source.imports.flatMap((found) => {
      const to = targetOf(source.path, found);
      return to.kind === "part" && !isSamePlace(from, to) ? [{ source, found, from, to }] : [];
    });
  });
}

function unmapped(file: RepositoryFile): Finding[] {
  const place = /^(src|connectors)\/.*\.ts$/.test(file.path) ? placeOf(file.path) : undefined;
  if (place === undefined || place.part in knows || place.part in knowsAll) return [];
  return [{ path: file.path, line: 1, says: `"${place.part}" is not on the map` }];
}

function isBackwards({ source, from, to }: Arrow): boolean {
  const known = knows[from.part];
  if (known === undefined || isToTest(to)) return false;
  const isOwnTestOfAnything = isTest(source.path) && from.part === "test";
  return (
    !isOwnTestOfAnything &&
    (!known.includes(to.part) || (from.vendor !== undefined && to.vendor !== undefined))
  );
}

function backwards({ source, found, from, to }: Arrow): Finding {
  const says = `${placeName(from)} may not know ${placeName(to)} ("${found.specifier}")`;
  return { path: source.path, line: found.line, says };
}

// A test may open up any part to look inside. An arrow that may not be drawn at all needs no door.
function isPastTheDoor(arrow: Arrow): boolean {
  const { source, to } = arrow;
  return !to.door && !isTest(source.path) && !isToTest(to) && !isBackwards(arrow);
}

function pastTheDoor({ source, found, to }: Arrow): Finding {
  const says = `"${found.specifier}" reaches past the door of ${placeName(to)}`;
  return { path: source.path, line: found.line, says };
}

function isVendorInTheCore({ source, found, from, to }: Arrow): boolean {
  if (!source.path.startsWith("src/") || isTest(source.path)) return false;
  // Most parts have no arrow to a vendor at all; this is about the few that have.
  if (knows[from.part]?.includes(to.part) === false) return false;
  if (to.part === "kit") return from.part === "integration" && !found.typeOnly;
  if (to.part !== "connector") return false;
  const subpath = found.specifier.split("/").slice(2).join("/");
  return !vendorUsers.some((user) => user.file.test(source.path) && user.subpath.test(subpath));
}

function vendorInTheCore({ source, found, to }: Arrow): Finding {
  const says =
    to.part === "kit"
      ? `"${found.specifier}" is imported for more than its types`
      : `"${found.specifier}" names a vendor outside of the composition`;
  return { path: source.path, line: found.line, says };
}

function isToTest(to: PartTarget): boolean {
  return to.part === "test";
}

function isProductToTest({ source, from, to }: Arrow): boolean {
  return isToTest(to) && !isTest(source.path) && !["bench", "test"].includes(from.part);
}

function productToTest({ source, found }: Arrow): Finding {
  return { path: source.path, line: found.line, says: `"${found.specifier}" is test code` };
}

function foreignModules(source: Source): Finding[] {
  const place = placeOf(source.path);
  const allowed = place === undefined ? undefined : packageDependencies[place.part];
  if (place === undefined || allowed === undefined || isBesideTheProduct(source.path)) return [];
  return source.imports.flatMap((found) => {
    const target = targetOf(source.path, found);
    if (target.kind === "part") return [];
    const isAllowed =
      target.kind === "external"
        ? allowed.includes(target.name)
        : place.part === "kit" || source.path.endsWith("/io.ts") || connectorBuiltins.includes(target.name);
    const says = `${placeName(place)} may not depend on "${found.specifier}"`;
    return isAllowed ? [] : [{ path: source.path, line: found.line, says }];
  });
}

function foreignDependencies(file: RepositoryFile): Finding[] {
  const place = file.path.endsWith("/package.json") ? placeOf(file.path) : undefined;
  const allowed = place === undefined ? undefined : packageDependencies[place.part];
  if (place === undefined || allowed === undefined) return [];
  const known = [...allowed, ...(knows[place.part] ?? []).map((part) => packageNames[part] ?? part)];
  const manifest: unknown = JSON.parse(file.text);
  return dependenciesOf(manifest)
    .filter((name) => !known.includes(name))
    .map((name) => ({ path: file.path, line: lineOfText(file, `"${name}"`), says: `depends on "${name}"` }));
}

const packageNames: Readonly<Record<string, string>> = {
  canonical: "@crossdock/canonical",
  kit: "@crossdock/connector-kit",
};

function dependenciesOf(manifest: unknown): string[] {
  if (typeof manifest !== "object" || manifest === null || !("dependencies" in manifest)) return [];
  return Object.keys(manifest.dependencies ?? {});
}

function lineOfText(file: RepositoryFile, wanted: string): number {
  return file.text.slice(0, Math.max(0, file.text.indexOf(wanted))).split("\n").length;
}

function isBesideTheProduct(path: string): boolean {
  return isTest(path) || path.includes("/fake/") || path.includes("/testing/");
}
