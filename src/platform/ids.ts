import { randomFillSync } from "node:crypto";
import { type Clock, systemClock } from "./clock.ts";
import { type Random, seededRandom } from "./random.ts";

/** Where new ids come from: UUID version 7 (RFC 9562), ascending in the order in which one source gave them. */
export type Ids = { next(): string };

/** Ids for the running system. */
export function systemIds(clock: Clock = systemClock): Ids {
  // One system call fills a few hundred ids; single calls would cost more than the rest of the work.
  const pool = Buffer.alloc(4_096);
  let at = pool.length;
  return uuidv7(clock, () => {
    if (at + 4 > pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += 4;
    return pool.readUInt32BE(at - 4);
  });
}

/** The same ids at every run with the same clock and seed, for the demo and for tests. */
export function seededIds(clock: Clock, seed: number | string | Random): Ids {
  const random = typeof seed === "object" ? seed : seededRandom(seed);
  return uuidv7(clock, () => random.integer(0, 0xffff_ffff));
}

// RFC 9562, section 6.2, method 1: rand_a is a counter within the millisecond, begun low to leave room.
const counterMax = 0xfff;

function uuidv7(clock: Clock, random32: () => number): Ids {
  let millisecond = 0;
  let counter = 0;
  return {
    next() {
      const now = clock.now().getTime();
      if (now > millisecond) {
        millisecond = now;
        counter = random32() & 0x7ff;
      } else if (counter < counterMax) {
        counter += 1;
      } else {
        // The counter is used up, or the clock went back: borrow from the next millisecond rather than go back.
        millisecond += 1;
        counter = 0;
      }
      return format(millisecond, counter, random32(), random32());
    },
  };
}

const bytes = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, "0"));

/** Two hexadecimal digits of the low byte; looked up, because ids are made for every fact and every request. */
const hex8 = (value: number): string => bytes[value & 0xff] ?? "";
const hex16 = (value: number): string => hex8(value >>> 8) + hex8(value);
const hex32 = (value: number): string => hex16(value >>> 16) + hex16(value);

function format(millisecond: number, counter: number, high: number, low: number): string {
  const version = 0x7000 | counter;
  const variant = ((high >>> 16) & 0x3fff) | 0x8000;
  const time = `${hex32(Math.floor(millisecond / 0x1_0000))}-${hex16(millisecond % 0x1_0000)}`;
  return `${time}-${hex16(version)}-${hex16(variant)}-${hex16(high)}${hex32(low)}`;
}
