import { type Period, type Timeline, valueAt } from "./timeline.ts";

/** What there is an authority for; `DOMAIN` has the table. */
export const OWNED_MEASURES = [
  "physical-stock",
  "item-master",
  "purchase-orders",
  "orders",
  "promises",
  "listing-content",
  "valuation",
] as const;
export type OwnedMeasure = (typeof OWNED_MEASURES)[number];

/** The place that stands for all places of which nothing of their own is said. */
export const EVERYWHERE = "";

/** Who owns a measure, by place; `EVERYWHERE` is one of the places. */
export type OwnerLines = ReadonlyMap<string, Timeline<string>>;

/** Who owns one measure at some places, over time. */
export type Owners = {
  /** The only source that may state the measure at a place and a time (RFC 3339, or milliseconds); undefined: whoever speaks is believed. */
  at(locationId: string, moment: string | number): string | undefined;
};

const NOTHING: Timeline<string> = [];

/** Who owns a measure at one place over time: what is said of the place itself, and where that says nothing what holds everywhere. */
export function ownersLine(lines: OwnerLines, locationId: string): Timeline<string> {
  const named = lines.get(locationId) ?? NOTHING;
  const shared = lines.get(EVERYWHERE) ?? NOTHING;
  if (named.length === 0 || locationId === EVERYWHERE) return shared;
  if (shared.length === 0) return named;
  const froms = [...new Set([...named, ...shared].map(({ from }) => from))].toSorted((a, b) => a - b);
  const told: { from: number; value: string | undefined }[] = [];
  for (const from of froms) {
    const value = valueAt(named, from) ?? valueAt(shared, from);
    if (told.at(-1)?.value !== value) told.push({ from, value });
  }
  return told;
}

/** Answers who the owner is. A place that never changed hands is answered without reading the time. */
export function ownersOf(lines: OwnerLines): Owners {
  const known = new Map<string, Timeline<string>>();
  const lineOf = (locationId: string): Timeline<string> => {
    const line = known.get(locationId) ?? ownersLine(lines, locationId);
    known.set(locationId, line);
    return line;
  };
  return {
    at(locationId, moment) {
      const line = lineOf(locationId);
      const [first] = line;
      if (first === undefined) return undefined;
      if (line.length === 1 && first.from === Number.NEGATIVE_INFINITY) return first.value;
      return valueAt(line, typeof moment === "number" ? moment : Date.parse(moment));
    },
  };
}

/** A stretch of time in which a place has another owner than before. */
export type Handover = Period & { readonly locationId: string; readonly owner: string | undefined };

/** The stretches in which two lines of one place differ, each with what the second says. */
export function handovers(
  locationId: string,
  { before, after }: { readonly before: Timeline<string>; readonly after: Timeline<string> },
): readonly Handover[] {
  const froms = [
    ...new Set([Number.NEGATIVE_INFINITY, ...[...before, ...after].map(({ from }) => from)]),
  ].toSorted((a, b) => a - b);
  return froms.flatMap((from, index) => {
    const owner = valueAt(after, from);
    const to = froms[index + 1] ?? Number.POSITIVE_INFINITY;
    return valueAt(before, from) === owner ? [] : [{ locationId, from, to, owner }];
  });
}
