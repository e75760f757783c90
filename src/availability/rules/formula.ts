import type { FormulaTerm, Quantity, RuleOf } from "@crossdock/canonical";

/** What a formula is computed from. */
export type Inputs = {
  /** What is there for all: available and expired holds, less safety stock. */
  readonly open: number;
  readonly ringFenced: number;
  readonly buffer: Quantity;
  readonly protectedForOthers: Quantity;
  readonly ratioPermille: number | undefined;
  readonly cap: Quantity | undefined;
};

/** A formula with what it came to: those that it is made of first. */
export type Worked = { readonly formula: string; readonly value: number };

/** A formula of the book, ready to be computed. It tells what it came to where somebody listens. */
export type Formula = {
  readonly name: string;
  /** The keys of the rules that it is made of, its own among them. */
  readonly of: readonly string[];
  compute(inputs: Inputs, tell?: (worked: Worked) => void): number;
};

type FormulaRule = RuleOf<"formula">;

/** A whole share of units: exact, because the units and the remainder are taken by themselves. */
export function shareOf(units: number, permille: number): number {
  const whole = Math.floor(units / 1_000);
  return whole * permille + Math.floor(((units - whole * 1_000) * permille) / 1_000);
}

/** What a channel may sell where no formula is named: its share of what is open, at least none, and its own, up to its limit. */
export function usual(inputs: Inputs): number {
  const { open, buffer, protectedForOthers, ratioPermille, ringFenced, cap } = inputs;
  const shelf = Math.max(0, open - buffer - protectedForOthers);
  const own = (ratioPermille === undefined ? shelf : shareOf(shelf, ratioPermille)) + ringFenced;
  return cap === undefined ? own : Math.min(own, cap);
}

/** One term as it is read: its sign, and the input or the formula that it names. */
type Term = { readonly sign: 1 | -1; readonly named: string; readonly isFormula: boolean };

/** Reads a term. */
export function toTerm(term: FormulaTerm): Term {
  const bare = term.replace(/^[+-]/, "");
  const isFormula = bare.startsWith("formula:");
  return {
    sign: term.startsWith("-") ? -1 : 1,
    named: isFormula ? bare.slice("formula:".length) : bare,
    isFormula,
  };
}

function inputNamed(inputs: Inputs, name: string): number {
  switch (name) {
    case "open":
      return inputs.open;
    case "buffer":
      return inputs.buffer;
    case "protected-for-others":
      return inputs.protectedForOthers;
    case "ring-fenced":
      return inputs.ringFenced;
    default:
      return 0;
  }
}

/** Bounds a sum as its rule says: at least so much, then a share of it, then the limit. */
function bounded(rule: FormulaRule, sum: number, { ratioPermille, cap }: Inputs): number {
  const least = rule.atLeast === undefined ? sum : Math.max(rule.atLeast, sum);
  const shared =
    rule.takesRatio === true && ratioPermille !== undefined
      ? shareOf(Math.max(0, least), ratioPermille)
      : least;
  return rule.takesCap === true && cap !== undefined ? Math.min(shared, cap) : shared;
}

/** Makes formulas ready. One that is missing or leads back to itself counts for nothing: a checked book has none. */
export function compileFormulas(
  rules: readonly { readonly key: string; readonly rule: FormulaRule }[],
): ReadonlyMap<string, Formula> {
  const byName = new Map(rules.map((entry) => [String(entry.rule.formula), entry]));
  const made = new Map<string, Formula>();
  const make = (name: string, below: ReadonlySet<string>): Formula | undefined => {
    const known = made.get(name);
    const entry = byName.get(name);
    if (known !== undefined || entry === undefined || below.has(name)) return known;
    const inside = new Set([...below, name]);
    const parts = entry.rule.terms.map(toTerm).map((term) => ({
      ...term,
      formula: term.isFormula ? make(term.named, inside) : undefined,
    }));
    const formula: Formula = {
      name,
      of: [...parts.flatMap((part) => part.formula?.of ?? []), entry.key],
      compute(inputs, tell) {
        let sum = 0;
        for (const { sign, named, isFormula, formula: nested } of parts)
          sum += sign * (isFormula ? (nested?.compute(inputs, tell) ?? 0) : inputNamed(inputs, named));
        const value = bounded(entry.rule, sum, inputs);
        tell?.({ formula: name, value });
        return value;
      },
    };
    made.set(name, formula);
    return formula;
  };
  for (const name of byName.keys()) make(name, new Set());
  return made;
}
