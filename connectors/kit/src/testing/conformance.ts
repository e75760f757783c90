import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BACKFILL_LAWS } from "./backfill-laws.ts";
import { INTAKE_LAWS } from "./intake-laws.ts";
import { MANIFEST_LAWS } from "./manifest-laws.ts";
import { OUTLET_LAWS } from "./outlet-laws.ts";
import { PUBLISHER_LAWS } from "./publisher-laws.ts";
import type { ConformanceSubject, Law } from "./subject.ts";

/** Every law that a connector is held to, in the order in which a message travels. */
export const CONFORMANCE_LAWS: readonly Law[] = [
  ...MANIFEST_LAWS,
  ...INTAKE_LAWS,
  ...OUTLET_LAWS,
  ...PUBLISHER_LAWS,
  ...BACKFILL_LAWS,
];

/** A breach as people read it: which law, why it matters, and what was seen. */
export function breachText(law: Law, problems: readonly string[]): string {
  return [`Broken law: ${law.name},`, `because ${law.why}.`, ...problems.map((text) => `- ${text}`)].join(
    "\n",
  );
}

/**
 * Tries every law and gives the problems of those that are broken, by the law's name. The plain form of `conformance`: for
 * other test runners, and for the tests of the suite itself.
 */
export async function conformanceProblems(
  subject: ConformanceSubject,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const broken = new Map<string, readonly string[]>();
  for (const law of CONFORMANCE_LAWS) {
    const problems = await law.check(subject);
    if (problems.length > 0) broken.set(law.name, problems);
  }
  return broken;
}

/**
 * Declares the suite for a connector with node:test, one test a law. Laws of doors that the connector does not have, and of
 * a fake that is not given, pass without being tried.
 */
export function conformance(subject: ConformanceSubject): void {
  describe(`the connector ${subject.connector.manifest.name} keeps the laws of connectors`, () => {
    for (const law of CONFORMANCE_LAWS) {
      test(law.name, async () => {
        const problems = await law.check(subject);
        assert.ok(problems.length === 0, `\n${breachText(law, problems)}`);
      });
    }
  });
}
