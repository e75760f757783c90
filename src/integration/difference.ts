/** Differences that are told; more do not help whoever compares the two. */
const DIFFERENCES_TOLD_MAX = 5;
/** Longest value that is told, in characters of its JSON. */
const VALUE_LENGTH_MAX = 80;

type Difference = { readonly at: string; readonly was: unknown; readonly is: unknown };

/** What differs between two JSON values, in words: `lines/0/ordered/value was 5 and is 8`. Empty when nothing does. */
export function differencesText(was: unknown, is: unknown): string {
  const found = differences(was, is, "");
  const told = found
    .slice(0, DIFFERENCES_TOLD_MAX)
    .map((one) => `${one.at} was ${valueText(one.was)} and is ${valueText(one.is)}`);
  const more = found.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function differences(was: unknown, is: unknown, at: string): readonly Difference[] {
  if (!isNested(was) || !isNested(is) || Array.isArray(was) !== Array.isArray(is)) {
    return was === is ? [] : [{ at, was, is }];
  }
  const [before, now] = [new Map(Object.entries(was)), new Map(Object.entries(is))];
  // In the order of what is told now: that is the order in which its sender wrote it.
  return [...new Set([...now.keys(), ...before.keys()])].flatMap((key) =>
    differences(before.get(key), now.get(key), at === "" ? key : `${at}/${key}`),
  );
}

const isNested = (value: unknown): value is object => typeof value === "object" && value !== null;

function valueText(value: unknown): string {
  if (value === undefined) return "not there";
  const text = JSON.stringify(value);
  return text.length <= VALUE_LENGTH_MAX ? text : `${text.slice(0, VALUE_LENGTH_MAX - 2).toWellFormed()} …`;
}
