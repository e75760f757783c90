import type { ElementSpec } from "./elements.ts";

/** One use of an element in a segment. */
export type ElementUse = {
  readonly spec: ElementSpec;
  readonly mandatory: boolean;
  /** What a composite is made of; undefined for a simple element. */
  readonly composite: CompositeSpec | undefined;
};

export type CompositeSpec = {
  /** Index 0 is the first component. */
  readonly uses: readonly ElementUse[];
  readonly rules: readonly SyntaxRule[];
};

/**
 * A rule between elements of one segment: P all or none, R at least one, E at most one, C if the first then all
 * the others, L if the first then at least one of the others.
 */
export type SyntaxRule = {
  readonly kind: "P" | "R" | "E" | "C" | "L";
  readonly positions: readonly number[];
};
