/** What a tidy rule is, and how a list of them is held against a list of files. */
import { type Repository, type RepositoryFile, toRepository } from "./source.ts";

/** One place where a rule is broken. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  /** What is wrong at that place, as a clause without a full stop. */
  readonly says: string;
}

/** One law of the house. `why` is the sentence a person reads when they have broken it. */
export interface Rule {
  readonly name: string;
  readonly why: string;
  readonly check: (repository: Repository) => Finding[];
}

/** A finding together with the rule that made it. */
export interface Breach extends Finding {
  readonly rule: Rule;
}

/** Holds every rule against the files. Pure: the same files give the same breaches in the same order. */
export function inspect(rules: readonly Rule[], files: readonly RepositoryFile[]): Breach[] {
  const repository = toRepository(files);
  return rules.flatMap((rule) => breachesOf(rule, repository));
}

/** The breaches of one rule, in the order of path and line. */
export function breachesOf(rule: Rule, repository: Repository): Breach[] {
  const found = rule.check(repository).map((finding) => ({ ...finding, rule }));
  return found.sort((a, b) => (a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1));
}

/** One rule's breaches for a person: where and what, a line each, and then once why. */
export function describeBreaches(rule: Rule, breaches: readonly Breach[]): string {
  const lines = breaches.map((breach) => `  ${breach.path}:${breach.line}  ${rule.name}: ${breach.says}`);
  return [`${breaches.length} × ${rule.name}`, ...lines, `  Why: ${rule.why}`].join("\n");
}
