/** Rules about every text file, code or not. */
import type { Finding, Rule } from "./rule.ts";
import type { RepositoryFile } from "./source.ts";

/** Folders of the machine somebody happened to work on; they start a path and do not stand inside of one. */
const machinePath = /(?<![\w.\-~/}*\])])\/(work|tmp|home|root|Users|private)\/[\w.-]*/g;

/** Where packages are fetched from is a setting of the machine that fetches them. */
const packageHost =
  /\b(registry\.(npmjs|yarnpkg)\.\w+|npm\.pkg\.github\.com|proxy\.golang\.org|repo1?\.maven(\.apache)?\.org|pypi\.org|files\.pythonhosted\.org|deb\.debian\.org)\b/g;

/** What a decision must say, as its headings. */
const decisionHeadings = ["## Status", "## Context", "## Choice", "## Consequences"];

/** The rules of this file. */
export const textRules: readonly Rule[] = [
  {
    name: "no path of one machine",
    why: "A path that exists on the author's machine only is a step the reader cannot follow.",
    check: (repository) =>
      repository.files
        .filter(({ path }) => !isForeignText(path))
        .flatMap((file) => matches(file, machinePath, "a path of somebody's machine")),
  },
  {
    name: "no package host",
    why: "A package is pinned by name, version and hash; the place it is fetched from differs from one network to the next.",
    check: (repository) =>
      repository.files
        .filter(({ path }) => !isForeignText(path))
        .flatMap((file) => matches(file, packageHost, "a package host")),
  },
  {
    name: "a decision says its four things",
    why: "Context, choice, consequences and status are what lets the next person disagree with the reasons and not with the person.",
    check: (repository) => repository.files.flatMap(missingHeadings),
  },
  {
    name: "a decision that is cited exists",
    why: "A reason that cannot be looked up is a reason nobody can weigh.",
    check: (repository) => lostCitations(repository.files),
  },
];

/** Text that is given and not written here: a licence, a vendor's sample, a recorded answer. */
function isForeignText(path: string): boolean {
  return path === "LICENSE" || path.includes("/fixtures/");
}

function matches(file: RepositoryFile, pattern: RegExp, what: string): Finding[] {
  return [...file.text.matchAll(pattern)].map((match) => ({
    path: file.path,
    line: file.text.slice(0, match.index).split("\n").length,
    says: `${what}, "${match[0]}"`,
  }));
}

function missingHeadings(file: RepositoryFile): Finding[] {
  if (!/^docs\/decisions\/\d{4}-[a-z0-9-]+\.md$/.test(file.path)) return [];
  const lines = file.text.split("\n");
  return decisionHeadings
    .filter((heading) => !lines.includes(heading))
    .map((heading) => ({ path: file.path, line: 1, says: `has no "${heading}"` }));
}

function lostCitations(files: readonly RepositoryFile[]): Finding[] {
  const written = new Set(files.map(({ path }) => /^docs\/decisions\/(\d{4})-/.exec(path)?.[1]));
  return files
    .filter(({ path }) => !path.startsWith("test/tidy/"))
    .flatMap((file) =>
      matches(file, /docs\/decisions\/\d{4}/g, "no decision has the number of this citation"),
    )
    .filter(({ says }) => !written.has(/(\d{4})"$/.exec(says)?.[1]));
}
