import { BUSINESS_KEYS, isToldKind, KEYED_KINDS, type ToldKind, windowDaysOf } from "./fingerprint.ts";

/**
 * What is done with a statement that looks like one that has counted, under another id. `hold`: a person decides. `accept`: it
 * counts, and is seen to have looked like a duplicate. `drop`: it is a duplicate.
 */
export const DUPLICATE_POLICIES = ["hold", "accept", "drop"] as const;
export type DuplicatePolicy = (typeof DUPLICATE_POLICIES)[number];

/** Longest window: a row is kept for every statement of it. */
export const WINDOW_DAYS_MAX = 400;

/** A policy with how long what has counted is remembered for it. No days: nothing of that kind is compared. */
export type DuplicateRule = { readonly policy: DuplicatePolicy; readonly windowDays: number };

/** Rules by kind, where an account has its own. */
export type DuplicateRules = Readonly<Partial<Record<string, DuplicateRule>>>;

/** The rule of a kind as it is shown: whether it is the account's own, and why a kind has none. */
export type ShownRule = {
  readonly kind: ToldKind;
  readonly rule: DuplicateRule | undefined;
  readonly isDefault: boolean;
  readonly why: string | undefined;
};

/** What holds for a kind. Held until a person has looked: a false alarm costs a look, a missed one stock that is not there. */
export function ruleFor(rules: DuplicateRules, kind: ToldKind): DuplicateRule {
  return rules[kind] ?? { policy: "hold", windowDays: windowDaysOf(kind) };
}

/** Every kind with what is done about duplicates of it. */
export function shownRules(rules: DuplicateRules): readonly ShownRule[] {
  return Object.entries(BUSINESS_KEYS).flatMap(([kind, declared]): ShownRule[] => {
    if (!isToldKind(kind)) return [];
    if ("none" in declared) return [{ kind, rule: undefined, isDefault: true, why: declared.none }];
    return [{ kind, rule: ruleFor(rules, kind), isDefault: rules[kind] === undefined, why: undefined }];
  });
}

/** What is wrong with an account's rules, in words; undefined when nothing is. */
export function problemOfRules(rules: DuplicateRules): string | undefined {
  for (const [kind, rule] of Object.entries(rules)) {
    if (!KEYED_KINDS.some((keyed) => keyed === kind)) {
      return `"${kind}" has no business key by which duplicates are recognised; ${KEYED_KINDS.join(", ")} have.`;
    }
    const days = rule?.windowDays ?? 0;
    if (!Number.isInteger(days) || days < 0 || days > WINDOW_DAYS_MAX) {
      return `The window of ${kind} is ${days} days; it may be from 0, which is off, to ${WINDOW_DAYS_MAX}.`;
    }
  }
  return undefined;
}

/** A rule of one kind that was changed; undefined where the default held, or holds again. */
export type RuleChange = {
  readonly kind: string;
  readonly before: DuplicateRule | undefined;
  readonly after: DuplicateRule | undefined;
};

/** What of an account's rules is not what it was. */
export function changesOfRules(before: DuplicateRules, after: DuplicateRules): readonly RuleChange[] {
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return kinds
    .map((kind) => ({ kind, before: before[kind], after: after[kind] }))
    .filter(
      (change) =>
        change.before?.policy !== change.after?.policy ||
        change.before?.windowDays !== change.after?.windowDays,
    );
}
