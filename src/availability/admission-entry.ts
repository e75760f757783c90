import type { FactLog } from "../backbone/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock, Ids } from "../platform/index.ts";
import type { SeenQueues } from "./backorders/seen-queues.ts";
import type { RequestToAdmit } from "./request-to-admit.ts";
import type { RuleBook } from "./rules/book.ts";
import type { LoadMemory } from "./sourcing/load-service.ts";

export type AdmissionDeps = {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly factLog: FactLog;
  readonly ledger: Pick<Ledger, "lockPositionsOf" | "post">;
  /** Units that wait to be picked at locations; asked for where a rule ranks by them. */
  readonly load: LoadMemory;
  readonly seenQueues: SeenQueues;
};

/** Backorders whose turn it may be: what has to be locked for them. The others of their items are passed by, and keep what is theirs. */
export type ToServe = {
  readonly backorderIds: ReadonlySet<string>;
  readonly itemIds: readonly string[];
  readonly channelIds: readonly string[];
  readonly orderIds: readonly string[];
};

/** How a batch is decided. */
export type Admitting = {
  readonly book: RuleBook;
  /** Which of the requests were decided before; asked for in the flight of the locks, because while positions are locked every round trip costs. */
  readonly answered?: () => Promise<ReadonlySet<RequestToAdmit>>;
  /** What is promised was given back before in this transaction: what another place is short by is no reason against it. */
  readonly isMove?: boolean;
  /** Only what is chosen may be locked; throws `SeenOtherwise` where that does not do, and the caller tries again without. */
  readonly locksChosen?: boolean;
  /** Instead of requests, those who wait. */
  readonly serve?: ToServe;
};
