import type { Rule } from "@crossdock/canonical";

/** What goods a rule is about, in words. */
function goodsText({ item, itemClass }: { readonly item?: string; readonly itemClass?: string }): string {
  return item ?? (itemClass === undefined ? "every item" : `items of class ${itemClass}`);
}

/** Whom and what a rule is about, in words. */
export function scopeText(rule: Rule): string {
  switch (rule.kind) {
    case "channel":
      return rule.channel;
    case "group":
      return rule.group;
    case "formula":
      return rule.formula;
    case "place":
      return rule.location;
    case "lane":
      return `${rule.location} to ${rule.zone}`;
    case "sourcing":
      return rule.channel ?? (rule.group === undefined ? "every channel" : `the group ${rule.group}`);
    case "safety-stock":
      return `${goodsText(rule)}, at ${rule.location ?? "each place"}`;
    case "supply-confidence":
    case "supply-decay":
      return [
        rule.supply ?? "everything that is to come",
        ...(rule.vendor === undefined ? [] : [`of ${rule.vendor}`]),
      ].join(" ");
    case "supply-horizon":
      return "everything that is to come";
    default: {
      const group = rule.group === undefined ? "every channel" : `the group ${rule.group}`;
      return `${rule.channel ?? group}, ${goodsText(rule)}`;
    }
  }
}

/** What a rule says, in words, and until when. */
export function ruleText(rule: Rule): string {
  return "until" in rule && rule.until !== undefined
    ? `${saidText(rule)}, until ${rule.until}`
    : saidText(rule);
}

function saidText(rule: Rule): string {
  switch (rule.kind) {
    case "channel":
      return channelText(rule);
    case "group":
      return `${rule.name}${rule.parent === undefined ? "" : `, in ${rule.parent}`}`;
    case "formula":
      return formulaText(rule);
    case "ratio":
      return `${rule.permille / 10} % of what is open`;
    case "cap":
      return rule.units === null ? "no limit" : `at most ${rule.units}`;
    case "buffer":
      return `leaves ${rule.units}`;
    case "protection":
      return `${rule.units} kept from all others`;
    case "safety-stock":
      return `${rule.units} stay`;
    case "sourcing":
      return sourcingText(rule);
    case "lane":
      return laneText(rule);
    case "place":
      return placeText(rule);
    case "minimum-shelf-life":
      return `lots must be good for ${rule.days} more days`;
    case "supply-confidence":
      return `${rule.permille / 10} % of it counts`;
    case "supply-decay":
      return decayText(rule);
    case "supply-horizon":
      return `${rule.days} days ahead, ${rule.nearHours} hours one by one`;
    default:
      return rule satisfies never;
  }
}

function decayText({ steps, waitHours }: Extract<Rule, { kind: "supply-decay" }>): string {
  const left = steps.map((step) => {
    const [days, permille] = step.split(":");
    return `${Number(permille) / 10} % from day ${days}`;
  });
  return `overdue: ${left.join(", ")}; thought to come ${waitHours} hours from now`;
}

function sourcingText({ criteria, locations, leaveUnits }: Extract<Rule, { kind: "sourcing" }>): string {
  const parts = [
    `by ${criteria.join(", then ")}`,
    ...(locations === undefined ? [] : [`first from ${locations.join(", ")}`]),
    ...(leaveUnits === undefined ? [] : [`so that ${leaveUnits} stay`]),
  ];
  return parts.join("; ");
}

function laneText(rule: Extract<Rule, { kind: "lane" }>): string {
  const { perOrder, perUnit, metres } = rule;
  const far = metres === undefined ? "" : `, ${metres} m`;
  return `costs ${perOrder ?? 0} an order and ${perUnit ?? 0} a unit${far}`;
}

function placeText({ latitude, longitude, capacityUnits }: Extract<Rule, { kind: "place" }>): string {
  const parts = [
    ...(latitude === undefined || longitude === undefined ? [] : [`at ${latitude}, ${longitude}`]),
    ...(capacityUnits === undefined ? [] : [`does ${capacityUnits} units`]),
  ];
  return parts.length === 0 ? "nothing is said" : parts.join("; ");
}

function channelText({
  name,
  locations,
  parent,
  formula,
  minimumToPublish,
  lowBelow,
}: Extract<Rule, { kind: "channel" }>): string {
  const parts = [
    name,
    `sells from ${locations.length === 0 ? "nowhere" : locations.join(", ")}`,
    ...(parent === undefined ? [] : [`in ${parent}`]),
    ...(formula === undefined ? [] : [`by ${formula}`]),
    ...(minimumToPublish === undefined ? [] : [`told none below ${minimumToPublish}`]),
    ...(lowBelow === undefined ? [] : [`few below ${lowBelow}`]),
  ];
  return parts.join("; ");
}

function formulaText({
  name,
  terms,
  atLeast,
  takesRatio,
  takesCap,
}: Extract<Rule, { kind: "formula" }>): string {
  const sum = terms.map((term) => term.replace(/^-/, "− ").replace(/^\+?(?=[a-z])/, "+ ")).join(" ");
  const parts = [
    `${name}: ${sum.replace(/^\+ /, "")}`,
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(takesRatio === true ? ["the ratio of it"] : []),
    ...(takesCap === true ? ["up to the limit"] : []),
  ];
  return parts.join("; ");
}
