import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { checkFile, type FileCheck, serialise, tokenize } from "../src/index.ts";

/** Public sample files with facts another program measured; they are not ours to publish, so they may be absent. */
const folder = new URL("../../../../shared/contracts/x12/", import.meta.url);
const manifest = new URL("MANIFEST.json", folder);

type Sample = {
  readonly file: string;
  readonly measured: {
    readonly kind: string;
    readonly segments: number;
    readonly ISA: number;
    readonly ST: readonly string[];
    readonly elementSep?: string;
    readonly segmentTerm?: string;
    readonly componentSep?: string;
    readonly isaTruncated?: boolean;
    readonly anomalies: readonly string[];
  };
};

function readSamples(): readonly Sample[] {
  if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, "utf8")) as Sample[];
  process.stderr.write(`SKIPPED: no sample files at ${folder.pathname}\n`);
  return [];
}

const samples = readSamples();

/** What must be among the errors for an anomaly the other program found. */
const expected: readonly (readonly [anomaly: RegExp, found: (check: FileCheck) => boolean])[] = [
  [/^SE01=/, (check) => has(check, "AK502", "4")],
  [/^SE02 !=/, (check) => has(check, "AK502", "3")],
  [/^GE01=/, (check) => has(check, "AK905", "5")],
  [/^GE02 !=/, (check) => has(check, "AK905", "4")],
  [/^IEA02 !=/, (check) => has(check, "TA105", "001")],
  [/^ISA not 106/, (check) => check.errors.some((error) => error.segment === "ISA")],
  [/^missing IEA/, (check) => check.verdict === "rejected"],
];

function has(check: FileCheck, list: string, code: string): boolean {
  return check.errors.some((error) => error.list === list && error.code === code);
}

/** The anomalies for which no fault was found. Delimiters that cannot be used leave nothing else to be found. */
function unmet(check: FileCheck, anomalies: readonly string[]): string[] {
  if (has(check, "TA105", "004")) return [];
  return anomalies.filter((anomaly) =>
    expected.some(([pattern, found]) => pattern.test(anomaly) && !found(check)),
  );
}

/** The measuring program cut some files in the middle of a delimiter, or did not find their end. */
function isComparable({ measured }: Sample): boolean {
  const odd = measured.anomalies.some((anomaly) => /^(missing IEA|non-segment tokens)/.test(anomaly));
  return measured.kind === "interchange" && measured.isaTruncated !== true && !odd;
}

function bytesOf(sample: Sample): Buffer {
  return readFileSync(new URL(sample.file, folder));
}

describe("public sample files", { skip: samples.length === 0 && "the sample files are not here" }, () => {
  for (const sample of samples) {
    test(`${sample.file} comes back unchanged and is judged by what is wrong with it`, () => {
      const bytes = bytesOf(sample);
      const { kind, anomalies } = sample.measured;
      const check = checkFile(bytes);
      assert.equal(check.roundTrip, true);
      assert.deepEqual(Buffer.from(serialise(tokenize(bytes))), bytes);
      if (kind !== "interchange") {
        assert.equal(check.verdict, "rejected", "a set without its interchange");
        return;
      }
      const found = JSON.stringify(check.errors.slice(0, 5), null, 1);
      assert.equal(check.verdict === "accepted", anomalies.length === 0, found);
      assert.deepEqual(unmet(check, anomalies), [], found);
    });
  }

  for (const sample of samples.filter(isComparable)) {
    test(`${sample.file} has the delimiters, segments and sets that were measured`, () => {
      const { measured } = sample;
      const segments = tokenize(bytesOf(sample)).filter((token) => token.kind === "segment");
      const [isa] = segments;
      assert.equal(isa?.delimiters.element, measured.elementSep);
      assert.equal(isa?.delimiters.component, measured.componentSep);
      assert.equal(isa?.delimiters.terminator, measured.segmentTerm);
      assert.equal(segments.length, measured.segments);
      const sets = segments.filter((segment) => segment.id === "ST").map((segment) => segment.element(1));
      assert.deepEqual(sets, measured.ST);
    });
  }
});
