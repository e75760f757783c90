import type { AdmissionLine, AdmissionRequest, Decision } from "../admission-request.ts";
import type { Ask } from "./happening.ts";

/** What a line came to. Units are those of the line: of a kit, whole ones. */
export type LineOutcome = {
  readonly lineId: string;
  readonly itemId: string;
  readonly asked: number;
  readonly promised: number;
  /** Units of which there were none to be promised; the rest of a refused line was refused because of others. */
  readonly short: number;
};

/** What a request came to. */
export type AskOutcome = {
  readonly lines: readonly LineOutcome[];
  readonly whole: boolean;
  readonly units: number;
  /** Locations that it comes from. */
  readonly locations: number;
  /** Units by line and position, as text, to tell whether two outcomes are the same to the unit. */
  readonly exactly: string;
};

type PartTaken = { readonly lineId: string; readonly positionId: number; readonly units: number };

/** Units by line and position, as text. */
export function exactText(parts: readonly PartTaken[]): string {
  const units = new Map<string, number>();
  for (const part of parts) {
    const place = `${part.lineId} ${part.positionId}`;
    units.set(place, (units.get(place) ?? 0) + part.units);
  }
  return [...units]
    .map(([place, count]) => `${place} ${count}`)
    .toSorted()
    .join(", ");
}

const partsOf = ({ promised }: Decision): readonly PartTaken[] =>
  promised.map(({ lineId, position, quantity }) => ({
    lineId,
    positionId: position.positionId,
    units: quantity,
  }));

/** Sums a decision up. */
export function outcomeOf(request: AdmissionRequest, decision: Decision): AskOutcome {
  const promisedLines = new Set<string>(decision.promised.map(({ lineId }) => lineId));
  const shortOf = new Map<string, number>(
    decision.rejections.map(({ lineId, shortBy = 0 }) => [lineId, shortBy]),
  );
  const lines = request.lines.map((line): LineOutcome => {
    const short = shortOf.get(line.lineId) ?? 0;
    const promised = promisedLines.has(line.lineId) ? line.quantity - short : 0;
    return { lineId: line.lineId, itemId: line.itemId, asked: line.quantity, promised, short };
  });
  return {
    lines,
    whole: lines.every(({ asked, promised }) => asked === promised),
    units: lines.reduce((sum, line) => sum + line.promised, 0),
    locations: new Set(decision.promised.map(({ position }) => position.locationId)).size,
    exactly: exactText(partsOf(decision)),
  };
}

/** What a request came to at the time, as text, to be held against what it comes to when it is played again. */
export const exactlyThen = ({ live }: Ask): string => exactText(live);

/** Whether two outcomes promise the same units of every line, from wherever. */
export function sameUnits(a: AskOutcome, b: AskOutcome): boolean {
  return a.lines.every((line, at) => line.promised === b.lines[at]?.promised);
}

/** What of a line's parts lies somewhere, in units of the line. */
export function wholeUnits(
  { components }: Pick<AdmissionLine, "components">,
  lying: (itemId: string) => number,
): number {
  return Math.min(...components.map((part) => Math.floor(lying(part.itemId) / part.quantity)));
}
