import { setImmediate as nextTurn, setTimeout as rest } from "node:timers/promises";
import type { RecordedWindow } from "../../ledger/index.ts";
import type { Transaction } from "../../platform/index.ts";
import { selectFirstAsked } from "../asked-store.ts";
import { booksOf, type NoRules } from "./books-service.ts";
import { type AskDifference, differenceOf, type NotReproduced, notReproduced } from "./comparison.ts";
import type { Ask, Happening } from "./happening.ts";
import { type HistoryDeps, openPast } from "./history-service.ts";
import { type RuleSet, ruleSetText } from "./rule-set.ts";
import { type Books, openStage, type Stage } from "./stage.ts";
import { type ChannelTally, sumTallies } from "./tally.ts";

/** A window to be played under two rule sets. */
export type ReplayAsked = {
  readonly window: RecordedWindow;
  readonly rules: RuleSet;
  readonly beside: RuleSet;
};

/** What came of a window under one rule set. */
export type PlayedRules = {
  readonly rules: string;
  readonly all: ChannelTally;
  readonly channels: readonly (ChannelTally & { readonly channelId: string })[];
};

/** What a replay came to. The same window and the same rules always come to the same. */
export type ReplayResult = {
  readonly from: string;
  readonly to: string;
  /** Requests that were decided anew, and those that were left out, because a limit of holds applied, which is no rule of the book. */
  readonly asked: number;
  readonly leftOut: number;
  readonly transfers: number;
  readonly tried: PlayedRules;
  readonly beside: PlayedRules;
  /** Requests of which one rule set promises more than the other. */
  readonly differing: number;
  /**
   * How far the rules of the time come to what was decided then, to the unit and the position; absent where they are not among the two.
   * `whys`: how many did not, by reason.
   */
  readonly reproduced?: {
    readonly exactly: number;
    readonly not: number;
    readonly whys: Readonly<Record<string, number>>;
    readonly samples: readonly NotReproduced[];
  };
  /** Since when everything that is asked for is kept; absent: nothing is. What was refused before it is not known, and not played. */
  readonly askedKeptSince?: string;
  /** Positions of which it is a guess whose units were set aside at the beginning. */
  readonly unclearFences: number;
};

/** Requests that did not come to what they came to then which a result names: enough to look into, and not more than a page. */
const SAMPLES_MAX = 100;
/** Work in one go before others get their turn: far less than anybody notices. */
const SLICE_MS = 5;

export type ReplayOptions = {
  /** Rest after each slice of work, so that it takes a share of one processor and no more; 0: none, where nobody else is to be served. */
  readonly restMs: number;
  readonly signal: AbortSignal;
  /** Is told how many transfers have been played. */
  progress(transfers: number): Promise<void> | void;
  /** Is told of each request that differs. */
  differs(difference: AskDifference): void;
};

/** Plays a window under two rule sets, side by side. Writes nothing anywhere. Throws the signal's reason when it is aborted. */
export function replay(
  deps: HistoryDeps,
  asked: ReplayAsked,
  options: ReplayOptions,
): Promise<ReplayResult | NoRules> {
  return deps.database.transaction((tx) => replayWithin(deps, tx, asked, options), {
    isolation: "repeatable read",
    readOnly: true,
  });
}

async function replayWithin(
  deps: HistoryDeps,
  tx: Transaction,
  { window, rules, beside }: ReplayAsked,
  options: ReplayOptions,
): Promise<ReplayResult | NoRules> {
  const books: Books[] = [];
  for (const set of [rules, beside]) {
    const found = await booksOf(deps.governance, tx, set, window);
    if ("refused" in found) return found;
    books.push(found);
  }
  const [triedBooks, besideBooks] = books;
  if (triedBooks === undefined || besideBooks === undefined) throw new Error("a replay needs two rule sets");
  const askedKeptSince = await selectFirstAsked(tx);
  const past = await openPast(deps, tx, window);
  const desk = openDesk(
    { tried: openStage(past.start, triedBooks), beside: openStage(past.start, besideBooks) },
    books,
    options,
  );
  const turn = takingTurns(options);
  let transfers = 0;
  for await (const page of past.happenings()) {
    for (const happening of page.happenings) {
      desk.play(happening);
      if (turn.isOver()) await turn.next();
    }
    transfers += page.transfers;
    await options.progress(transfers);
  }
  const { asked, leftOut, differing, reproduced, ...played } = desk.end(window.to.getTime());
  return {
    from: window.from.toISOString(),
    to: window.to.toISOString(),
    ...{ asked, leftOut, transfers },
    tried: toPlayed(rules, played.tried),
    beside: toPlayed(beside, played.beside),
    differing,
    ...(reproduced === undefined ? {} : { reproduced }),
    ...(askedKeptSince === undefined ? {} : { askedKeptSince: askedKeptSince.toISOString() }),
    unclearFences: past.unclearFences,
  };
}

function toPlayed(rules: RuleSet, channels: ReadonlyMap<string, ChannelTally>): PlayedRules {
  return {
    rules: ruleSetText(rules),
    all: sumTallies(channels.values()),
    channels: [...channels].map(([channelId, tally]) => ({ channelId, ...tally })),
  };
}

/** Work in slices, with a rest in between, until it is to stop. */
function takingTurns({ restMs, signal }: ReplayOptions) {
  let endsAt = performance.now() + SLICE_MS;
  return {
    isOver: () => performance.now() >= endsAt,
    async next(): Promise<void> {
      signal.throwIfAborted();
      await (restMs > 0 ? rest(restMs) : nextTurn());
      endsAt = performance.now() + SLICE_MS;
    },
  };
}

type Stages = { readonly tried: Stage; readonly beside: Stage };

/** Lets each thing happen on both stages, and holds what comes of it against each other. */
function openDesk(stages: Stages, books: readonly Books[], { differs }: Pick<ReplayOptions, "differs">) {
  const asItWas = books.findIndex(({ is }) => is === "as-it-was");
  const samples: NotReproduced[] = [];
  const whys: Record<string, number> = {};
  let [asked, leftOut, differing, exactly] = [0, 0, 0, 0];
  let rulesChangedAt: number | undefined;

  function decide(ask: Ask): void {
    if (ask.isLimited) {
      leftOut += 1;
      return;
    }
    asked += 1;
    const outcomes = [stages.tried.ask(ask), stages.beside.ask(ask)] as const;
    const difference = differenceOf(ask, ...outcomes);
    if (difference !== undefined) {
      differing += 1;
      differs(difference);
    }
    const then = outcomes[asItWas];
    if (then === undefined) return;
    const not = notReproduced(ask, then, rulesChangedAt);
    if (not === undefined) exactly += 1;
    else {
      whys[not.why] = (whys[not.why] ?? 0) + 1;
      if (samples.length < SAMPLES_MAX) samples.push(not);
    }
  }

  return {
    play(happening: Happening): void {
      if (happening.kind === "asked") {
        decide(happening.ask);
        return;
      }
      if (happening.kind === "rules") rulesChangedAt = happening.at;
      stages.tried.play(happening);
      stages.beside.play(happening);
    },
    end(at: number) {
      const not = Object.values(whys).reduce((sum, count) => sum + count, 0);
      return {
        ...{ asked, leftOut, differing },
        ...{ tried: stages.tried.end(at), beside: stages.beside.end(at) },
        reproduced: asItWas < 0 ? undefined : { exactly, not, whys, samples },
      };
    },
  };
}
