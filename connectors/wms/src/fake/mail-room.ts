import type { SeededRandom } from "@crossdock/connector-kit/testing";
import type { WmsEvent } from "../event-schema.ts";

/** How the post goes wrong: each is a probability, for an event or for a batch. */
export type PostFaults = {
  /** An event is sent again in a later batch. */
  readonly duplicateEvent: number;
  /** A batch that was taken is sent again, byte for byte and under the same delivery id. */
  readonly duplicateBatch: number;
  /** An event waits up to `lateTicksMax` ticks before it is sent. */
  readonly late: number;
  /** A batch is sent with its events in another order. */
  readonly reorder: number;
};

/** A post that brings everything once, at once and in order. */
export const NO_POST_FAULTS: PostFaults = { duplicateEvent: 0, duplicateBatch: 0, late: 0, reorder: 0 };

/** A batch on its way: the same bytes under the same delivery id, however often it is tried. */
export type FakeBatch = {
  readonly deliveryId: string;
  readonly body: Uint8Array;
  /** How many events it has. */
  readonly events: number;
  /** Sent again although it was taken. A copy is not copied again, so that the post comes to an end. */
  readonly isCopy: boolean;
};

/** Hands a batch over. True when it was taken; otherwise the same batch is tried again later. */
export type SendBatch = (batch: FakeBatch) => Promise<boolean>;

/** Events that wait to be sent. With more the warehouse stops working until the post moves again: nothing is dropped. */
export const EVENTS_WAITING_MAX = 50_000;
const LATE_TICKS_MAX_DEFAULT = 5;

type Letter = { readonly event: WmsEvent; readonly dueTick: number; readonly isCopy: boolean };

export type MailRoomOptions = {
  readonly code: string;
  readonly random: SeededRandom;
  readonly faults: PostFaults;
  readonly eventsPerBatch: number;
  readonly lateTicksMax?: number;
  /** Begins every delivery id, so that a warehouse that starts again repeats none. */
  readonly deliveryPrefix: string;
};

export type MailRoom = {
  /** Takes an event to the post. */
  post(event: WmsEvent): void;
  /** Sends what is due in this tick, until a batch is not taken. Ticks only go up, and never two at a time. */
  sendDue(tick: number, send: SendBatch): Promise<PostReport>;
  /** Events that are not delivered yet, late ones and copies included. */
  waiting(): number;
};

/** What became of the post of one tick. */
export type PostReport = { readonly batches: number; readonly events: number; readonly isStuck: boolean };

/** The post of a warehouse: batches, in order, until they are taken; with the seeded faults of a real one. */
export function mailRoom(options: MailRoomOptions): MailRoom {
  const { random, faults, code } = options;
  const lateTicksMax = options.lateTicksMax ?? LATE_TICKS_MAX_DEFAULT;
  let letters: Letter[] = [];
  let batches: FakeBatch[] = [];
  let batchNumber = 0;
  let tickNow = 0;

  function close(events: readonly WmsEvent[]): FakeBatch {
    batchNumber += 1;
    const ordered = random.chance(faults.reorder) ? random.shuffle(events) : events;
    const body = new TextEncoder().encode(JSON.stringify({ warehouse: code, events: ordered }));
    return {
      deliveryId: `${options.deliveryPrefix}${batchNumber}`,
      body,
      events: events.length,
      isCopy: false,
    };
  }

  function collect(tick: number): void {
    const due = letters.filter(({ dueTick }) => dueTick <= tick);
    letters = letters.filter(({ dueTick }) => dueTick > tick);
    for (let from = 0; from < due.length; from += options.eventsPerBatch) {
      const chosen = due.slice(from, from + options.eventsPerBatch);
      batches.push(close(chosen.map(({ event }) => event)));
      const copied = chosen.filter(({ isCopy }) => !isCopy && random.chance(faults.duplicateEvent));
      letters.push(...copied.map(({ event }) => letter(event, tick + random.integer(1, lateTicksMax), true)));
    }
  }

  return {
    post(event) {
      const delay = random.chance(faults.late) ? random.integer(1, lateTicksMax) : 0;
      letters.push(letter(event, tickNow + 1 + delay));
    },
    async sendDue(tick, send) {
      tickNow = tick;
      collect(tick);
      const sent: FakeBatch[] = [];
      for (const batch of batches) {
        if (!(await send(batch))) break;
        sent.push(batch);
      }
      const again = sent
        .filter(({ isCopy }) => !isCopy && random.chance(faults.duplicateBatch))
        .map((batch) => ({ ...batch, isCopy: true }));
      const isStuck = sent.length < batches.length;
      batches = [...batches.slice(sent.length), ...again];
      return { batches: sent.length, events: eventsIn(sent), isStuck };
    },
    waiting: () => letters.length + eventsIn(batches),
  };
}

function letter(event: WmsEvent, dueTick: number, isCopy = false): Letter {
  return { event, dueTick, isCopy };
}

function eventsIn(batches: readonly FakeBatch[]): number {
  return batches.reduce((sum, { events }) => sum + events, 0);
}
