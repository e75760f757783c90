import type { SeededRandom } from "./seeded-random.ts";

/**
 * What can go wrong with a call. "Before" and "after" say whether the vendor had done what was asked when it failed: the
 * caller sees the same in both cases, which is why it must be able to ask twice.
 */
export type Fault =
  | { readonly kind: "too-many-requests"; readonly retryAfterSeconds?: number }
  | { readonly kind: "error-before-effect"; readonly status?: number }
  | { readonly kind: "error-after-effect"; readonly status?: number }
  /** The socket is held open and never answered. */
  | { readonly kind: "timeout-before-effect" }
  | { readonly kind: "timeout-after-effect" }
  | { readonly kind: "reset-before-effect" }
  | { readonly kind: "reset-after-effect" }
  /** Done, and answered with status 200, but the body is noise: a proxy's page, half a document. */
  | { readonly kind: "garbled-after-effect" };

export type FaultKind = Fault["kind"];

/** How often each fault happens, as a probability per call. Their sum is at most 1. */
export type FaultRates = Readonly<Partial<Record<FaultKind, number>>>;

/** The plain form of each fault, as a plan draws it. */
export const FAULTS: { readonly [Kind in FaultKind]: Extract<Fault, { readonly kind: Kind }> } = {
  "too-many-requests": { kind: "too-many-requests", retryAfterSeconds: 1 },
  "error-before-effect": { kind: "error-before-effect" },
  "error-after-effect": { kind: "error-after-effect" },
  "timeout-before-effect": { kind: "timeout-before-effect" },
  "timeout-after-effect": { kind: "timeout-after-effect" },
  "reset-before-effect": { kind: "reset-before-effect" },
  "reset-after-effect": { kind: "reset-after-effect" },
  "garbled-after-effect": { kind: "garbled-after-effect" },
};

/** Draws the fault of one call, or none. One number is drawn per call, so that a changed rate moves nothing else. */
export function drawFault(random: SeededRandom, rates: FaultRates): Fault | undefined {
  let left = random.next();
  for (const fault of Object.values(FAULTS)) {
    left -= rates[fault.kind] ?? 0;
    if (left < 0) return fault;
  }
  return undefined;
}

/** Whether the vendor does what it was asked before a call with this fault fails. */
export function hasEffect(fault: Fault | undefined): boolean {
  return fault === undefined || fault.kind.endsWith("-after-effect");
}
