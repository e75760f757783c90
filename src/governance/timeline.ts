/** From `from` on (milliseconds since 1970; -Infinity: always) something has this value, or none, until the next point. */
export type Point<Value> = { readonly from: number; readonly value: Value | undefined };

/**
 * How a value changes over time: points in strict order, of which no two neighbours say the same and the first says something.
 * That makes it the only way to write its course down, so two timelines mean the same exactly when they are equal.
 */
export type Timeline<Value> = readonly Point<Value>[];

/** A stretch of time, its end not included. */
export type Period = { readonly from: number; readonly to: number };

/** What holds at a moment; undefined where nothing does. */
export function valueAt<Value>(timeline: Timeline<Value>, moment: number): Value | undefined {
  for (let index = timeline.length - 1; index >= 0; index -= 1) {
    const point = timeline[index];
    if (point !== undefined && point.from <= moment) return point.value;
  }
  return undefined;
}

/** The same course with another value in one period, whatever was there before. `isSame` says when two values are one. */
export function withPeriod<Value>(
  timeline: Timeline<Value>,
  change: Period & { readonly value: Value | undefined },
  isSame: (one: Value, other: Value) => boolean = Object.is,
): Timeline<Value> {
  const { from, to, value } = change;
  if (from >= to) return timeline;
  const points = [
    ...timeline.filter((point) => point.from < from),
    { from, value },
    ...(to === Number.POSITIVE_INFINITY ? [] : [{ from: to, value: valueAt(timeline, to) }]),
    ...timeline.filter((point) => point.from > to),
  ];
  const told: Point<Value>[] = [];
  for (const point of points) {
    if (!isEqual(told.at(-1)?.value, point.value, isSame)) told.push(point);
  }
  return told;
}

function isEqual<Value>(
  one: Value | undefined,
  other: Value | undefined,
  isSame: (one: Value, other: Value) => boolean,
): boolean {
  return one === undefined || other === undefined ? one === other : isSame(one, other);
}

/** The periods in which there is a value, in order, each with it. */
export function periodsOf<Value>(timeline: Timeline<Value>): readonly (Period & { readonly value: Value })[] {
  return timeline.flatMap(({ from, value }, index) =>
    value === undefined ? [] : [{ from, to: timeline[index + 1]?.from ?? Number.POSITIVE_INFINITY, value }],
  );
}

/** What has to be taken away from stored points, and what put there, for them to become others. */
export function pointChanges<Value>(
  before: Timeline<Value>,
  after: Timeline<Value>,
  isSame: (one: Value, other: Value) => boolean = Object.is,
): { readonly removed: readonly number[]; readonly put: Timeline<Value> } {
  const stays = (point: Point<Value>) => (other: Point<Value>) =>
    other.from === point.from && isEqual(other.value, point.value, isSame);
  return {
    removed: before.filter((old) => !after.some((point) => point.from === old.from)).map(({ from }) => from),
    put: after.filter((point) => !before.some(stays(point))),
  };
}

/** A change of one of many timelines, which `key` tells apart. */
export type PeriodChange<Value> = Period & { readonly key: string; readonly value: Value | undefined };

/** The points to take away and to put so that all changes hold, in their order. Timelines that are not stored are empty. */
export function changedPoints<Value>(
  stored: ReadonlyMap<string, Timeline<Value>>,
  changes: readonly PeriodChange<Value>[],
  isSame: (one: Value, other: Value) => boolean = Object.is,
): {
  readonly removed: readonly { readonly key: string; readonly from: number }[];
  readonly put: readonly (Point<Value> & { readonly key: string })[];
} {
  const after = new Map<string, Timeline<Value>>();
  for (const change of changes) {
    const before = after.get(change.key) ?? stored.get(change.key) ?? [];
    after.set(change.key, withPeriod(before, change, isSame));
  }
  const differences = [...after].map(([key, timeline]) => ({
    key,
    ...pointChanges(stored.get(key) ?? [], timeline, isSame),
  }));
  return {
    removed: differences.flatMap(({ key, removed }) => removed.map((from) => ({ key, from }))),
    put: differences.flatMap(({ key, put }) => put.map((point) => ({ key, ...point }))),
  };
}
