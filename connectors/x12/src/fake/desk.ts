import { createHash } from "node:crypto";
import type { OrderBook } from "./order-book.ts";
import { type PaperGroup, type PaperInterchange, type PaperSegment, readPapers } from "./paper.ts";
import { checkAcknowledgement, checkAdvice, checkShipNotice, type PaperDesk } from "./paper-checks.ts";
import { Recent } from "./recent.ts";

const RECEIVED_KEPT = 1_000;
const PROBLEMS_KEPT = 500;
const NUMBERS_KEPT = 20_000;
const CARTONS_KEPT = 100_000;
const ITEMS_KEPT = 20_000;
const OWED_KEPT = 20_000;

/** A set that came in. */
export type ReceivedSet = {
  readonly set: string;
  readonly controlNumber: number;
  readonly problems: readonly string[];
};

/** A group of ours that the supplier has not acknowledged. */
export type OwedAcknowledgement = {
  readonly controlNumber: number;
  readonly set: string;
  readonly sentAt: string;
};

/** The segments of the 997 that a received group is owed. */
export type Answer = { readonly functionalId: string; readonly segments: readonly PaperSegment[] };

const GROUPS: Readonly<Record<string, string>> = { "855": "PR", "856": "SH", "846": "IB", "997": "FA" };

type DeskOptions = {
  readonly book: OrderBook;
  /** Sender and receiver of what comes in: qualifier and id. */
  readonly from: string;
  readonly to: string;
  readonly usage: string;
  readonly firstControlNumber: number;
};

/** Where papers arrive: reads them, holds them against what was ordered, and writes down everything that is wrong. */
export class ReceivingDesk {
  readonly #options: DeskOptions;
  readonly #received: ReceivedSet[] = [];
  readonly #problems: string[] = [];
  readonly #numbers = new Recent<number, string>(NUMBERS_KEPT);
  readonly #cartons = new Recent<string, string>(CARTONS_KEPT);
  readonly #shipments = new Recent<string, true>(CARTONS_KEPT);
  readonly #available = new Recent<string, number>(ITEMS_KEPT);
  readonly #owed = new Recent<number, OwedAcknowledgement>(OWED_KEPT);
  readonly #settled = new Recent<number, true>(OWED_KEPT);
  problemCount = 0;
  /** Interchanges that were new. */
  effects = 0;
  duplicates = 0;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  received(): readonly ReceivedSet[] {
    return [...this.#received];
  }

  problems(): readonly string[] {
    return [...this.#problems];
  }

  owed(): readonly OwedAcknowledgement[] {
    return this.#owed.values();
  }

  /** What the last 846 said of an item, by qualifier and number: `VN:CD-1000`. */
  available(name: string): number | undefined {
    return this.#available.get(name);
  }

  /** Writes down that a group went out, for which a 997 is due. */
  sent(owed: OwedAcknowledgement): void {
    this.#owed.set(owed.controlNumber, owed);
  }

  complain(problem: string): void {
    this.problemCount += 1;
    this.#problems.push(problem);
    if (this.#problems.length > PROBLEMS_KEPT) this.#problems.shift();
  }

  /** Takes a file, and gives what its groups are owed. A file that was here before changes nothing and is owed nothing. */
  receive(bytes: Uint8Array): readonly Answer[] {
    const { interchanges, problems } = readPapers(bytes);
    for (const problem of problems) this.complain(problem);
    return interchanges.flatMap((interchange) => this.#interchange(interchange));
  }

  #interchange(interchange: PaperInterchange): readonly Answer[] {
    const number = Number(interchange.number);
    const hash = createHash("sha256").update(interchange.text, "latin1").digest("hex");
    const known = this.#numbers.get(number);
    if (known === hash) {
      this.duplicates += 1;
      return [];
    }
    if (known !== undefined) this.complain(`control number ${number} came twice, with different content`);
    this.#numbers.set(number, hash);
    this.effects += 1;
    const frames = [...interchange.problems, ...this.#addressProblems(interchange)];
    for (const problem of frames) this.complain(`interchange ${number}: ${problem}`);
    for (const answer of interchange.answers) this.#interchangeAnswer(answer);
    return interchange.groups.flatMap((group) => this.#group(group, number, frames.length > 0));
  }

  #addressProblems({ from, to, usage, number }: PaperInterchange): readonly string[] {
    const expected = this.#options;
    return [
      ...(from === expected.from ? [] : [`it is from ${from}, not from ${expected.from}`]),
      ...(to === expected.to ? [] : [`it is for ${to}, not for ${expected.to}`]),
      ...(usage === expected.usage ? [] : [`ISA15 is ${usage}, not ${expected.usage}`]),
      ...(/^\d{9}$/.test(number) ? [] : [`ISA13 is ${number}`]),
    ];
  }

  #group(group: PaperGroup, controlNumber: number, isBroken: boolean): readonly Answer[] {
    for (const set of group.sets) {
      const problems = [
        ...(GROUPS[set.id] === group.functionalId ? [] : [`a ${set.id} in a group ${group.functionalId}`]),
      ];
      problems.push(...this.#check(set.id, set));
      for (const problem of problems) this.complain(`${set.id} of interchange ${controlNumber}: ${problem}`);
      this.#received.push({ set: set.id, controlNumber, problems });
      if (this.#received.length > RECEIVED_KEPT) this.#received.shift();
    }
    if (group.functionalId === "FA") return [];
    return [{ functionalId: group.functionalId, segments: answerSegments(group, isBroken) }];
  }

  #check(id: string, set: PaperGroup["sets"][number]): readonly string[] {
    switch (id) {
      case "855":
        return checkAcknowledgement(set, this.#desk);
      case "856":
        return checkShipNotice(set, this.#desk);
      case "846":
        return checkAdvice(set, this.#desk);
      case "997":
        return this.#functionalAnswer(set.segments);
      default:
        return [`nobody asked for a ${id}`];
    }
  }

  /** A 997 of ours: it must name a group that was sent, and each only once. */
  #functionalAnswer(segments: readonly PaperSegment[]): readonly string[] {
    const [, functionalId = "", number = ""] = segments.find(([id]) => id === "AK1") ?? [];
    const [, status = "", declared = "", received = "", accepted = ""] =
      segments.find(([id]) => id === "AK9") ?? [];
    const controlNumber = Number(number);
    const problems: string[] = [];
    const sent = this.#owed.get(controlNumber);
    if (functionalId !== "PO") problems.push(`AK101 is ${functionalId}, and we send groups of orders (PO)`);
    // A number before the first is of an earlier run.
    if (sent === undefined && controlNumber >= this.#options.firstControlNumber) {
      const again = this.#settled.has(controlNumber) ? "was acknowledged before" : "was never sent";
      problems.push(`AK1: the group ${number} ${again}`);
    }
    if (status !== "A" || declared !== received || received !== accepted) {
      problems.push(
        `AK9 ${status} for group ${number}: ${accepted} of ${received} accepted, ${declared} declared`,
      );
    }
    this.#owed.delete(controlNumber);
    this.#settled.set(controlNumber, true);
    return problems;
  }

  #interchangeAnswer([, number = "", , , status = "", note = ""]: PaperSegment): void {
    this.#received.push({ set: "TA1", controlNumber: Number(number), problems: [] });
    if (status === "A") return;
    this.complain(`TA1: interchange ${number} is answered ${status}, note ${note}`);
    // A refused interchange gets no 997.
    this.#owed.delete(Number(number));
    this.#settled.set(Number(number), true);
  }

  readonly #desk: PaperDesk = {
    findOrder: (orderNumber) => this.#options.book.find(orderNumber),
    isForgotten: (orderNumber) => this.#options.book.isForgotten(orderNumber),
    takeCarton: (sscc, shipment) => {
      const before = this.#cartons.get(sscc);
      this.#cartons.set(sscc, shipment);
      return before === undefined;
    },
    takeShipment: (shipment) => {
      const isNew = !this.#shipments.has(shipment);
      this.#shipments.set(shipment, true);
      return isNew;
    },
    setAvailable: (name, quantity) => this.#available.set(name, quantity),
  };
}

/** AK1 to AK9: all accepted, or, where the frames are broken, all refused. */
function answerSegments(group: PaperGroup, isBroken: boolean): readonly PaperSegment[] {
  const status = isBroken ? "R" : "A";
  const count = String(group.sets.length);
  return [
    ["AK1", group.functionalId, group.number],
    ...group.sets.flatMap(({ id, number }) => [
      ["AK2", id, number],
      isBroken ? ["AK5", status, "5"] : ["AK5", status],
    ]),
    ["AK9", status, count, count, isBroken ? "0" : count],
  ];
}
