import { show } from "./delimiters.ts";
import type { Gap } from "./tokenizer.ts";

/** Characters of a gap that a message shows. */
const shownLength = 30;

/** What was expected where these bytes stand, or undefined for blanks, which are expected anywhere. */
export function gapMessage(gap: Gap): string | undefined {
  const size = `${gap.raw.length} byte${gap.raw.length === 1 ? "" : "s"}`;
  const start = show(gap.raw.slice(0, shownLength));
  switch (gap.reason) {
    case "blank":
      return undefined;
    case "junk":
      return `expected an ISA; found ${size} of ${junkKind(gap.raw)}: ${start}`;
    case "empty-segment":
      return "expected a segment between two terminators; found nothing";
    case "oversize":
      return `expected a segment of bearable length; found ${size} without a terminator`;
    case "unterminated":
      return `expected a segment terminator; the file ends after ${start}`;
    case "unterminated-header":
      return `expected 16 elements in the ISA; the file ends after ${start}`;
    default:
      return gap.reason satisfies never;
  }
}

/** Mistakes that are common, and look like noise until somebody names them. */
const junkKinds: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^\s*GS[^A-Za-z0-9\s]/, "a group, without the interchange around it"],
  [/^\s*ST[^A-Za-z0-9\s]/, "a transaction set, without the interchange around it"],
  [/^(\xff\xfe|\xfe\xff|I\0S\0A|\0I\0S\0A)/, "UTF-16 text, and X12 has one byte a character"],
  [/^\xc9\xe2\xc1/, "EBCDIC text, which must be converted first"],
  [/^\s*UN[AB][^A-Za-z0-9\s]/, "EDIFACT, which is another standard"],
  [/^\s*isa[^A-Za-z0-9\s]/i, "an ISA that is not written as one"],
];

function junkKind(raw: string): string {
  return junkKinds.find(([pattern]) => pattern.test(raw))?.[1] ?? "something else";
}
