/** The rule that files stand on each other and not in a ring. */
import { joined } from "./map.ts";
import type { Finding, Rule } from "./rule.ts";
import { isTest, type Repository } from "./source.ts";

/** A file with the files that it imports, and the line of each import. */
type Leaning = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** The rules of this file. */
export const circleRules: readonly Rule[] = [
  {
    name: "files do not lean on each other in a circle",
    why: "Two files that need each other are one file in two places: what both need belongs into a third below them.",
    check: (repository) => circlesOf(leaningOf(repository)),
  },
];

function leaningOf(repository: Repository): Leaning {
  const sources = repository.sources.filter(({ path }) => !isTest(path));
  const known = new Set(sources.map(({ path }) => path));
  return new Map(
    sources.map(({ path, imports }) => {
      const own = imports.filter(({ specifier }) => specifier.startsWith("."));
      const targets = own.map(({ specifier, line }) => [joined(path, specifier), line] as const);
      return [path, new Map(targets.filter(([target]) => known.has(target)))];
    }),
  );
}

/** One finding a circle, at the import of its alphabetically last file that closes it. */
function circlesOf(leaning: Leaning): Finding[] {
  const files = [...leaning.keys()].sort();
  return files.flatMap((path) => {
    const backTo = [...(leaning.get(path) ?? [])].find(
      ([target]) => target < path && isReached(leaning, target, path),
    );
    if (backTo === undefined) return [];
    const [target, line] = backTo;
    return [{ path, line, says: `leans on ${target}, which leans on it` }];
  });
}

function isReached(leaning: Leaning, from: string, wanted: string): boolean {
  const seen = new Set([from]);
  for (const path of seen) {
    if (path === wanted) return true;
    for (const next of leaning.get(path)?.keys() ?? []) seen.add(next);
  }
  return false;
}
