import type { DueKind } from "@crossdock/canonical";

/** How much counts of what is overdue by so many days or more. */
export type DecayStep = { readonly fromDays: number; readonly permille: number };

/** How far what is to come is believed. */
export type SupplyPolicy = {
  /** Of a thousand units that are due, so many count. */
  readonly confidencePermille: number;
  /** What is overdue is thought to come so many hours from now. */
  readonly overdueWaitHours: number;
  /** In the order of their days. Before the first, all that the confidence leaves counts. */
  readonly decay: readonly DecayStep[];
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What holds where nobody has said anything else. What is late comes another day, or not at all: half of it counts from the first day on,
 * and nothing after a week. What a customer will send back is believed by half.
 */
const USUAL: SupplyPolicy = {
  confidencePermille: 1_000,
  overdueWaitHours: 24,
  decay: [
    { fromDays: 0, permille: 500 },
    { fromDays: 7, permille: 0 },
  ],
};
export const USUAL_POLICIES: { readonly [Kind in DueKind]: SupplyPolicy } = {
  "purchase-order": USUAL,
  transfer: USUAL,
  "in-transit": USUAL,
  production: USUAL,
  return: { ...USUAL, confidencePermille: 500 },
};

/** What was cancelled here counts for nothing, whatever its source says. */
export const CANCELLED: SupplyPolicy = { confidencePermille: 0, overdueWaitHours: 24, decay: [] };

/** How something that is to come counts. */
export type Weight = {
  /** From when on; undefined: nobody has said when, so it does not. */
  readonly dueAt: number | undefined;
  /** Whole days since it was due; undefined: it is not overdue. */
  readonly overdueDays: number | undefined;
  readonly permille: number;
  /** Whole units. */
  readonly counted: number;
};

/** What is still open of something, when it arrives, and when what arrives at a moment can be sold; undefined: nobody has said. */
export type Arriving = {
  readonly open: number;
  readonly expectedAt: number | undefined;
  readyAfter(arrivesAt: number): number | undefined;
};

/** Weighs what is still open of something that is expected. */
export function weigh(
  { open, expectedAt, readyAfter }: Arriving,
  { confidencePermille, overdueWaitHours, decay }: SupplyPolicy,
  now: number,
): Weight {
  if (expectedAt === undefined) return { dueAt: undefined, overdueDays: undefined, permille: 0, counted: 0 };
  const isOverdue = expectedAt < now;
  const overdueDays = isOverdue ? Math.floor((now - expectedAt) / DAY_MS) : undefined;
  const left = decay.findLast(({ fromDays }) => fromDays <= (overdueDays ?? -1))?.permille ?? 1_000;
  const permille = Math.floor((confidencePermille * left) / 1_000);
  const dueAt = readyAfter(isOverdue ? now + overdueWaitHours * HOUR_MS : expectedAt);
  // Where nobody works nothing is ever put away.
  if (dueAt === undefined) return { dueAt, overdueDays, permille: 0, counted: 0 };
  return { dueAt, overdueDays, permille, counted: exactShare(open, permille) };
}

/** Whole units of a share. Quantities may be large, and a product beyond 2^53 would be rounded. */
function exactShare(units: number, permille: number): number {
  return Number((BigInt(units) * BigInt(permille)) / 1_000n);
}
