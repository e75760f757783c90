import type { StateChange } from "./master-state.ts";

/** Fields of a thing for people, before or after a change. */
export type Fields = Readonly<Record<string, string>>;

/** Why a statement of master data was not taken; the codes are stable. */
export type MasterRefusal =
  | "invalid"
  | "twice"
  | "unknown-item"
  | "unknown-location"
  | "name-taken"
  | "say-from-when"
  | "ends-before-it-begins"
  | "bad-name"
  | "bad-check-digit"
  | "scope-missing"
  | "bad-unit"
  | "base-unit-in-use"
  | "tracking-in-use"
  | "field-missing"
  | "merged-away"
  | "kit-of-kits"
  | "kit-has-stock"
  | "kit-is-tracked"
  | "not-tracked"
  | "bad-day"
  | "bad-time-zone"
  | "bad-calendar"
  | "virtual-location"
  | "not-the-owner";

/** What one statement of master data comes to. `before` and `after` hold only what differs. */
export type MasterOutcome = {
  /** What it is about, for people: `item bolt`, `gtin:04012345678901`. */
  readonly subject: string;
  /** The id of the item or location that was created or is meant. */
  readonly id?: string | undefined;
} & (
  | { readonly outcome: "created"; readonly after: Fields }
  | { readonly outcome: "changed"; readonly before: Fields; readonly after: Fields }
  | { readonly outcome: "unchanged" }
  | {
      readonly outcome: "refused";
      readonly reason: MasterRefusal;
      /** What is wrong and what to do. */
      readonly detail: string;
      /** The field of the record that it is about. */
      readonly field?: string | undefined;
    }
);

/** An outcome with what it makes of the state; refusals and repetitions change nothing. */
export type MasterDecision = { readonly outcome: MasterOutcome; readonly change?: StateChange };

/** A refusal. */
export function refused(
  subject: string,
  reason: MasterRefusal,
  about: { readonly detail: string; readonly field?: string },
): MasterDecision {
  return { outcome: { subject, outcome: "refused", reason, ...about } };
}

/** A thing that was not there before. */
export function created(subject: string, after: Fields, change: StateChange): MasterDecision {
  return { outcome: { subject, outcome: "created", after: told(after) }, change };
}

const told = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));

/** What a thing was and is: only what differs is told, and nothing is done where nothing does. */
export function changed(
  subject: string,
  { before, after }: { readonly before: Fields; readonly after: Fields },
  change: StateChange,
): MasterDecision {
  const names = Object.keys(after).filter((name) => before[name] !== after[name]);
  if (names.length === 0) return { outcome: { subject, outcome: "unchanged" } };
  const of = (fields: Fields): Fields => Object.fromEntries(names.map((name) => [name, fields[name] ?? ""]));
  return { outcome: { subject, outcome: "changed", before: of(before), after: of(after) }, change };
}

/** The decision with the id of what it is about. */
export const withId = ({ outcome, ...rest }: MasterDecision, id: string): MasterDecision => ({
  outcome: { ...outcome, id },
  ...rest,
});
