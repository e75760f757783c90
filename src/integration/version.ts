import { hash } from "node:crypto";
import type { Version } from "@crossdock/canonical";

/** How versions of a thing are compared. */
export type VersionRule = "number" | "instant" | "text";

/** A version as it is compared: texts of one rule order byte by byte as the versions do. */
export type Ranked = {
  readonly of: string;
  readonly by: VersionRule;
  readonly rank: string;
  readonly shown: string;
};

/** Digits of the largest number that is told exactly. */
const NUMBER_DIGITS = 16;
/** Digits of a second that are compared: a nanosecond. */
const FRACTION_DIGITS = 9;

/** A version as it is compared and shown. */
export function ranked(version: Version): Ranked {
  const { of } = version;
  if ("number" in version) {
    const shown = String(version.number);
    return { of, by: "number", rank: shown.padStart(NUMBER_DIGITS, "0"), shown };
  }
  if ("instant" in version) {
    const { instant } = version;
    const fraction = /\.(\d+)/.exec(instant)?.[1] ?? "";
    const second = new Date(instant).toISOString().slice(0, 19);
    const rank = `${second}.${fraction.padEnd(FRACTION_DIGITS, "0").slice(0, FRACTION_DIGITS)}`;
    return { of, by: "instant", rank, shown: instant };
  }
  return { of, by: "text", rank: version.text, shown: version.text };
}

/** How two of one rule stand to each other: below zero when the first is older. */
export function compareRanks(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What is said, as 64 characters: two tellings of one version must have the same. */
export function contentHash({
  type,
  data,
  effectiveAt,
}: {
  readonly type: string;
  readonly data: unknown;
  readonly effectiveAt: string;
}): string {
  const said = [type, new Date(effectiveAt).toISOString(), inOneOrder(data)];
  return hash("sha256", JSON.stringify(said), "hex");
}

/** The same value whatever the order in which its fields were written. */
export function inOneOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOneOrder);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, inOneOrder(member)]);
}
