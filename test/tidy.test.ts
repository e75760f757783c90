/**
 * The architecture as a test: every rule of STYLE.md and ARCHITECTURE.md that a program can check, one row a rule, with
 * the sentence that says why. Then the test of the test: each rule is shown a breach, and must be the one that sees it.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readRepository } from "./tidy/disk.ts";
import { allowed, cleanFiles, planted } from "./tidy/planted.ts";
import { breachesOf, describeBreaches, inspect } from "./tidy/rule.ts";
import { rules } from "./tidy/rules.ts";
import { type RepositoryFile, toRepository } from "./tidy/source.ts";

describe("the repository keeps every rule", () => {
  const repository = toRepository(readRepository());

  for (const rule of rules) {
    test(rule.name, () => {
      const breaches = breachesOf(rule, repository);
      assert.ok(breaches.length === 0, `\n${describeBreaches(rule, breaches)}`);
    });
  }
});

describe("the rules see what they are there to see", () => {
  test("a tidy set of files breaks no rule", () => {
    assert.deepEqual(told(cleanFiles), []);
  });

  for (const { rule, says, file, line } of planted) {
    test(`${rule}: ${says}`, () => {
      assert.deepEqual(told(withFile(file)), [`${rule} at ${file.path}:${line}`]);
    });
  }

  for (const { says, file } of allowed) {
    test(`not a breach: ${says}`, () => {
      assert.deepEqual(told(withFile(file)), []);
    });
  }

  test("every rule has a breach planted for it", () => {
    const proved = new Set(planted.map(({ rule }) => rule));
    assert.deepEqual(
      rules.map((rule) => rule.name).filter((name) => !proved.has(name)),
      [],
    );
  });

  test("every rule says why in a sentence", () => {
    for (const rule of rules) assert.match(rule.why, /^[A-Z].{20,}\.$/, rule.name);
  });
});

function told(files: readonly RepositoryFile[]): string[] {
  return inspect(rules, files).map(({ rule, path, line }) => `${rule.name} at ${path}:${line}`);
}

/** The clean files with one added, or put in the place of its namesake. */
function withFile(file: RepositoryFile): RepositoryFile[] {
  return [...cleanFiles.filter(({ path }) => path !== file.path), file];
}
