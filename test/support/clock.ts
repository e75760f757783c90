import type { Clock } from "../../src/platform/index.ts";

/** A clock that stands still until it is moved. */
export type ManualClock = Clock & {
  advance(ms: number): void;
  set(time: Date | string): void;
};

/** Starts on a Monday morning, away from midnight and from the ends of months. */
export function manualClock(start: Date | string = "2026-03-02T09:00:00.000Z"): ManualClock {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    advance(ms) {
      at += ms;
    },
    set(time) {
      at = new Date(time).getTime();
    },
  };
}
