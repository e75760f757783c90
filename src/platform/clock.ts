/** Where the time comes from. Whatever depends on time is given a clock, so that a test can move it. */
export type Clock = { now(): Date };

export const systemClock: Clock = Object.freeze({ now: () => new Date() });
