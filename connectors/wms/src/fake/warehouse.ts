import { setTimeout } from "node:timers/promises";
import type { ConnectorIo } from "@crossdock/connector-kit";
import { isHttpFailure } from "@crossdock/connector-kit";
import {
  type FakeServer,
  type FakeServerOptions,
  fakeServer,
  loopbackIo,
  seededRandom,
} from "@crossdock/connector-kit/testing";
import { EVENTS_PER_MESSAGE_MAX } from "../event-schema.ts";
import { DELIVERY_ID_HEADER, signatureHeaders } from "../signing.ts";
import { type Archive, archiveOf } from "./archive.ts";
import { type FakeTransfer, type Floor, floorOf, type Record } from "./floor.ts";
import {
  EVENTS_WAITING_MAX,
  type FakeBatch,
  type MailRoom,
  mailRoom,
  NO_POST_FAULTS,
  type PostFaults,
  type PostReport,
  type SendBatch,
} from "./mail-room.ts";
import { ORDERS_OPEN_MAX, type OrderDesk, orderDesk } from "./order-desk.ts";
import { type FakeStock, type PhysicalStock, type Shelves, shelvesWith } from "./shelves.ts";
import { type FakeSnapshot, snapshotPages } from "./stock-take.ts";
import { type Activity, NO_ACTIVITY, workTick } from "./working-day.ts";

/** How a simulated warehouse is set up. Only the first five have no default. */
export type FakeWarehouseOptions = {
  readonly seed: number | string;
  /** The warehouse's code: it is in every batch, and every release must name it. */
  readonly code: string;
  readonly secret: string;
  /** Taken as well, for releases that are signed with the other secret of a rotation. */
  readonly previousSecret?: string;
  readonly stock: readonly FakeStock[];
  /** Where batches go: an address, or a function of the test. It can be set later; until then events wait. */
  readonly sendTo?: string | SendBatch;
  /** Sent with every batch that goes to an address: an API key. */
  readonly headers?: Readonly<globalThis.Record<string, string>>;
  /** How batches are sent to an address. Default: `loopbackIo`, which stays on this machine. */
  readonly io?: ConnectorIo;
  readonly now?: () => Date;
  /** What happens by itself; nothing, unless it is said. */
  readonly activity?: Partial<Activity>;
  readonly postFaults?: Partial<PostFaults>;
  /** Faults of its own API: see `fakeServer`. */
  readonly server?: Pick<FakeServerOptions, "faults" | "latencyMs" | "budget">;
  /** Codes of warehouses that goods may be transferred to by themselves. */
  readonly neighbours?: readonly string[];
  /** Told of every transfer that left by itself, so that somebody lets it arrive. */
  readonly onTransfer?: (transfer: FakeTransfer) => void;
  /** Number of the first event. A warehouse that goes on where an earlier one stopped must not repeat its ids. */
  readonly firstSequence?: number;
  readonly eventsPerBatch?: number;
  readonly ordersPerTick?: number;
  readonly ordersOpenMax?: number;
};

/** What happened in one tick: events that were made, and what became of the post. */
export type TickReport = PostReport & { readonly recorded: number; readonly waiting: number };

/** A simulated warehouse at work. */
export type FakeWarehouse = {
  /** The base address for the account's `url` setting. */
  readonly url: string;
  readonly code: string;
  readonly server: FakeServer;
  /** Everything that can be done by hand. */
  readonly floor: Floor;
  /** One step of the working day, and the post of that step. Wait for it before the next. */
  tick(): Promise<TickReport>;
  /** Sends everything that waits, late events too; throws when the other side keeps refusing. */
  drain(): Promise<void>;
  /** Ticks until the function that it gives is called, which waits for the tick that is running. An error ends it as well. */
  run(options: {
    readonly everyMs: number;
    readonly onError?: (error: unknown) => void;
  }): () => Promise<void>;
  /** Reports every SKU with a count: how a system that starts with nothing learns what is there. */
  announceStock(): void;
  /**
   * Posts what is there at this moment, page by page, as of its last event. Throws when a page is not taken. Between two ticks, so that
   * nothing happens meanwhile.
   */
  postSnapshot(asked: FakeSnapshot): Promise<void>;
  sendTo(target: string | SendBatch): void;
  /** What physically lies there. */
  truth(sku: string): PhysicalStock;
  /** What is on hand according to its events. */
  reported(sku: string): number;
  readonly skus: readonly string[];
  /** Orders that are not shipped yet. */
  openOrders(): number;
  /** Different releases that it took. */
  releasesTaken(): number;
  /** The number of the next event. */
  nextSequence(): number;
  /** The next events happen and are never posted: only whoever asks for them hears of them. */
  loseNext(events: number): void;
  /** Uses the next number up for something that is undone: nothing is ever told under it. */
  skipNumber(because: string): void;
  /** How often it was asked for events. */
  timesAsked(): number;
  close(): Promise<void>;
};

const EVENTS_PER_BATCH_DEFAULT = 500;
const ORDERS_PER_TICK_DEFAULT = 100;
/** Times in a row that a batch may be refused while draining. */
const DRAIN_REFUSALS_MAX = 50;

/** Starts a warehouse. It works only when it is told to: by `tick`, by `run`, or by hand through `floor`. */
export async function startFakeWarehouse(options: FakeWarehouseOptions): Promise<FakeWarehouse> {
  const { code, seed, secret, previousSecret } = options;
  const now = options.now ?? (() => new Date());
  const shelves = shelvesWith(options.stock);
  const secrets = previousSecret === undefined ? [secret] : [secret, previousSecret];
  const desk = orderDesk({
    code,
    secrets,
    stocks: shelves.has,
    ordersOpenMax: options.ordersOpenMax ?? ORDERS_OPEN_MAX,
  });
  const post = postOf(options, now);
  const archive = archiveOf({ code, secrets });
  const journal = journalOf(options, now, { room: post.room, archive });
  const floor = floorOf({ code, shelves, desk, record: journal.record });
  const clockwork = clockworkOf({
    code,
    post,
    next: journal.next,
    work: dayOf(options, { shelves, desk, floor }),
  });
  const server = await fakeServer({
    seed: `${seed}/${code}/api`,
    now,
    handle: (call) =>
      call.method === "GET" && call.path === "/events" ? archive.handle(call) : desk.handle(call),
    ...options.server,
  });
  return {
    url: server.url,
    code,
    server,
    floor,
    skus: shelves.skus(),
    tick: clockwork.tick,
    drain: clockwork.drain,
    run: clockwork.run,
    announceStock() {
      for (const sku of shelves.skus()) floor.count(sku);
    },
    postSnapshot: (asked) => {
      const taken = { code, takenAt: journal.moment(), lastSequence: journal.last() };
      return postAll(post, snapshotPages(shelves, asked, taken));
    },
    sendTo: post.sendTo,
    truth: shelves.truth,
    reported: shelves.reported,
    openOrders: () => desk.open().length,
    releasesTaken: desk.taken,
    nextSequence: journal.next,
    loseNext: journal.loseNext,
    skipNumber: journal.skipNumber,
    timesAsked: archive.asked,
    async close() {
      await clockwork.stop();
      await server.close();
    },
  };
}

type Clockwork = {
  readonly code: string;
  readonly post: ReturnType<typeof postOf>;
  readonly next: () => number;
  readonly work: () => void;
};

/** What moves the warehouse forward: one tick after the other, each with its post. */
function clockworkOf({ code, post, next, work }: Clockwork) {
  const stops = new Set<() => Promise<void>>();
  let tickNumber = 0;

  async function tick(): Promise<TickReport> {
    tickNumber += 1;
    const before = next();
    if (post.room.waiting() < EVENTS_WAITING_MAX) work();
    const recorded = next() - before;
    const sent = await post.room.sendDue(tickNumber, post.send);
    return { ...sent, recorded, waiting: post.room.waiting() };
  }

  return {
    tick,
    async drain(): Promise<void> {
      for (let refusals = 0; post.room.waiting() > 0; ) {
        tickNumber += 1;
        const { isStuck } = await post.room.sendDue(tickNumber, post.send);
        refusals = isStuck ? refusals + 1 : 0;
        if (refusals > DRAIN_REFUSALS_MAX) throw new Error(`${code} cannot deliver: ${post.problem()}`);
      }
    },
    run({ everyMs, onError }: Parameters<FakeWarehouse["run"]>[0]): () => Promise<void> {
      const stop = repeat(everyMs, tick, onError ?? (() => undefined));
      stops.add(stop);
      return stop;
    },
    stop: async (): Promise<void> => {
      await Promise.all([...stops].map((stop) => stop()));
    },
  };
}

type Shelf = { readonly room: MailRoom; readonly archive: Archive };

/** Sends pages one after the other; throws at the first that is not taken. */
async function postAll(post: ReturnType<typeof postOf>, pages: readonly FakeBatch[]): Promise<void> {
  for (const page of pages) {
    if (!(await post.send(page)))
      throw new Error(`${page.deliveryId} of a snapshot cannot be delivered: ${post.problem()}`);
  }
}

/** Numbers and dates every event. Two events never share a moment, so that a count has a before and an after. */
function journalOf({ code, firstSequence = 1 }: FakeWarehouseOptions, now: () => Date, shelf: Shelf) {
  let next = firstSequence;
  let lastMs = 0;
  let toLose = 0;
  const record: Record = (make) => {
    lastMs = Math.max(now().getTime(), lastMs + 1);
    const occurredAt = new Date(lastMs).toISOString();
    const event = make({ eventId: `${code}-${next}`, sequence: next, occurredAt });
    next += 1;
    shelf.archive.keep(event);
    if (toLose > 0) toLose -= 1;
    else shelf.room.post(event);
  };
  return {
    record,
    next: () => next,
    /** The last number that something was told under; undefined before the first. */
    last: (): number | undefined => (next > firstSequence ? next - 1 : undefined),
    /** A moment after everything so far, and before everything that follows. */
    moment: (): Date => {
      lastMs = Math.max(now().getTime(), lastMs + 1);
      return new Date(lastMs);
    },
    loseNext: (events: number): void => {
      toLose += events;
    },
    skipNumber: (because: string): void => {
      shelf.archive.skip(next, because);
      next += 1;
    },
  };
}

function dayOf(
  options: FakeWarehouseOptions,
  parts: { readonly shelves: Shelves; readonly desk: OrderDesk; readonly floor: Floor },
): () => void {
  const day = {
    ...parts,
    random: seededRandom(`${options.seed}/${options.code}/day`),
    activity: { ...NO_ACTIVITY, ...options.activity },
    ordersPerTick: options.ordersPerTick ?? ORDERS_PER_TICK_DEFAULT,
    neighbours: options.neighbours ?? [],
    onTransfer: options.onTransfer ?? (() => undefined),
  };
  return () => workTick(day);
}

function postOf(options: FakeWarehouseOptions, now: () => Date) {
  const { code, seed, firstSequence = 1 } = options;
  const io = options.io ?? loopbackIo({ now });
  const room = mailRoom({
    code,
    random: seededRandom(`${seed}/${code}/post`),
    faults: { ...NO_POST_FAULTS, ...options.postFaults },
    eventsPerBatch: Math.min(options.eventsPerBatch ?? EVENTS_PER_BATCH_DEFAULT, EVENTS_PER_MESSAGE_MAX),
    deliveryPrefix: `${code}-${firstSequence}-`,
  });
  let target = options.sendTo;
  let problem = "it was never told where to send its batches";

  async function send(batch: FakeBatch): Promise<boolean> {
    if (target === undefined) return false;
    if (typeof target === "function") return target(batch);
    const { body, deliveryId } = batch;
    const headers = {
      "content-type": "application/json",
      [DELIVERY_ID_HEADER]: deliveryId,
      ...signatureHeaders(options.secret, now(), body),
      ...options.headers,
    };
    const outcome = await io.http({ method: "POST", url: target, headers, body });
    if (isHttpFailure(outcome)) problem = outcome.failed;
    else problem = `${outcome.status} ${new TextDecoder().decode(outcome.body.subarray(0, 300))}`;
    return !isHttpFailure(outcome) && outcome.status >= 200 && outcome.status < 300;
  }

  return {
    room,
    send,
    problem: () => problem,
    sendTo: (next: string | SendBatch): void => {
      target = next;
    },
  };
}

/** Does something again and again with a pause in between, never twice at a time. An error ends it, and is told. */
function repeat(everyMs: number, work: () => Promise<unknown>, onError: (error: unknown) => void) {
  const stopping = new AbortController();
  const turns = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await work();
      await setTimeout(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = turns().catch(onError);
  return async (): Promise<void> => {
    stopping.abort();
    await running;
  };
}
