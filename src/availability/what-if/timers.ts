/** Something of an item that ends at a moment, unless it is said to last longer, or ends before. */
export type Expiring = { readonly itemId: string; readonly open: number; readonly until: number | undefined };

/** What ends by the clock, item by item: looked at when somebody asks about the item, as live holds are. */
export type Timers<Timed extends Expiring> = {
  add(timed: Timed): void;
  /** Tells of what has ended at a moment, the first first. */
  due(itemId: string, at: number, tell: (timed: Timed) => void): void;
  all(): Iterable<Timed>;
};

type Entry<Timed> = { readonly until: number; readonly timed: Timed };

/** Opens timers. */
export function openTimers<Timed extends Expiring>(): Timers<Timed> {
  const heaps = new Map<string, Entry<Timed>[]>();
  return {
    add(timed) {
      const { until, itemId } = timed;
      if (until === undefined) return;
      const heap = heaps.get(itemId) ?? [];
      heaps.set(itemId, heap);
      push(heap, { until, timed });
    },
    due(itemId, at, tell) {
      const heap = heaps.get(itemId);
      if (heap === undefined) return;
      for (let first = heap[0]; first !== undefined && first.until <= at; first = heap[0]) {
        pop(heap);
        // Of one that lasts longer there is another entry.
        if (first.timed.until === first.until && first.timed.open > 0) tell(first.timed);
      }
      if (heap.length === 0) heaps.delete(itemId);
    },
    *all() {
      for (const heap of heaps.values())
        for (const { until, timed } of heap) if (timed.until === until) yield timed;
    },
  };
}

function push<Timed>(heap: Entry<Timed>[], entry: Entry<Timed>): void {
  let at = heap.push(entry) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const [parent, own] = [heap[above], heap[at]];
    if (parent === undefined || own === undefined || parent.until <= own.until) return;
    heap[above] = own;
    heap[at] = parent;
    at = above;
  }
}

function pop<Timed>(heap: Entry<Timed>[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  heap[0] = last;
  for (let at = 0; ; ) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let least = at;
    if ((heap[left]?.until ?? Number.POSITIVE_INFINITY) < (heap[least]?.until ?? Number.POSITIVE_INFINITY))
      least = left;
    if ((heap[right]?.until ?? Number.POSITIVE_INFINITY) < (heap[least]?.until ?? Number.POSITIVE_INFINITY))
      least = right;
    const [lower, own] = [heap[least], heap[at]];
    if (least === at || lower === undefined || own === undefined) return;
    heap[at] = lower;
    heap[least] = own;
    at = least;
  }
}
