import { type Came, type OpenLine, type SupplyLine, type Take, takeAll } from "./open.ts";

/** What of old arrivals lines have taken, and what of the arrivals is left. */
export type Settlement<Line extends SupplyLine, Arrival extends Came> = {
  /** Units that lines have taken in all, of those that took any. */
  readonly lines: readonly { readonly line: Line; readonly settled: number }[];
  /** Arrivals of which less is left than there was; of 0 nothing is. */
  readonly arrivals: readonly { readonly arrival: Arrival; readonly left: number }[];
};

const NOTHING = { lines: [], arrivals: [] } as const;

/**
 * What old arrivals come to for good: those whose every line has all that it wants. What they brought is kept with the lines then, and what
 * lines did not want of an arrival stays as it is, because a line may be made larger. An arrival that no line may ever be of brings nothing.
 *
 * What is computed of the lines afterwards is what was computed before, whatever is told later, but for two things: a line or an arrival that
 * is told with a date before that of these, and a settled line that is changed beside others, because which of them had what came
 * without naming its line is not known any more.
 */
export function settle<Line extends SupplyLine, Arrival extends Came>(
  lines: readonly Line[],
  old: readonly Arrival[],
): Settlement<Line, Arrival> {
  const { balances, takes } = takeAll(lines, old);
  // Which source is believed may change, and each must find all that came.
  if (takes.some(({ mayBeOf }) => new Set(mayBeOf.map(({ source }) => source)).size > 1)) return NOTHING;
  const free = freeOf(balances, takes);
  const touched = new Set([...free].flatMap(({ from }) => from));
  return {
    lines: balances
      .filter(({ line, arrived }) => touched.has(line) && arrived > (line.settled ?? 0))
      .map(({ line, arrived }) => ({ line, settled: arrived })),
    arrivals: [...free].flatMap(({ came, left, mayBeOf }) => {
      const stays = mayBeOf.length > 0 ? left : 0;
      return stays === came.quantity ? [] : [{ arrival: came, left: stays }];
    }),
  };
}

/**
 * The arrivals of which every line has all that it wants, and every other line of its document, which might be given what came for it
 * another day. What may be taken from a line that waits waits as well, and with it everything else that it may be taken from.
 */
function freeOf<Line extends SupplyLine, Arrival extends Came>(
  balances: readonly OpenLine<Line>[],
  takes: readonly Take<Line, Arrival>[],
): ReadonlySet<Take<Line, Arrival>> {
  const documentOf = ({ source, kind, document }: Line): string => JSON.stringify([source, kind, document]);
  const waiting = new Set(balances.filter(({ open }) => open > 0).map(({ line }) => documentOf(line)));
  const free = new Set(takes);
  for (let size = -1; size !== free.size; ) {
    size = free.size;
    for (const take of free) {
      if (!take.from.some((line) => waiting.has(documentOf(line)))) continue;
      free.delete(take);
      for (const line of take.from) waiting.add(documentOf(line));
    }
  }
  return free;
}
