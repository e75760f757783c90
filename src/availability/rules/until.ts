import type { Rule, RuleEnd } from "@crossdock/canonical";
import { Temporal } from "temporal-polyfill";
import { endOfDay } from "../dated/local-time.ts";

/** When a rule comes to its end, as it says it; undefined where it has none. */
export const untilOf = (rule: Rule): RuleEnd | undefined => ("until" in rule ? rule.until : undefined);

/** An end in milliseconds since 1970: from then on nothing holds that has it. Undefined where there is no such day, moment or zone. */
export function endsAt(until: RuleEnd): number | undefined {
  const [, day, zone] = /^(\d{4}-\d{2}-\d{2})\[(.+)\]$/.exec(until) ?? [];
  try {
    if (day === undefined || zone === undefined) return Temporal.Instant.from(until).epochMilliseconds;
    return endOfDay(day, zone);
  } catch {
    return undefined;
  }
}
