import type { NumberedFact } from "../../backbone/index.ts";
import type { ResolvedItem } from "../../governance/index.ts";
import type { Metrics, Wakeup } from "../../platform/index.ts";
import { createBatcher } from "../batcher-service.ts";
import { componentsOf } from "../request.ts";
import { BOOK_TOPIC } from "../rules/memory-service.ts";
import { createStockMemory, type Moments, type Remembered } from "./remembered.ts";
import {
  FORGETTING_TYPES,
  forgottenItems,
  type Round,
  type RoundDeps,
  readRound,
  type Seen,
} from "./round-service.ts";
import type { View } from "./view.ts";

export type { View } from "./view.ts";

/** How old an answer may be: what other processes have committed since is not in it. What this one has committed always is. */
export const VIEW_AGE_MS_MAX = 100;
/** From this age on a new round is made beside the questions, so that none of them waits for it. */
export const VIEW_REFRESHED_AFTER_MS = 50;
/** Questions that share a round at most, and the items that it reads: those about many wait their turn, because a round holds the others up. */
const ROUND_QUESTIONS_MAX = 256;
const ROUND_ITEMS_MAX = 600;
/** Questions that may wait before callers are told to come back. */
const WAITING_MAX = 20_000;
/** Items of which it is remembered what they are, or that there are none. */
const ITEMS_MAX = 200_000;
/** Own facts that the next round need not read; those beyond it are read. */
const OWN_MAX = 5_000;
/** Bytes of remembered stock unless the configuration says otherwise. */
export const MEMORY_BYTES_DEFAULT = 128 * 1024 * 1024;

export type ViewDeps = Omit<RoundDeps, "factLog" | "governance" | "stopwatch"> & {
  /** Milliseconds from an arbitrary start; absent: the process's own. */
  readonly stopwatch?: () => number;
  readonly factLog: RoundDeps["factLog"] & {
    onAppended(listener: (facts: readonly NumberedFact[]) => void): void;
  };
  readonly governance: RoundDeps["governance"] & { onSaved(listener: () => void): void };
  readonly wakeup: Pick<Wakeup, "listen">;
  readonly metrics: Metrics;
  /** Bytes of stock that are remembered at most; none: every question reads rows. */
  readonly bytesMax?: number | undefined;
};

/** What figures are made of, from memory where it still is what a snapshot would give. */
export type Views = {
  /**
   * What the figures of items are made of, all of one moment: the newest that this process has seen, at most `VIEW_AGE_MS_MAX` ago and
   * never before an own commit; `fresh`: after this question. Items that do not exist are left out. Views never go back in time.
   */
  view(itemIds: readonly string[], options?: { readonly fresh?: boolean | undefined }): View | Promise<View>;
  /** The same where it is remembered; undefined where somebody would have to wait for it. */
  recall(itemIds: readonly string[]): View | undefined;
};

/** What was heard while a round was under way, whose snapshot may have been taken before or after it. */
type Heard = { readonly items: Set<string>; isMasterOther: boolean; isBookOther: boolean };

type Desk = {
  readonly deps: RoundDeps;
  readonly stock: ReturnType<typeof createStockMemory>;
  readonly items: Map<string, ResolvedItem | undefined>;
  /** Numbers of own facts whose items have been forgotten since the last round began. */
  own: number[];
  last: Seen | undefined;
  isBookOther: boolean;
  underWay: Heard | undefined;
};

const forgetting: ReadonlySet<string> = new Set(FORGETTING_TYPES);

/** Forgets what facts of this process have touched, before their caller goes on. */
function hear(desk: Desk, facts: readonly NumberedFact[]): void {
  if (desk.last === undefined && desk.underWay === undefined) return;
  for (const fact of facts) {
    if (!forgetting.has(fact.type)) continue;
    if (desk.own.length < OWN_MAX) desk.own.push(fact.number);
    for (const id of forgottenItems(fact)) {
      desk.stock.forget(id);
      desk.underWay?.items.add(id);
    }
    if (fact.type === "RuleBookActivated") hearOfRules(desk);
  }
}

function hearOfRules(desk: Desk): void {
  desk.isBookOther = true;
  if (desk.underWay !== undefined) desk.underWay.isBookOther = true;
}

function hearOfMaster(desk: Desk): void {
  desk.items.clear();
  desk.stock.forgetLots();
  if (desk.underWay !== undefined) desk.underWay.isMasterOther = true;
}

/** What is remembered of items and of the stock that they are made of. */
function recalled({ stock, items }: Desk, itemIds: Iterable<string>, moments: Moments) {
  const found = { items: new Map<string, ResolvedItem | undefined>(), stock: new Map<string, Remembered>() };
  let isWhole = true;
  for (const id of itemIds) {
    const item = items.get(id);
    if (item === undefined && !items.has(id)) {
      isWhole = false;
      // Most likely it is no kit, and its stock may be known.
      const remembered = stock.recall(id, moments);
      if (remembered !== undefined) found.stock.set(id, remembered);
      continue;
    }
    found.items.set(id, item);
    for (const part of item === undefined ? [] : componentsOf(item)) {
      const remembered = stock.recall(part.itemId, moments);
      if (remembered === undefined) isWhole = false;
      else found.stock.set(part.itemId, remembered);
    }
  }
  return { ...found, isWhole };
}

const momentsOf = ({ deps }: Desk): Moments => ({
  nowMs: deps.clock.now().getTime(),
  stopwatchMs: deps.stopwatch(),
});

/** How old the last round is, by whichever clock says more. One that has gone back says nothing, and so does one of before a rule's end. */
function ageMs({ last }: Desk, { nowMs, stopwatchMs }: Moments): number {
  if (last === undefined || nowMs < last.asOf.getTime()) return Number.POSITIVE_INFINITY;
  if (nowMs >= last.book.validUntil) return Number.POSITIVE_INFINITY;
  return Math.max(nowMs - last.asOf.getTime(), stopwatchMs - last.stopwatchMs);
}

/** Takes over what a round has read, but for what was heard meanwhile. */
function keep(desk: Desk, { seen, touched, items, stock }: Round, heard: Heard): void {
  const { last } = desk;
  if (touched === "all") desk.stock.forgetAll();
  else for (const id of touched) desk.stock.forget(id);
  if (last?.lastChange !== seen.lastChange) desk.stock.forgetLots();
  if (last?.lastChange !== seen.lastChange || desk.items.size > ITEMS_MAX) desk.items.clear();
  if (!heard.isMasterOther) for (const [id, item] of items) desk.items.set(id, item);
  for (const [id, remembered] of stock) {
    const isOther = heard.items.has(id) || (heard.isMasterOther && remembered.hasLots);
    if (remembered.readMs === seen.stopwatchMs && !isOther) desk.stock.put(remembered);
  }
  desk.isBookOther = heard.isBookOther;
  desk.last = seen;
}

/** Makes a round for questions that wait. One at a time, so that each is of a later moment than the one before. */
async function makeRound(desk: Desk, questions: readonly (readonly string[])[]): Promise<Round> {
  const heard: Heard = { items: new Set(), isMasterOther: false, isBookOther: false };
  const itemIds = new Set(questions.flat());
  const known = recalled(desk, itemIds, momentsOf(desk));
  const except = desk.own.slice();
  desk.underWay = heard;
  try {
    const round = await readRound(desk.deps, desk.last, { ...known, itemIds, except });
    keep(desk, round, heard);
    desk.own = desk.own.slice(except.length);
    return round;
  } finally {
    desk.underWay = undefined;
  }
}

/** How many of the questions that wait need few enough items to be read to share a round. What is remembered costs it nothing. */
function shared(desk: Desk, questions: readonly (readonly string[])[]): number {
  const [moments, unread] = [momentsOf(desk), new Set<string>()];
  const first = questions.findIndex((question) => {
    if (recalled(desk, question, moments).isWhole) return false;
    for (const id of question) if (!recalled(desk, [id], moments).isWhole) unread.add(id);
    return unread.size > ROUND_ITEMS_MAX;
  });
  return first < 0 ? questions.length : first;
}

function viewOf(
  { stock }: Desk,
  { book, asOf, asOfText }: Seen,
  { itemIds, ...read }: Pick<Round, "items" | "stock"> & { readonly itemIds: readonly string[] },
): View {
  const items = new Set<ResolvedItem>();
  for (const id of itemIds) {
    const item = read.items.get(id);
    if (item !== undefined) items.add(item);
  }
  return { book, asOf, asOfText, items: [...items], stock: read.stock, grew: stock.grew };
}

/** Opens the memory. Nothing is read until somebody asks, and nothing is asked for while nobody does. */
export function createViews(options: ViewDeps): Views {
  const { factLog, governance, wakeup } = options;
  const stock = createStockMemory(options.bytesMax ?? MEMORY_BYTES_DEFAULT);
  const desk: Desk = {
    deps: { ...options, stopwatch: options.stopwatch ?? (() => performance.now()) },
    ...{ stock, items: new Map(), own: [], last: undefined, isBookOther: false, underWay: undefined },
  };
  factLog.onAppended((facts) => hear(desk, facts));
  governance.onSaved(() => hearOfMaster(desk));
  wakeup.listen(BOOK_TOPIC, () => hearOfRules(desk));
  const counted = observe(options.metrics, desk);
  const rounds = createBatcher<readonly string[], Round>({
    what: "questions",
    batchMax: ROUND_QUESTIONS_MAX,
    batchOf: (questions) => shared(desk, questions),
    parallel: 1,
    patienceMs: 0,
    waitingMax: WAITING_MAX,
    async run(questions) {
      const ended = counted.round();
      const round = await makeRound(desk, questions);
      ended();
      return questions.map(() => ({ status: "fulfilled", value: round }));
    },
  });
  let isRefreshing = false;

  function refresh(): void {
    if (isRefreshing) return;
    isRefreshing = true;
    const done = () => {
      isRefreshing = false;
    };
    // A failure is met again by whoever has to wait.
    rounds.submit([]).then(done, done);
  }

  function recall(itemIds: readonly string[]): View | undefined {
    const { last } = desk;
    const moments = momentsOf(desk);
    const age = ageMs(desk, moments);
    if (last === undefined || desk.isBookOther || age > VIEW_AGE_MS_MAX) return undefined;
    const found = recalled(desk, itemIds, moments);
    if (!found.isWhole) return undefined;
    if (age > VIEW_REFRESHED_AFTER_MS) refresh();
    counted.remembered();
    return viewOf(desk, last, { ...found, itemIds });
  }

  return {
    recall,
    view(itemIds, { fresh = false } = {}) {
      const view = fresh ? undefined : recall(itemIds);
      if (view !== undefined) return view;
      counted.waited();
      return rounds.submit(itemIds).then((round) => viewOf(desk, round.seen, { ...round, itemIds }));
    },
  };
}

function observe(metrics: Metrics, desk: Desk) {
  const questions = metrics.counter({
    name: "availability_questions_total",
    help: "Questions what may be promised, by what they were answered from: memory, or rows that were read for them.",
    labels: ["from"],
  });
  const seconds = metrics.histogram({
    name: "availability_round_seconds",
    help: "Rounds that asked what has changed, and read what was asked for and not remembered.",
  });
  metrics.gauge(
    { name: "availability_remembered_items", help: "Items of which the stock is remembered." },
    () => desk.stock.size().items,
  );
  metrics.gauge(
    { name: "availability_remembered_bytes", help: "About how many bytes the remembered stock takes." },
    () => desk.stock.size().bytes,
  );
  metrics.gauge(
    {
      name: "availability_view_age_seconds",
      help: "How long ago the newest round was; grows while nobody asks, and no answer is older than 0.1.",
    },
    () => (desk.last === undefined ? 0 : (desk.deps.stopwatch() - desk.last.stopwatchMs) / 1_000),
  );
  return {
    remembered: () => questions.add({ from: "memory" }),
    waited: () => questions.add({ from: "rows" }),
    round: () => seconds.time(),
  };
}
