/**
 * A retailer that is not one: it orders by 850, takes 855, 856, 846, 997 and TA1 over a real HTTP server or from hand to
 * hand, and writes down everything in them that a retailer would charge its supplier for.
 *
 * Terms: a *paper* is a file of X12; the *tray* holds what the retailer has written and nobody has taken; a *problem* is a
 * sentence about a paper that is wrong; *owed* is a 997 that the supplier has not sent yet.
 *
 * Invariants: its X12 is read and written by code of its own, so that it does not share the connector's mistakes. The same
 * options, calls and clock give the same papers. Memory is bounded, so it can run for days.
 *
 * What it deliberately does not do: change or cancel orders, send invoices back, and be polite about wrong papers.
 */
import {
  type FakeAnswer,
  type FakeCall,
  type Fault,
  type FaultRates,
  fakeServer,
  type RecordedCall,
  type SeededRandom,
  seededRandom,
} from "@crossdock/connector-kit/testing";
import { Courier, type MailTarget } from "./courier.ts";
import { type Answer, type OwedAcknowledgement, type ReceivedSet, ReceivingDesk } from "./desk.ts";
import { type FakeOrder, OrderBook, type OrderedLine } from "./order-book.ts";
import { type Address, type Separators, writePaper } from "./paper.ts";

export type { MailTarget } from "./courier.ts";
export type { OwedAcknowledgement, ReceivedSet } from "./desk.ts";
export type { FakeOrder, FakeOrderLine, OrderedLine } from "./order-book.ts";

const PATH = "/edi";
const RETRY_DELAY_MS_DEFAULT = 500;

type PartyOptions = { readonly qualifier?: string; readonly id: string; readonly groupId?: string };

/** What a fake retailer is started with; the seed and its own ISA id are enough. */
export type FakeRetailerOptions = {
  /** Decides which stores get the odd piece and which files are sent twice. */
  readonly seed: number | string;
  /** ISA06 of the retailer, up to 15 characters. */
  readonly isaId: string;
  readonly qualifier?: string;
  readonly groupId?: string;
  /** Whom it orders from: the address of the account under test. */
  readonly supplier?: PartyOptions;
  readonly version?: "004010" | "005010";
  readonly usage?: "P" | "T";
  /** Its own delimiters, where they are not * > ~ ^. */
  readonly separators?: Partial<Separators>;
  /** After each terminator. Default: none. */
  readonly lineBreak?: "" | "\n" | "\r\n";
  /** Interchanges that are put into one file. An unfinished file goes out with `takeFiles` or `flush`. Default: 1. */
  readonly interchangesPerFile?: number;
  /** Chance that a file goes out twice, under the same control numbers. */
  readonly duplicates?: number;
  /** Stores that it orders for. */
  readonly stores?: readonly string[];
  /** Whether an order is spread over all stores by SDQ. Default: each order goes to one store. */
  readonly spread?: boolean;
  /** Whether it answers each group with a 997. Default: it does. */
  readonly answers?: boolean;
  /** The bearer token that it wants with what is posted to it. */
  readonly token?: string;
  /** Both go on from an earlier run where its data is still there. */
  readonly firstControlNumber?: number;
  readonly firstOrderNumber?: number;
  readonly faults?: FaultRates;
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** Wait before a file that could not be posted is posted again; it doubles with each attempt. */
  readonly retryDelayMs?: number;
  readonly now?: () => Date;
};

/** Settings and secrets of an account that trades with the fake, as the connector's manifest wants them. */
export type FakeRetailerAccount = {
  readonly settings: {
    readonly us: Address;
    readonly partner: Address;
    readonly version: "004010" | "005010";
    readonly usage: "P" | "T";
    readonly delivery: { readonly how: "http"; readonly url: string; readonly bearer?: boolean };
  };
  readonly secrets: Readonly<Record<string, string>>;
};

/** A running fake retailer. */
export type FakeRetailer = {
  /** Where papers are posted to. */
  readonly url: string;
  readonly account: FakeRetailerAccount;
  /** Orders, and puts the 850 into the tray. `store` decides where it goes, when it is not spread over all of them. */
  placeOrder(lines: readonly OrderedLine[], options?: { readonly store?: string }): FakeOrder;
  order(orderNumber: string): FakeOrder | undefined;
  /** The orders that are remembered, oldest first. */
  orders(): readonly FakeOrder[];
  /** Hands over a file, as a poll of the outbox would. */
  receive(file: Uint8Array): void;
  /** The sets that came in, oldest first. */
  received(): readonly ReceivedSet[];
  /** Everything that was wrong, oldest first; `problemCount` also counts what is no longer kept. */
  problems(): readonly string[];
  problemCount(): number;
  /** What the last 846 said of an item, by qualifier and number: `VN:CD-1000`. */
  available(name: string): number | undefined;
  /** Groups of the retailer that the supplier has not acknowledged. */
  acknowledgementsOwed(): readonly OwedAcknowledgement[];
  /** Takes everything out of the tray. */
  takeFiles(): readonly Uint8Array[];
  /** Puts an unfinished file into the tray. */
  flush(): void;
  /** From now on posts what is in the tray, one file after the other. */
  sendTo(target: MailTarget): void;
  /** Waits until the tray is empty. */
  mailSettled(): Promise<void>;
  /** Different interchanges that were taken. */
  effects(): number;
  /** Interchanges that came again. */
  duplicates(): number;
  /** The latest calls, oldest first. */
  calls(): readonly RecordedCall[];
  /** The next calls fail in this way, one fault a call. */
  failNext(...faults: readonly Fault[]): void;
  close(): Promise<void>;
};

type Complete = Required<
  Omit<FakeRetailerOptions, "token" | "supplier" | "separators" | "qualifier" | "groupId">
> & {
  readonly token: string | undefined;
  readonly us: Address;
  readonly supplier: Address;
  readonly separators: Separators;
};

function complete(options: FakeRetailerOptions): Complete {
  const { isaId: id, qualifier = "ZZ", groupId = id, supplier = { id: "CROSSDOCK" } } = options;
  const addressOf = (party: PartyOptions): Address => ({ qualifier: "ZZ", groupId: party.id, ...party });
  return {
    version: "004010",
    usage: "P",
    lineBreak: "",
    interchangesPerFile: 1,
    duplicates: 0,
    stores: ["0001"],
    spread: false,
    answers: true,
    firstControlNumber: 1,
    firstOrderNumber: 1,
    faults: {},
    latencyMs: { min: 0, max: 0 },
    retryDelayMs: RETRY_DELAY_MS_DEFAULT,
    now: () => new Date(),
    ...options,
    token: options.token,
    us: { id, qualifier, groupId },
    supplier: addressOf(supplier),
    separators: { element: "*", component: ">", segment: "~", repetition: "^", ...options.separators },
  };
}

/** Starts a fake retailer on a free port of the loopback address. */
export async function startFakeRetailer(options: FakeRetailerOptions): Promise<FakeRetailer> {
  const given = complete(options);
  const { seed, faults, latencyMs, token, us, supplier } = given;
  const book = new OrderBook(`${given.isaId.slice(0, 3)}-`, given.firstOrderNumber);
  const nameOf = ({ qualifier, id }: Address) => `${qualifier}/${id}`;
  const { usage, firstControlNumber } = given;
  const desk = new ReceivingDesk({ book, from: nameOf(supplier), to: nameOf(us), usage, firstControlNumber });
  const courier = new Courier({ retryDelayMs: given.retryDelayMs, lost: (reason) => desk.complain(reason) });
  const tray = new OutTray(given, courier, desk);
  const receive = (file: Uint8Array): void => {
    for (const answer of desk.receive(file)) if (given.answers) tray.answer(answer);
  };
  const server = await fakeServer({
    handle: (call) => take(call, { token, desk, receive }),
    seed,
    faults,
    latencyMs,
  });
  const stores = seededRandom(seed).fork("stores");
  return {
    url: server.url + PATH,
    account: accountOf(given, server.url + PATH),
    placeOrder: (lines, { store } = {}) => tray.order(book, lines, { random: stores, store }),
    order: (orderNumber) => book.find(orderNumber),
    orders: () => book.all(),
    receive,
    received: () => desk.received(),
    problems: () => desk.problems(),
    problemCount: () => desk.problemCount,
    available: (name) => desk.available(name),
    acknowledgementsOwed: () => desk.owed(),
    takeFiles: () => {
      tray.flush();
      return courier.take();
    },
    flush: () => tray.flush(),
    sendTo: (target) => courier.postTo(target),
    mailSettled: () => courier.settled(),
    effects: () => desk.effects,
    duplicates: () => desk.duplicates,
    calls: server.calls,
    failNext: server.failNext,
    close: async () => {
      await courier.close();
      await server.close();
    },
  };
}

type Receiving = {
  readonly token: string | undefined;
  readonly desk: ReceivingDesk;
  readonly receive: (file: Uint8Array) => void;
};

function take(call: FakeCall, { token, desk, receive }: Receiving): FakeAnswer {
  if (call.method !== "POST" || call.path !== PATH) return { status: 404, body: "there is nothing here" };
  if (token !== undefined && call.headers.authorization !== `Bearer ${token}`) {
    return { status: 401, body: "the bearer token is missing or wrong" };
  }
  const type = call.headers["content-type"];
  if (type !== "application/edi-x12") desk.complain(`a file was posted as ${type}`);
  receive(call.body);
  return { status: 202 };
}

function accountOf({ us, supplier, version, usage, token }: Complete, url: string): FakeRetailerAccount {
  return {
    settings: {
      us: supplier,
      partner: us,
      version,
      usage,
      delivery: { how: "http", url, ...(token === undefined ? {} : { bearer: true }) },
    },
    secrets: token === undefined ? {} : { token },
  };
}

/** Writes the retailer's interchanges, numbers them, and puts them into files. */
class OutTray {
  readonly #given: Complete;
  readonly #courier: Courier;
  readonly #desk: ReceivingDesk;
  readonly #random: SeededRandom;
  #pending: string[] = [];
  #number: number;

  constructor(given: Complete, courier: Courier, desk: ReceivingDesk) {
    this.#given = given;
    this.#courier = courier;
    this.#desk = desk;
    this.#random = seededRandom(given.seed).fork("duplicates");
    this.#number = given.firstControlNumber;
  }

  order(
    book: OrderBook,
    lines: readonly OrderedLine[],
    { random, store }: { readonly random: SeededRandom; readonly store: string | undefined },
  ): FakeOrder {
    const { now, stores, spread } = this.#given;
    const at = now();
    const controlNumber = this.#number;
    const chosen = spread ? stores : [store ?? random.pick(stores)];
    const { order, segments } = book.place({ lines, at, controlNumber, stores: chosen, spread, random });
    this.#desk.sent({ controlNumber, set: "850", sentAt: at.toISOString() });
    this.#write("PO", "850", { segments, at });
    return order;
  }

  answer({ segments }: Answer): void {
    this.#write("FA", "997", { segments, at: this.#given.now() });
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    const file = new Uint8Array(Buffer.from(this.#pending.join(""), "latin1"));
    this.#pending = [];
    this.#courier.add(file);
    if (this.#random.chance(this.#given.duplicates)) this.#courier.add(file);
  }

  #write(
    functionalId: string,
    id: string,
    { segments, at }: { readonly segments: Answer["segments"]; readonly at: Date },
  ): void {
    const { us, supplier, separators, lineBreak, version, usage, interchangesPerFile } = this.#given;
    const sets = [{ id, segments }];
    const number = this.#number;
    this.#number += 1;
    const sheet = {
      from: us,
      to: supplier,
      separators,
      lineBreak,
      version,
      usage,
      number,
      functionalId,
      at,
      sets,
    };
    this.#pending.push(writePaper(sheet));
    if (this.#pending.length >= interchangesPerFile) this.flush();
  }
}
