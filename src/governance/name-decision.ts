import { isGln, isGtin, type MasterRecordOf } from "@crossdock/canonical";
import { type Key, keyText, nameKey } from "./master.ts";
import { changed, created, type MasterDecision, type MasterRefusal, refused } from "./master-outcome.ts";
import {
  courseText,
  itemNamed,
  locationNamed,
  type MasterState,
  momentText,
  nameText,
  targetText,
} from "./master-state.ts";
import { type Period, periodsOf, type Timeline, valueAt, withPeriod } from "./timeline.ts";

/** When something is to hold. Undefined: the statement does not say. */
export type Said = { readonly from: number | undefined; readonly to: number | undefined };

/** When a record says that something holds. */
export function saidOf(record: { readonly validFrom?: string; readonly validTo?: string }): Said {
  const { validFrom, validTo } = record;
  return {
    from:
      validFrom === undefined
        ? undefined
        : validFrom === "always"
          ? Number.NEGATIVE_INFINITY
          : Date.parse(validFrom),
    to: validTo === undefined ? undefined : Date.parse(validTo),
  };
}

type Declared =
  | { readonly timeline: Timeline<string> }
  | { readonly reason: MasterRefusal; readonly detail: string; readonly field: string };

/**
 * A name with a target that it is said to have, and when. What is not said stays as it is, or is "always" and "for ever" for a name that
 * never meant anything. A name is never taken from another target: whoever has it must give it up first, in words of its own.
 */
export function declareName(
  state: MasterState,
  { key, target, said }: { readonly key: Key; readonly target: string; readonly said: Said },
): Declared {
  const timeline = state.names.get(keyText(key)) ?? [];
  if (said.from === undefined && said.to === undefined && valueAt(timeline, state.now) === target) {
    return { timeline };
  }
  const periods = periodsOf(timeline);
  const own = periods.filter(({ value }) => value === target);
  const period = periodSaid(said, own);
  if (period.from >= period.to) {
    const detail = `It would end at ${momentText(period.to, state.now)} and begin at ${momentText(period.from, state.now)}. Correct valid_from or valid_to.`;
    return { reason: "ends-before-it-begins", detail, field: "validTo" };
  }
  const other = periods.find((each) => each.value !== target && overlaps(each, period));
  if (other !== undefined) return takenName(state, { key, other, said });
  const without = own
    .filter((each) => overlaps(each, period))
    .reduce<Timeline<string>>(
      (rest, { from, to }) => withPeriod(rest, { from, to, value: undefined }),
      timeline,
    );
  return { timeline: withPeriod(without, { ...period, value: target }) };
}

/** What is left unsaid is as it was in the period that the other end belongs to. */
function periodSaid({ from, to }: Said, own: readonly Period[]): Period {
  if (from === undefined && to === undefined)
    return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  if (from === undefined) {
    const end = to ?? Number.POSITIVE_INFINITY;
    return {
      from: own.find((each) => each.from < end && end <= each.to)?.from ?? Number.NEGATIVE_INFINITY,
      to: end,
    };
  }
  // "From June" is true of what always was: a beginning adds to a period and never takes from it, so rows may overlap in any order.
  const around = own.find((each) => each.from <= from && from <= each.to);
  const end = own.find((each) => each.from <= from && from < each.to)?.to;
  return { from: around?.from ?? from, to: to ?? end ?? Number.POSITIVE_INFINITY };
}

const overlaps = (one: Period, other: Period): boolean => one.from < other.to && other.from < one.to;

function takenName(
  state: MasterState,
  {
    key,
    other,
    said,
  }: { readonly key: Key; readonly other: Period & { readonly value: string }; readonly said: Said },
): Declared {
  const { from, to, value } = other;
  const means = courseText(
    [{ from, value }, ...(to === Number.POSITIVE_INFINITY ? [] : [{ from: to, value: undefined }])],
    state.now,
    targetText(state),
  );
  if (to <= state.now && said.from === undefined) {
    const detail = `${nameText(key)} meant ${means}. Say from when it means this (valid_from).`;
    return { reason: "say-from-when", detail, field: "validFrom" };
  }
  const detail = `${nameText(key)} means ${means}. A name means one thing at a time: end that first, with valid_to in a row for ${targetText(state)(value)}, or say a period in which it is free.`;
  return { reason: "name-taken", detail, field: "value" };
}

// Control characters, and characters that cannot be seen: two names that look alike would be two names.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** What is wrong with a text that is to be a name; undefined when nothing is. */
export function nameProblem(value: string): string | undefined {
  const unseen = UNSEEN.exec(value)?.[0];
  if (unseen !== undefined) {
    const code = (unseen.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    return `has the character U+${code}, which cannot be seen, at place ${value.indexOf(unseen) + 1}; type it again`;
  }
  return value.trim() === value ? undefined : "begins or ends with a space; take it away";
}

/** Schemes of names that are nobody's without the one whose they are. */
const SCOPED_SCHEMES: ReadonlySet<string> = new Set(["buyer-part", "channel-part"]);

type NameRecord = MasterRecordOf<"item-name" | "location-name">;

function schemeProblem({
  kind,
  scheme,
  value,
  scope = "",
}: NameRecord):
  | { readonly reason: MasterRefusal; readonly detail: string; readonly field: string }
  | undefined {
  if (scheme === "id") {
    const detail =
      "Ids are ours and never change, so they are no names to give. Choose another scheme, such as sku or vendor-part.";
    return { reason: "bad-name", detail, field: "scheme" };
  }
  const problem = nameProblem(value);
  if (problem !== undefined) return { reason: "bad-name", detail: `The name ${problem}.`, field: "value" };
  if (kind === "item-name" && scheme === "gtin" && !isGtin(value)) {
    const detail = `${value} is no GTIN: it needs 8, 12, 13 or 14 digits, the last of which is the check digit. Spreadsheets drop leading zeros; format the column as text.`;
    return { reason: "bad-check-digit", detail, field: "value" };
  }
  if (kind === "location-name" && scheme === "gln" && !isGln(value)) {
    const detail = `${value} is no GLN: it needs 13 digits, the last of which is the check digit.`;
    return { reason: "bad-check-digit", detail, field: "value" };
  }
  if (SCOPED_SCHEMES.has(scheme) && scope === "") {
    const detail = `A ${scheme} means nothing without the one who uses it. Say whose it is (scope): the account of the buyer or channel.`;
    return { reason: "scope-missing", detail, field: "scope" };
  }
  return undefined;
}

/** Decides about a name of an item or a location. */
export function decideName(state: MasterState, record: NameRecord): MasterDecision {
  const isItem = record.kind === "item-name";
  const kind = isItem ? "item" : "location";
  const { scheme, scope = "", value } = record;
  const key = nameKey({ kind, scheme, scope, value });
  const subject = nameText(key);
  const problem = schemeProblem(record);
  if (problem !== undefined) return refused(subject, problem.reason, problem);
  const target = isItem
    ? itemNamed(state, record.item)?.itemId
    : locationNamed(state, record.location)?.locationId;
  if (target === undefined)
    return isItem ? unknownItem(subject, record.item) : unknownLocation(subject, record.location);
  const declared = declareName(state, { key, target, said: saidOf(record) });
  if ("reason" in declared) return refused(subject, declared.reason, declared);
  const before = state.names.get(keyText(key)) ?? [];
  const meaning = (timeline: Timeline<string>) => ({
    means: courseText(timeline, state.now, targetText(state)),
  });
  const change = { names: [{ key, timeline: declared.timeline }] };
  return before.length === 0
    ? created(subject, meaning(declared.timeline), change)
    : changed(subject, { before: meaning(before), after: meaning(declared.timeline) }, change);
}

type Named = Parameters<typeof itemNamed>[1];

/** There is no item of that name now. */
export function unknownItem(subject: string, reference: Named, field = "item"): MasterDecision {
  const name = nameText(["item", reference.scheme, reference.scope ?? "", reference.value]);
  const detail = `There is no item ${name}. Load the item first, or correct the reference.`;
  return refused(subject, "unknown-item", { detail, field });
}

/** There is no location of that name now. */
export function unknownLocation(subject: string, reference: Named): MasterDecision {
  const name = nameText(["location", reference.scheme, reference.scope ?? "", reference.value]);
  const detail = `There is no location ${name}. Load the location first, or correct the reference.`;
  return refused(subject, "unknown-location", { detail, field: "location" });
}
