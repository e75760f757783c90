import type { ItemId, Quantity } from "@crossdock/canonical";
import type { PublicationAnswer, PublicationOutcome, PublicationRow } from "@crossdock/connector-kit";
import { type AdminAnswer, type Bucket, DENIED_WAIT_MS, waitMs } from "./admin.ts";
import { type Level, readActivation, readLevels, readSetErrors, type SetError } from "./answers.ts";

/** Rows of one `inventorySetQuantities` or `nodes` call: the API takes 250 elements in any list of an input. */
export const ROWS_PER_CALL = 250;
/** Calls that one publication may take: to read, set, look again and set the rest, and to stock some thirty items. */
const CALLS_MAX = 40;
/** How often one call is sent under its key before we look at its effect instead. */
const SENDS_MAX = 2;
/** The vendor's ceiling, `INVALID_QUANTITY_TOO_HIGH`. */
const AVAILABLE_MAX = 1_000_000_000;
/** Cost points of a mutation, and of reading one row (item, level, quantity). The true cost is known only after a call. */
const MUTATION_COST = 10;
const ROW_READ_COST = 3;
/** Wait when a call is still being worked on, or did not reach the shop. */
const SOON_MS = 1_000;

const LISTING = /^gid:\/\/shopify\/InventoryItem\/\d{1,20}$/;

/** A row on its way. `activation` is why stocking the item failed. */
type Row = {
  readonly itemId: ItemId;
  readonly listing: string;
  readonly quantity: Quantity;
  readonly activation?: string;
};

/** A row with the number that it replaces. Only such a row can be set, so none is ever set blindly. */
type SeenRow = Row & { readonly from: number };

/**
 * A row that Shopify called stale: by its index, or only as one of its call. `sentBefore` when an earlier send of the same
 * call may have had its effect, so that what looks like another's number may be ours.
 */
type Suspect = { readonly row: SeenRow; readonly named: boolean; readonly sentBefore: boolean };

/**
 * Where a publication stands. Every row is in exactly one of the lists until it has its outcome:
 * `unseen` must be read first, `ready` can be set, `doubtful` was sent with unknown effect, `suspect` was called stale,
 * `unstocked` has to be stocked at the location.
 */
export type Publication = {
  readonly outcomes: readonly PublicationOutcome[];
  readonly unseen: readonly Row[];
  readonly ready: readonly SeenRow[];
  readonly suspect: readonly Suspect[];
  readonly unstocked: readonly Row[];
  readonly doubtful:
    | { readonly rows: readonly SeenRow[]; readonly key: string; readonly sends: number }
    | undefined;
  readonly bucket: Bucket | undefined;
  readonly callsLeft: number;
  readonly waitMs: number;
  /** Why nothing more is sent; what is left becomes `retry`. */
  readonly halted: string | undefined;
};

/** The next call to make. A step without a key is a new request and needs a new one. */
export type Step =
  | { readonly do: "set"; readonly rows: readonly SeenRow[]; readonly key: string | undefined }
  | { readonly do: "read"; readonly of: "unseen" | "suspect" | "doubtful"; readonly rows: readonly Row[] }
  | { readonly do: "activate"; readonly row: Row }
  | StopStep;
type StopStep = { readonly do: "stop"; readonly reason?: string; readonly waitMs?: number };
export type CallStep = Exclude<Step, StopStep>;

/** Starts a publication: what cannot be sent at all is refused here, row by row. */
export function beginPublication(rows: readonly PublicationRow[]): Publication {
  const outcomes: PublicationOutcome[] = [];
  const unseen: Row[] = [];
  const ready: SeenRow[] = [];
  const seen = new Set<string>();
  for (const { itemId, listing, quantity, believed } of rows) {
    const reason = refusalOf(listing, quantity, seen);
    if (reason !== undefined) outcomes.push({ itemId, result: "refused", reason });
    else if (believed === undefined) unseen.push({ itemId, listing, quantity });
    else ready.push({ itemId, listing, quantity, from: believed });
    seen.add(listing);
  }
  return {
    outcomes,
    unseen,
    ready,
    suspect: [],
    unstocked: [],
    doubtful: undefined,
    bucket: undefined,
    callsLeft: CALLS_MAX,
    waitMs: 0,
    halted: undefined,
  };
}

function refusalOf(listing: string, quantity: Quantity, seen: ReadonlySet<string>): string | undefined {
  if (!LISTING.test(listing)) {
    return `${JSON.stringify(listing)} is not an inventory item: expected gid://shopify/InventoryItem/<number>`;
  }
  if (seen.has(listing)) return `${listing} is in this publication twice; one item must own the listing`;
  if (quantity > AVAILABLE_MAX) return `Shopify shows at most ${AVAILABLE_MAX} of an item`;
  return undefined;
}

/**
 * What to do next. Doubt comes first, because a row must not be sent under a new key before we know what became of the
 * old one; setting comes last, so that the largest call carries everything that is known by then.
 */
export function nextStep(state: Publication, costReserve: number): Step {
  const step = wantedStep(state);
  if (step.do === "stop") return step;
  if (state.callsLeft <= 0) return { do: "stop", reason: `more than ${CALLS_MAX} calls`, waitMs: 0 };
  const points = costOf(step) + costReserve;
  const wait = state.bucket === undefined ? 0 : waitMs(state.bucket, points);
  return wait === 0 ? step : { do: "stop", reason: "the shop's cost budget is used up", waitMs: wait };
}

function wantedStep(state: Publication): Step {
  if (state.halted !== undefined) return { do: "stop" };
  const { doubtful, unstocked } = state;
  if (doubtful !== undefined) {
    return doubtful.sends < SENDS_MAX
      ? { do: "set", rows: doubtful.rows, key: doubtful.key }
      : { do: "read", of: "doubtful", rows: doubtful.rows };
  }
  if (state.suspect.length > 0) {
    return { do: "read", of: "suspect", rows: state.suspect.slice(0, ROWS_PER_CALL).map(({ row }) => row) };
  }
  if (state.unseen.length > 0)
    return { do: "read", of: "unseen", rows: state.unseen.slice(0, ROWS_PER_CALL) };
  if (unstocked[0] !== undefined) return { do: "activate", row: unstocked[0] };
  if (state.ready.length > 0) return { do: "set", rows: state.ready.slice(0, ROWS_PER_CALL), key: undefined };
  return { do: "stop" };
}

function costOf(step: Step): number {
  return step.do === "read" ? step.rows.length * ROW_READ_COST : MUTATION_COST;
}

/** The state after a call. `key` is the one that the call carried. */
export function afterCall(state: Publication, step: CallStep, answer: AdminAnswer, key: string): Publication {
  const bucket = "bucket" in answer ? (answer.bucket ?? state.bucket) : state.bucket;
  const next = { ...state, bucket, callsLeft: state.callsLeft - 1 };
  switch (step.do) {
    case "set":
      return afterSet(next, step.rows, answer, key);
    case "read":
      return afterRead(next, step, answer);
    case "activate":
      return afterActivate(next, step.row, answer);
    default:
      return step satisfies never;
  }
}

/** Stops the publication: what has no outcome yet is to be tried again. */
function halt(state: Publication, answer: Exclude<AdminAnswer, { is: "data" }>): Publication {
  switch (answer.is) {
    case "throttled":
      return { ...state, halted: "Shopify throttles us", waitMs: answer.afterMs };
    case "unsent":
    case "unknown":
      return { ...state, halted: answer.reason, waitMs: SOON_MS };
    case "denied":
    case "refused":
      return { ...state, halted: answer.reason, waitMs: DENIED_WAIT_MS };
    default:
      return answer satisfies never;
  }
}

function withOutcomes(state: Publication, outcomes: readonly PublicationOutcome[]): Publication {
  return { ...state, outcomes: [...state.outcomes, ...outcomes] };
}

const published = ({ itemId, quantity }: Row): PublicationOutcome => ({
  itemId,
  result: "published",
  quantity,
});
const refused = ({ itemId }: Row, reason: string): PublicationOutcome => ({
  itemId,
  result: "refused",
  reason,
});
const retry = ({ itemId }: Row, reason: string): PublicationOutcome => ({ itemId, result: "retry", reason });

function without<Value>(list: readonly Value[], gone: readonly Value[]): readonly Value[] {
  const set = new Set(gone);
  return list.filter((value) => !set.has(value));
}

function afterSet(
  state: Publication,
  rows: readonly SeenRow[],
  answer: AdminAnswer,
  key: string,
): Publication {
  const sends = (state.doubtful?.sends ?? 0) + 1;
  const sent = { ...state, ready: without(state.ready, rows), doubtful: undefined };
  const inDoubt = { ...sent, doubtful: { rows, key, sends } };
  switch (answer.is) {
    case "data": {
      const errors = readSetErrors(answer.data);
      return errors === undefined ? inDoubt : settleErrors(sent, { rows, errors, key, sends });
    }
    case "unknown":
      return inDoubt;
    case "refused":
      return withOutcomes(
        sent,
        rows.map((row) => refused(row, answer.reason)),
      );
    default:
      return halt({ ...sent, ready: [...rows, ...sent.ready] }, answer);
  }
}

/** Nothing of a call with an error was applied: the rows at fault are set aside, and the others go again under a new key. */
function settleErrors(
  state: Publication,
  call: {
    readonly rows: readonly SeenRow[];
    readonly errors: readonly SetError[];
    readonly key: string;
    readonly sends: number;
  },
): Publication {
  const { rows, errors, key } = call;
  const sentBefore = call.sends > 1;
  if (errors.length === 0) return withOutcomes(state, rows.map(published));
  const has = (...codes: string[]) => errors.find(({ code }) => code !== undefined && codes.includes(code));
  if (has("IDEMPOTENCY_CONCURRENT_REQUEST")) return { ...state, doubtful: { rows, key, sends: SENDS_MAX } };
  if (has("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")) return { ...state, ready: [...rows, ...state.ready] };
  const general = errors.find(({ index }) => index === undefined || rows[index] === undefined);
  if (general !== undefined) {
    return isAboutLevels(general)
      ? { ...state, suspect: [...state.suspect, ...rows.map((row) => ({ row, named: false, sentBefore }))] }
      : withOutcomes(
          state,
          rows.map((row) => refused(row, errorText(general))),
        );
  }
  return rows.reduce<Publication>((after, row, index) => {
    const error = errors.find((candidate) => candidate.index === index);
    return settleRow(after, { row, named: true, sentBefore }, error);
  }, state);
}

function settleRow(state: Publication, suspect: Suspect, error: SetError | undefined): Publication {
  const { row } = suspect;
  if (error === undefined) return { ...state, ready: [...state.ready, row] };
  if (isStale(error)) return { ...state, suspect: [...state.suspect, suspect] };
  if (isUnstocked(error) && row.activation === undefined) {
    return { ...state, unstocked: [...state.unstocked, row] };
  }
  return withOutcomes(state, [refused(row, errorText(error))]);
}

const isStale = ({ code }: SetError) =>
  code === "CHANGE_FROM_QUANTITY_STALE" || code === "COMPARE_QUANTITY_STALE";
// The code exists up to 2026-07; from 2026-10 on, quantities can be set at any location.
const isUnstocked = ({ code }: SetError) => code === "ITEM_NOT_STOCKED_AT_LOCATION";
const isAboutLevels = (error: SetError) => isStale(error) || isUnstocked(error);
const errorText = ({ code, message }: SetError) => (code === undefined ? message : `${code}: ${message}`);

type ReadStep = Extract<Step, { do: "read" }>;

function afterRead(state: Publication, step: ReadStep, answer: AdminAnswer): Publication {
  const levels = answer.is === "data" ? readLevels(answer.data) : undefined;
  if (levels === undefined) {
    return halt(
      state,
      answer.is === "data" ? { is: "unknown", reason: "levels are missing in the answer" } : answer,
    );
  }
  const shown = (row: Row): Level => levels.get(row.listing) ?? { known: false };
  switch (step.of) {
    case "doubtful":
      return step.rows.reduce<Publication>((after, row) => settleDoubtful(after, row, shown(row)), {
        ...state,
        doubtful: undefined,
      });
    case "suspect": {
      const now = state.suspect.slice(0, step.rows.length);
      const rest = { ...state, suspect: state.suspect.slice(step.rows.length) };
      return now.reduce<Publication>(
        (after, suspect) => settleSuspect(after, suspect, shown(suspect.row)),
        rest,
      );
    }
    case "unseen": {
      const rest = { ...state, unseen: state.unseen.slice(step.rows.length) };
      return step.rows.reduce<Publication>((after, row) => settleUnseen(after, row, shown(row)), rest);
    }
    default:
      return step.of satisfies never;
  }
}

function settleDoubtful(state: Publication, row: Row, level: Level): Publication {
  if ("shows" in level && level.shows === row.quantity) return withOutcomes(state, [published(row)]);
  const outcome = retry(row, "sent with unknown effect, and the shop does not show it yet");
  return { ...withOutcomes(state, [outcome]), waitMs: Math.max(state.waitMs, SOON_MS) };
}

function settleSuspect(state: Publication, suspect: Suspect, level: Level): Publication {
  const { row, named, sentBefore } = suspect;
  if (!("shows" in level)) return settleUnseen(state, row, level);
  if (sentBefore && level.shows === row.quantity) return withOutcomes(state, [published(row)]);
  // Where Shopify did not say which row, one that still shows what we believed was not at fault.
  if (!named && level.shows === row.from) return { ...state, ready: [...state.ready, row] };
  return withOutcomes(state, [{ itemId: row.itemId, result: "stale", shows: level.shows }]);
}

function settleUnseen(state: Publication, row: Row, level: Level): Publication {
  if (!level.known) return withOutcomes(state, [refused(row, `the shop has no ${row.listing}`)]);
  if (!("shows" in level)) {
    return row.activation === undefined
      ? { ...state, unstocked: [...state.unstocked, row] }
      : withOutcomes(state, [refused(row, row.activation)]);
  }
  if (level.shows === row.quantity) return withOutcomes(state, [published(row)]);
  return { ...state, ready: [...state.ready, { ...row, from: level.shows }] };
}

function afterActivate(state: Publication, row: Row, answer: AdminAnswer): Publication {
  const rest = { ...state, unstocked: without(state.unstocked, [row]) };
  if (answer.is === "refused") return withOutcomes(rest, [refused(row, answer.reason)]);
  if (answer.is !== "data") return halt(state, answer);
  const failure = readActivation(answer.data);
  if (failure === undefined) return withOutcomes(rest, [published(row)]);
  // Somebody may have stocked it in the meantime, so look once more before giving up.
  const activation = `not stocked at the location, and Shopify would not stock it: ${failure}. Stock it in the shop's admin`;
  return { ...rest, unseen: [...rest.unseen, { ...row, activation }] };
}

/** The answer to the product: every row has its outcome, and the next call waits until the bucket can pay for it. */
export function publicationAnswer(
  state: Publication,
  stop: StopStep,
  costReserve: number,
): PublicationAnswer {
  const left = [
    ...(state.doubtful?.rows ?? []),
    ...state.suspect.map(({ row }) => row),
    ...state.unseen,
    ...state.unstocked,
    ...state.ready,
  ];
  const outcomes = [
    ...state.outcomes,
    ...left.map((row) => retry(row, state.halted ?? stop.reason ?? "not sent")),
  ];
  const refill = state.bucket === undefined ? 0 : waitMs(state.bucket, MUTATION_COST + costReserve);
  const nextCallAfterMs = Math.max(state.waitMs, stop.waitMs ?? 0, refill);
  return nextCallAfterMs === 0 ? { outcomes } : { outcomes, nextCallAfterMs };
}
