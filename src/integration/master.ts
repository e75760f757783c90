import type { MasterRecord, MasterStatement, Reference } from "@crossdock/canonical";
import type { MasterOutcome, OwnedMeasure } from "../governance/index.ts";
import { cutDetail, type Obstacle, unknownItem, unknownLocation } from "./obstacle.ts";

/** The reason of what a source that does not own master data says about it: a person takes it or drops it. */
export const NOT_THE_OWNER = "not-the-owner";

/** Whose word counts for a kind of record. */
export function measureOf({ kind }: MasterRecord): OwnedMeasure {
  return kind === "item-cost" ? "valuation" : "item-master";
}

/** Why a statement was not taken, as what stands in its way: what names something unknown waits for it. */
export function masterObstacle(
  { data }: MasterStatement,
  { subject, reason, detail, field }: Extract<MasterOutcome, { readonly outcome: "refused" }>,
): Obstacle {
  if (reason === "unknown-item") {
    const reference = itemReference(data, field);
    if (reference !== undefined) return unknownItem(reference);
  }
  if (reason === "unknown-location" && "location" in data) return unknownLocation(data.location);
  const text = `${subject}: ${detail} Correct the source, or what is known here, then retry; or drop the record.`;
  return { state: "parked", reason, detail: cutDetail(text) };
}

function itemReference(data: MasterRecord, field: string | undefined): Reference | undefined {
  if (field === "kit" && "kit" in data) return data.kit;
  return "item" in data ? data.item : undefined;
}

/** A statement of somebody else than the owner, with what it would change. `about` is what it is about, as one text. */
export function proposal(
  { source, owner, about }: { readonly source: string; readonly owner: string; readonly about: string },
  outcome: Exclude<MasterOutcome, { readonly outcome: "refused" | "unchanged" }>,
): Obstacle {
  const { subject, after } = outcome;
  const before = outcome.outcome === "changed" ? outcome.before : {};
  const changes = Object.entries(after).map(([field, value]) => {
    const was = before[field];
    return was === undefined || was === ""
      ? `${field} "${value}"`
      : `${field} "${value}" instead of "${was}"`;
  });
  const what = `${source} says of ${subject}: ${changes.join(", ")}`;
  const detail = `${what}. ${owner} owns this, so nothing was changed. Accept it, and it counts; or drop it.`;
  return { state: "parked", reason: NOT_THE_OWNER, detail: cutDetail(detail), about };
}
