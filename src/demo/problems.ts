/** What the simulated systems found wrong. Only the latest text is kept, and the count. */
export type Problems = {
  add(text: string): void;
  readonly count: number;
  readonly latest: string | undefined;
};

const TEXT_LENGTH_MAX = 300;

/** Starts to collect. `told` hears of each problem, for a log. */
export function collectProblems(told: (text: string) => void = () => undefined): Problems {
  let count = 0;
  let latest: string | undefined;
  return {
    add(text) {
      count += 1;
      latest = text.slice(0, TEXT_LENGTH_MAX);
      told(latest);
    },
    get count() {
      return count;
    },
    get latest() {
      return latest;
    },
  };
}
