import type { AdmissionLine } from "../admission-request.ts";
import type { Ask } from "./happening.ts";
import { type AskOutcome, type LineOutcome, wholeUnits } from "./outcome.ts";
import type { HoldEnded, Sandbox } from "./sandbox.ts";

/** What came of a window for one channel, or for all, under one rule set. Units are base units; of kits, kits. */
export type ChannelTally = {
  /** Orders and requests for reservations. */
  readonly asked: number;
  readonly promisedWhole: number;
  readonly promisedPartly: number;
  readonly refused: number;
  readonly lines: number;
  readonly linesPromised: number;
  readonly units: number;
  readonly unitsPromised: number;
  /** Locations beyond the first, of all that was promised; and how much came from more than one. */
  readonly splits: number;
  readonly splitRequests: number;
  /** Holds that ended, were confirmed, or still stood at the end; and for how long they kept their units in all. */
  readonly holds: number;
  readonly heldSeconds: number;
  /** Units that were refused though they lay there: rules kept them for others, for safety or for later. */
  readonly unitsKeptBack: number;
  /** Of those, units that still lay there at the end: nobody else wanted them. */
  readonly unitsStranded: number;
  /** Units that a channel showed beyond what could have been promised to it, times the seconds for which it did. */
  readonly overshownUnitSeconds: number;
  /** Units of firm orders that could not be promised though their channel had been told that they were there. */
  readonly unitsOversold: number;
  readonly ordersOversold: number;
};

type Counts = { -readonly [Key in keyof ChannelTally]: ChannelTally[Key] };

const NOTHING: ChannelTally = {
  asked: 0,
  promisedWhole: 0,
  promisedPartly: 0,
  refused: 0,
  lines: 0,
  linesPromised: 0,
  units: 0,
  unitsPromised: 0,
  splits: 0,
  splitRequests: 0,
  holds: 0,
  heldSeconds: 0,
  unitsKeptBack: 0,
  unitsStranded: 0,
  overshownUnitSeconds: 0,
  unitsOversold: 0,
  ordersOversold: 0,
};

/** The sum of tallies. */
export function sumTallies(tallies: Iterable<ChannelTally>): ChannelTally {
  const sum: Counts = { ...NOTHING };
  for (const each of tallies) {
    sum.asked += each.asked;
    sum.promisedWhole += each.promisedWhole;
    sum.promisedPartly += each.promisedPartly;
    sum.refused += each.refused;
    sum.lines += each.lines;
    sum.linesPromised += each.linesPromised;
    sum.units += each.units;
    sum.unitsPromised += each.unitsPromised;
    sum.splits += each.splits;
    sum.splitRequests += each.splitRequests;
    sum.holds += each.holds;
    sum.heldSeconds += each.heldSeconds;
    sum.unitsKeptBack += each.unitsKeptBack;
    sum.unitsStranded += each.unitsStranded;
    sum.overshownUnitSeconds += each.overshownUnitSeconds;
    sum.unitsOversold += each.unitsOversold;
    sum.ordersOversold += each.ordersOversold;
  }
  return sum;
}

/** Counts what comes of a window. */
export type Tally = {
  /** Counts what a request came to. `told`: the most that an account of its channel shows of an item. */
  asked(ask: Ask, outcome: AskOutcome, told: (itemId: string) => number): void;
  held(ended: HoldEnded): void;
  overshown(channelId: string, unitSeconds: number): void;
  /** By channel, as it stands now. */
  channels(): ReadonlyMap<string, ChannelTally>;
};

/** Opens a tally over a sandbox. */
export function openTally(sandbox: () => Pick<Sandbox, "lying">): Tally {
  const counts = new Map<string, Counts>();
  const keptBack = new Map<string, Map<string, number>>();
  const of = (channelId: string): Counts => {
    const known = counts.get(channelId) ?? { ...NOTHING };
    counts.set(channelId, known);
    return known;
  };
  return {
    asked(ask, outcome, told) {
      const { channelId } = ask.request;
      const count = of(channelId);
      countRequest(count, outcome);
      const short = outcome.lines.flatMap((line, at) => {
        const asked = ask.request.lines[at];
        return line.short > 0 && asked !== undefined ? [{ line, asked }] : [];
      });
      const lying = (item: string) => sandbox().lying(channelId, item);
      for (const { line, asked } of short) {
        const units = unitsKeptBack(line, wholeUnits(asked, lying));
        if (units === 0) continue;
        count.unitsKeptBack += units;
        noteKeptBack(keptBack, channelId, asked, units);
      }
      if (ask.holdMs === undefined)
        countOversold(
          count,
          short.map(({ line }) => line),
          told,
        );
    },
    held({ channelId, heldMs }) {
      const count = of(channelId);
      count.holds += 1;
      count.heldSeconds += heldMs / 1_000;
    },
    overshown(channelId, unitSeconds) {
      of(channelId).overshownUnitSeconds += unitSeconds;
    },
    channels() {
      const all = new Map<string, ChannelTally>();
      for (const [channelId, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        let unitsStranded = 0;
        for (const [item, units] of keptBack.get(channelId) ?? [])
          unitsStranded += Math.min(units, sandbox().lying(channelId, item));
        all.set(channelId, { ...count, unitsStranded });
      }
      return all;
    },
  };
}

function countRequest(count: Counts, { lines, whole, units, locations }: AskOutcome): void {
  count.asked += 1;
  if (whole) count.promisedWhole += 1;
  else if (units > 0) count.promisedPartly += 1;
  else count.refused += 1;
  count.unitsPromised += units;
  for (const { asked, promised } of lines) {
    count.lines += 1;
    count.units += asked;
    if (asked === promised) count.linesPromised += 1;
  }
  if (locations > 1) {
    count.splits += locations - 1;
    count.splitRequests += 1;
  }
}

/** Of the units that a line is short by, those that lay there: what it was offered, and did not get because of others, was not kept back. */
function unitsKeptBack({ asked, promised, short }: LineOutcome, lying: number): number {
  const offered = asked - short - promised;
  return Math.max(0, Math.min(short, lying - offered));
}

function noteKeptBack(
  keptBack: Map<string, Map<string, number>>,
  channelId: string,
  { components }: AdmissionLine,
  units: number,
): void {
  const own = keptBack.get(channelId) ?? new Map<string, number>();
  keptBack.set(channelId, own);
  for (const part of components) own.set(part.itemId, (own.get(part.itemId) ?? 0) + units * part.quantity);
}

function countOversold(count: Counts, short: readonly LineOutcome[], told: (itemId: string) => number): void {
  const units = short.reduce((sum, line) => sum + Math.min(line.short, told(line.itemId)), 0);
  if (units === 0) return;
  count.unitsOversold += units;
  count.ordersOversold += 1;
}
