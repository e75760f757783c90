import type { Ask } from "./happening.ts";
import { type AskOutcome, exactlyThen, sameUnits } from "./outcome.ts";

/** A request that one rule set promises more of than the other. */
export type AskDifference = {
  /** Its place among the requests of the window. */
  readonly ask: number;
  readonly at: string;
  readonly channelId: string;
  readonly orderId?: string;
  readonly correlationId: string;
  readonly lines: readonly {
    readonly lineId: string;
    readonly itemId: string;
    readonly asked: number;
    /** Units promised under the rules that are tried, and under those beside them. */
    readonly promised: number;
    readonly beside: number;
  }[];
};

/** A request that came to something else when it was played under the rules of its time, and why, as far as that can be told. */
export type NotReproduced = {
  readonly ask: number;
  readonly at: string;
  readonly channelId: string;
  readonly correlationId: string;
  /**
   * `other-places`: as many units of each line, from other positions. `other-version`: rules changed at that moment, and another process
   * still decided by those of before. `had-left`: units of it had left before it was asked for. `unexplained`: none of these.
   */
  readonly why: "other-places" | "other-version" | "had-left" | "unexplained";
  /** Units by line and position, then and now. */
  readonly decided: string;
  readonly replayed: string;
};

/** How close to a change of the rules a decision may have been made by those of before. */
const OTHER_VERSION_MS = 2_500;

/** What differs between two rule sets; undefined where both promise the same units of each line. */
export function differenceOf(ask: Ask, tried: AskOutcome, beside: AskOutcome): AskDifference | undefined {
  if (sameUnits(tried, beside)) return undefined;
  const { channelId, orderId } = ask.request;
  const lines = tried.lines.flatMap((line, at) => {
    const other = beside.lines[at]?.promised ?? 0;
    const { lineId, itemId, asked, promised } = line;
    return promised === other ? [] : [{ lineId, itemId, asked, promised, beside: other }];
  });
  return {
    ...named(ask),
    channelId,
    ...(orderId === undefined ? {} : { orderId }),
    lines,
  };
}

const named = ({ ask, at, correlationId }: Ask) => ({
  ask,
  at: new Date(at).toISOString(),
  correlationId,
});

/** Why a request did not come to what it came to then; undefined where it did, to the unit and the position. */
export function notReproduced(
  ask: Ask,
  now: AskOutcome,
  rulesChangedAt: number | undefined,
): NotReproduced | undefined {
  const decided = exactlyThen(ask);
  if (decided === now.exactly) return undefined;
  const { channelId } = ask.request;
  return { ...named(ask), channelId, why: whyNot(ask, now, rulesChangedAt), decided, replayed: now.exactly };
}

function whyNot(ask: Ask, now: AskOutcome, rulesChangedAt: number | undefined): NotReproduced["why"] {
  if (ask.early.length > 0) return "had-left";
  if (ask.bookVersion === undefined && rulesChangedAt !== undefined) {
    if (Math.abs(ask.at - rulesChangedAt) <= OTHER_VERSION_MS) return "other-version";
  }
  const unitsThen = new Map<string, number>();
  for (const { lineId, units } of ask.live) unitsThen.set(lineId, (unitsThen.get(lineId) ?? 0) + units);
  const unitsNow = new Map<string, number>();
  for (const part of now.exactly === "" ? [] : now.exactly.split(", ")) {
    const [lineId = "", , units] = part.split(" ");
    unitsNow.set(lineId, (unitsNow.get(lineId) ?? 0) + Number(units));
  }
  const isSame = [...new Set([...unitsThen.keys(), ...unitsNow.keys()])].every(
    (line) => unitsThen.get(line) === unitsNow.get(line),
  );
  return isSame ? "other-places" : "unexplained";
}
