/** Places that are taken in turn. */
export type Turns = {
  /** Waits for a place. Rejects with `tooLate` when none became free in time. */
  take(): Promise<void>;
  give(): void;
  /** How many wait. */
  waiting(): number;
};

/** Makes so many places. Whoever waits longest gets the next one. */
export function createTurns(places: number, msMax: number, tooLate: () => Error): Turns {
  let free = places;
  const waiting = new Set<() => void>();

  function wait(): Promise<void> {
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        waiting.delete(go);
        fail(tooLate());
      }, msMax);
      const go = () => {
        clearTimeout(timer);
        done();
      };
      waiting.add(go);
    });
  }

  return {
    take() {
      if (free === 0) return wait();
      free -= 1;
      return Promise.resolve();
    },
    give() {
      const [next] = waiting;
      if (next === undefined) {
        free += 1;
        return;
      }
      waiting.delete(next);
      next();
    },
    waiting: () => waiting.size,
  };
}
