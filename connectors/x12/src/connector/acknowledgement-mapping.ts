import type { MappedRecord, PartnerAcknowledgement } from "@crossdock/connector-kit";
import type { TransactionSet } from "../interchange.ts";
import type { Segment } from "../segment.ts";
import { invalid, shortened } from "./element-text.ts";

/** The sets that acknowledge: by syntax, and by syntax and implementation guide. They share their frame. */
export const ACKNOWLEDGING_SETS: readonly string[] = ["997", "999"];

/** Our sets by the GS01 of the groups that they travel in. */
const SETS_BY_GROUP: ReadonlyMap<string, string> = new Map([
  ["PR", "855"],
  ["SH", "856"],
  ["IB", "846"],
]);

type Verdict = PartnerAcknowledgement["verdict"];

const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ["A", "accepted"],
  ["E", "accepted-with-errors"],
  // Without one set accepted there would be no P; which one it was is in the detail.
  ["P", "accepted-with-errors"],
  ["R", "rejected"],
  // Refused for its authentication code or its encryption, of which we send neither.
  ["M", "rejected"],
  ["W", "rejected"],
  ["X", "rejected"],
]);

/** The answer to an interchange of ours. TA101 is the control number that it was sent under. */
export function mapInterchangeAcknowledgement(segment: Segment, at: string): MappedRecord {
  const [, number = "", , , status = "", note = ""] = segment.elements.map((element) => element.trim());
  const verdict = VERDICTS.get(status);
  const controlNumber = numberOf(number);
  if (verdict === undefined || controlNumber === undefined) {
    return invalid(
      at,
      "acknowledgement-unreadable",
      `TA1 of ${number} with ${status}: neither can be missing`,
    );
  }
  const detail = `TA1 ${status}${note === "" ? "" : `, note ${note}`}`;
  return {
    is: "acknowledgement",
    at,
    acknowledgement: { controlNumber, verdict, detail: shortened(detail) },
  };
}

/**
 * The answer to a group of ours. We send one set in a group, so what is said of the set is the verdict; the group's own
 * stands in where the sets are not listed.
 */
export function mapFunctionalAcknowledgement(set: TransactionSet, at: string): MappedRecord {
  const first = (id: string) => set.segments.find((segment) => segment.id === id);
  const [functionalId = "", group = ""] = trimmed(first("AK1"));
  const [groupStatus = ""] = trimmed(first("AK9"));
  const answers = set.segments
    .filter(({ id }) => id === "AK5" || id === "IK5")
    .map((segment) => trimmed(segment)[0] ?? "");
  const [onlyAnswer] = answers.length === 1 ? answers : [];
  const verdict = VERDICTS.get(onlyAnswer ?? "") ?? VERDICTS.get(groupStatus);
  const controlNumber = numberOf(group);
  if (verdict === undefined || controlNumber === undefined) {
    return invalid(
      at,
      "acknowledgement-unreadable",
      `group ${group} with ${groupStatus}: neither can be missing`,
    );
  }
  const documentType = SETS_BY_GROUP.get(functionalId);
  const detail = detailOf(set.segments);
  return {
    is: "acknowledgement",
    at,
    acknowledgement: {
      controlNumber,
      ...(documentType === undefined ? {} : { documentType }),
      verdict,
      ...(detail === "" ? {} : { detail }),
    },
  };
}

/** Control numbers are the same with and without leading zeros; we name our documents without. */
function numberOf(written: string): string | undefined {
  return /^\d{1,9}$/.test(written) ? String(Number(written)) : undefined;
}

function trimmed(segment: Segment | undefined): readonly string[] {
  return segment === undefined ? [] : segment.elements.slice(1).map((element) => element.trim());
}

/** What was found wrong, as the partner wrote it: whoever mends it has the code lists at hand. */
function detailOf(segments: readonly Segment[]): string {
  const told = segments.filter(({ id, elements }) => {
    const isFault = ["AK3", "AK4", "IK3", "IK4", "CTX"].includes(id);
    const isStatus = ["AK5", "IK5", "AK9"].includes(id);
    return isFault || (isStatus && elements[1] !== "A");
  });
  return shortened(told.map(({ elements }) => elements.join("*")).join("; "));
}
