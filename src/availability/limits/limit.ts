import { type HoldLimitReached, type LineRejection, quantity } from "@crossdock/canonical";
import type { AdmissionLine, Decision } from "../admission-request.ts";

/** What holds of a client, or through a channel, may come to. Absent: not limited. */
export type HoldLimit = {
  /** `client:` or `channel:` and its id. */
  readonly subject: string;
  readonly openHoldsMax?: number | undefined;
  /** Base units of one item, over all its holds. */
  readonly unitsPerItemMax?: number | undefined;
  /** Of what there is of an item for its channel, its own holds included. */
  readonly shareMaxPermille?: number | undefined;
  readonly holdSecondsMax?: number | undefined;
};

/** What subjects hold now: how many holds, and units by item. It grows as requests are decided. */
export type HeldUnits = { holds: number; readonly units: Map<string, number> };
export type Usage = Map<string, HeldUnits>;

/** What a subject holds; nothing, where nothing is known. */
export function usageOf(usage: Usage, subject: string): HeldUnits {
  const known = usage.get(subject) ?? { holds: 0, units: new Map<string, number>() };
  usage.set(subject, known);
  return known;
}

/** Units of each item that a decision promises. */
export function unitsByItem({ promised }: Decision): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const { position, quantity: own } of promised)
    units.set(position.itemId, (units.get(position.itemId) ?? 0) + own);
  return units;
}

type Asked = {
  readonly decision: Decision;
  readonly holdSeconds: number;
  /** Units of an item that there were for the channel before the decision. */
  readonly availableBefore: (item: string) => number;
};

/** The first limit that a decision would pass; undefined where it passes none. Deciding nothing passes none. */
export function limitReached(
  limits: readonly HoldLimit[],
  usage: Usage,
  asked: Asked,
): HoldLimitReached | undefined {
  if (asked.decision.promised.length === 0) return undefined;
  for (const limit of limits) {
    const reached = reachedOf(limit, usageOf(usage, limit.subject), asked);
    if (reached !== undefined) return reached;
  }
  return undefined;
}

function reachedOf(
  limit: HoldLimit,
  held: HeldUnits,
  { decision, holdSeconds, availableBefore }: Asked,
): HoldLimitReached | undefined {
  const { subject, openHoldsMax, unitsPerItemMax, shareMaxPermille, holdSecondsMax } = limit;
  const passes = (kind: HoldLimitReached["kind"], allowed: number | undefined, has: number, more: number) =>
    allowed !== undefined && has + more > allowed
      ? { kind, subject, allowed: quantity(allowed), held: quantity(has), asked: quantity(more) }
      : undefined;
  const whole =
    passes("hold-seconds", holdSecondsMax, 0, holdSeconds) ??
    passes("open-holds", openHoldsMax, held.holds, decision.promised.length);
  if (whole !== undefined) return whole;
  for (const [item, more] of unitsByItem(decision)) {
    const has = held.units.get(item) ?? 0;
    const share =
      shareMaxPermille === undefined
        ? undefined
        : Math.floor(((availableBefore(item) + has) * shareMaxPermille) / 1_000);
    const reached =
      passes("units-per-item", unitsPerItemMax, has, more) ?? passes("share-of-item", share, has, more);
    if (reached !== undefined) return reached;
  }
  return undefined;
}

/** Notes what a decision holds for subjects. */
export function count(limits: readonly HoldLimit[], usage: Usage, decision: Decision): void {
  for (const { subject } of limits) {
    const held = usageOf(usage, subject);
    held.holds += decision.promised.length;
    for (const [item, units] of unitsByItem(decision))
      held.units.set(item, (held.units.get(item) ?? 0) + units);
  }
}

const MEANINGS = {
  "open-holds": "open holds",
  "units-per-item": "units of one item on hold",
  "share-of-item": "units of the item on hold, which is its share of what there is",
  "hold-seconds": "seconds of one hold",
} as const satisfies Record<HoldLimitReached["kind"], string>;

/** The refusal of the lines of a request that would pass a limit. */
export function limitRejections(
  lines: readonly AdmissionLine[],
  limit: HoldLimitReached,
): readonly LineRejection[] {
  const { kind, subject, allowed, held, asked } = limit;
  const message = `${subject} may have ${allowed} ${MEANINGS[kind]}, has ${held} and asks for ${asked} more; allocate or release holds, or ask for less.`;
  return lines.map(({ lineId, itemId }) => ({ lineId, itemId, reason: "hold-limit", limit, message }));
}
