import type { Rule, RuleOf } from "@crossdock/canonical";
import { type BookRule, classesIn, type RuleBook, rulesOfKind } from "./book.ts";
import { toTerm } from "./formula.ts";
import { decayFaults } from "./supply.ts";
import { endsAt, untilOf } from "./until.ts";

/** What is wrong with a rule, and what to do. */
export type RuleFault = { readonly key: string; readonly message: string };

/** What rules may name, as far as a book does not say it itself. */
export type Named = {
  readonly locations: ReadonlySet<string>;
  readonly items: ReadonlySet<string>;
  /** Classes that some item has. */
  readonly classes: ReadonlySet<string>;
  /** By when an end is past; undefined where rules of before are put back, some of which have come to theirs. */
  readonly now?: number | undefined;
  /** Channels that cannot go, with what still hangs on them. */
  readonly inUse: ReadonlyMap<string, string>;
};

/** Faults that are told of one draft: enough to see what kind of mistake it is. */
export const RULE_FAULTS_MAX = 1_000;
/** Groups above a channel at most. */
export const GROUP_DEPTH_MAX = 16;
/** Formulas within one another at most. */
const FORMULA_DEPTH_MAX = 5;

/** What the rules of a book name that somebody else must know: of those that a draft changes, because the others were checked. */
export function namesOf(rules: readonly Rule[]): {
  readonly locations: readonly string[];
  readonly items: readonly string[];
  readonly classes: readonly string[];
} {
  const locations = rules.flatMap((rule) => {
    if (rule.kind === "channel") return rule.locations;
    if (rule.kind === "sourcing") return rule.locations ?? [];
    return "location" in rule && rule.location !== undefined ? [rule.location] : [];
  });
  const items = rules.flatMap((rule) => ("item" in rule && rule.item !== undefined ? [rule.item] : []));
  return { locations: [...new Set(locations)], items: [...new Set(items)], classes: classesIn(rules) };
}

/** Looks at a book as a whole. `changed`: the keys that a draft sets; what stands outside of the book is asked of those only. */
export function checkBook(
  book: RuleBook,
  {
    before,
    changed,
    named,
  }: { readonly before: RuleBook; readonly changed: ReadonlySet<string>; readonly named: Named },
): readonly RuleFault[] {
  const groups = new Set<string>(rulesOfKind(book.rules.values(), "group").map(({ rule }) => rule.group));
  const parents = new Map(
    rulesOfKind(book.rules.values(), "group").map(({ rule }): [string, string | undefined] => [
      rule.group,
      rule.parent,
    ]),
  );
  const formulas = new Map(
    rulesOfKind(book.rules.values(), "formula").map(({ rule }): [string, RuleOf<"formula">] => [
      rule.formula,
      rule,
    ]),
  );
  const known = { book, groups, parents, formulas };
  const faults: RuleFault[] = [];
  for (const entry of book.rules.values()) {
    const own = [
      ...scopeFaults(entry, known),
      ...(changed.has(entry.key) ? [...endFaults(entry, named.now), ...nameFaults(entry, named)] : []),
    ];
    for (const message of own) faults.push({ key: entry.key, message });
    if (faults.length >= RULE_FAULTS_MAX) return faults;
  }
  for (const id of before.channels.keys()) {
    const use = book.channels.has(id) ? undefined : named.inUse.get(id);
    if (use !== undefined)
      faults.push({ key: `channel/channel:${id}`, message: `The channel cannot go: ${use}.` });
  }
  return faults;
}

type Known = {
  readonly book: RuleBook;
  readonly groups: ReadonlySet<string>;
  readonly parents: ReadonlyMap<string, string | undefined>;
  readonly formulas: ReadonlyMap<string, RuleOf<"formula">>;
};

function scopeFaults({ rule }: BookRule, known: Known): readonly string[] {
  switch (rule.kind) {
    case "channel":
    case "group":
      return placeFaults(rule, known);
    case "formula":
      return formulaFaults(rule, known);
    case "supply-decay":
      return decayFaults(rule);
    case "supply-confidence":
    case "supply-horizon":
      return [];
    case "safety-stock":
      return goodsFaults(rule);
    case "lane":
    case "place":
      return coordinateFaults(rule);
    case "sourcing":
      return [...holderFaults(rule, known), ...criteriaFaults(rule)];
    default:
      return [...goodsFaults(rule), ...holderFaults(rule, known)];
  }
}

/** What is wrong with where a channel or a group stands, and what a channel sells by. */
function placeFaults(rule: RuleOf<"channel"> | RuleOf<"group">, known: Known): readonly string[] {
  const faults = [...parentFaults(rule.parent, known)];
  if (rule.kind === "channel" && new Set(rule.locations).size < rule.locations.length)
    faults.push("A location stands twice in the network; name each once.");
  if (rule.kind === "channel" && rule.formula !== undefined && !known.formulas.has(rule.formula))
    faults.push(`There is no formula ${rule.formula}; add it to the draft, or name another.`);
  return faults;
}

const goodsFaults = ({
  item,
  itemClass,
}: {
  readonly item?: string;
  readonly itemClass?: string;
}): readonly string[] =>
  item === undefined || itemClass === undefined
    ? []
    : ["It names an item and a class; name one of them, or neither for every item."];

function holderFaults(
  { kind, channel, group }: { readonly kind: string; readonly channel?: string; readonly group?: string },
  { book, groups }: Known,
): readonly string[] {
  const faults: string[] = [];
  if (channel !== undefined && group !== undefined)
    faults.push("It names a channel and a group; name one of them, or neither for everybody.");
  if (channel !== undefined && !book.channels.has(channel))
    faults.push(`There is no channel ${channel}; add it to the draft, or take this rule away.`);
  if (group !== undefined && !groups.has(group))
    faults.push(`There is no group ${group}; add it to the draft, or take this rule away.`);
  if (kind === "protection" && channel === undefined && group === undefined)
    faults.push("It protects for nobody; name the channel or the group that the units are for.");
  return faults;
}

/** What is wrong with how a rule ranks locations. */
function criteriaFaults({ criteria, locations, leaveUnits }: RuleOf<"sourcing">): readonly string[] {
  const twice = criteria.find((criterion, place) => criteria.indexOf(criterion) !== place);
  return [
    ...(twice === undefined ? [] : [`The criterion ${twice} stands twice; keep the first.`]),
    ...(criteria.includes("priority") && locations === undefined
      ? ["It ranks by priority and names no locations; list them, or leave priority out."]
      : []),
    ...(criteria.includes("protection") && leaveUnits === undefined
      ? [
          "It ranks by protection and does not say how many should stay; say leaveUnits, or leave protection out.",
        ]
      : []),
    ...(locations !== undefined && new Set(locations).size < locations.length
      ? ["A location stands twice among the locations; name each once."]
      : []),
  ];
}

function coordinateFaults(rule: RuleOf<"lane"> | RuleOf<"place">): readonly string[] {
  if (rule.kind === "lane" || (rule.latitude === undefined) === (rule.longitude === undefined)) return [];
  return ["It has one of latitude and longitude; say both, or neither."];
}

/** What is wrong with the terms of a formula. */
function formulaFaults(rule: RuleOf<"formula">, { formulas }: Known): readonly string[] {
  const terms = rule.terms.map(toTerm);
  const names = terms.map(({ named, isFormula }) => `${isFormula ? "formula:" : ""}${named}`);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  const missing = terms.filter(({ isFormula, named }) => isFormula && !formulas.has(named));
  return [
    ...(twice === undefined ? [] : [`The term ${twice} stands twice; keep one of them.`]),
    ...missing.map(
      ({ named }) => `There is no formula ${named}; add it to the draft, or leave the term out.`,
    ),
    ...(isDeeper(rule, formulas, FORMULA_DEPTH_MAX)
      ? [
          `It is made of formulas more than ${FORMULA_DEPTH_MAX} deep, or leads back to itself; take one of them out.`,
        ]
      : []),
  ];
}

/** Whether formulas lie deeper in one another than so much; one that leads back to itself is endlessly deep. */
function isDeeper(rule: RuleOf<"formula">, formulas: Known["formulas"], depth: number): boolean {
  if (depth === 0) return true;
  return rule.terms.map(toTerm).some(({ isFormula, named }) => {
    const inside = isFormula ? formulas.get(named) : undefined;
    return inside !== undefined && isDeeper(inside, formulas, depth - 1);
  });
}

/** Follows the groups upwards. A circle is told at each of its members, because any of them may be the one to mend. */
function parentFaults(parent: string | undefined, { groups, parents }: Known): readonly string[] {
  if (parent === undefined) return [];
  if (!groups.has(parent))
    return [`There is no group ${parent}; add it to the draft, or name another parent.`];
  let above: string | undefined = parent;
  for (let depth = 1; above !== undefined; depth += 1) {
    if (depth > GROUP_DEPTH_MAX)
      return [
        `More than ${GROUP_DEPTH_MAX} groups stand above it, or they stand in a circle; name another parent.`,
      ];
    above = parents.get(above);
  }
  return [];
}

function endFaults({ rule }: BookRule, now: number | undefined): readonly string[] {
  const until = untilOf(rule);
  if (until === undefined) return [];
  const at = endsAt(until);
  if (at === undefined) return [`There is no ${until}; name a moment, or a day with a time zone.`];
  return now === undefined || at > now
    ? []
    : [`It ends at ${until}, which is past; name a later end, or none.`];
}

function nameFaults({ rule }: BookRule, named: Named): readonly string[] {
  if (rule.kind === "channel") {
    return rule.locations
      .filter((location) => !named.locations.has(location))
      .map((location) => `There is no location ${location}; set it up first, or leave it out.`);
  }
  if (rule.kind === "sourcing") {
    return (rule.locations ?? [])
      .filter((location) => !named.locations.has(location))
      .map((location) => `There is no location ${location}; set it up first, or leave it out.`);
  }
  const place = "location" in rule ? rule.location : undefined;
  if (place !== undefined && !named.locations.has(place))
    return [`There is no location ${place}; set it up first, or take this rule away.`];
  if ("itemClass" in rule && rule.itemClass !== undefined && !named.classes.has(rule.itemClass))
    return [`No item has the class ${rule.itemClass}; give it to items first, or take this rule away.`];
  if (!("item" in rule) || rule.item === undefined || named.items.has(rule.item)) return [];
  return [`There is no item ${rule.item}; set it up first, or take this rule away.`];
}
