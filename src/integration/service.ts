import type { AccountId } from "@crossdock/canonical";
import type { Connector } from "@crossdock/connector-kit";
import { createDeadLetters, type FactLog } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import {
  type Clock,
  createWorker,
  type Database,
  type Ids,
  type Leases,
  type Log,
  localWakeup,
  type Metrics,
  type Random,
  type SecretBox,
  seededRandom,
  type Wakeup,
  type Worker,
} from "../platform/index.ts";
import { installConnectors } from "./account.ts";
import { type Accounts, createAccounts } from "./account-service.ts";
import { type BackfillDeps, backfillGaps } from "./backfill-service.ts";
import { selectVoids, type ToldBy, type VoidPlace, type VoidRow } from "./backfill-store.ts";
import { createDocuments, type Documents } from "./documents-service.ts";
import { forgetFingerprints, observeFingerprints } from "./forgetting-service.ts";
import { type MissingNumbers, missingNumbers } from "./gap.ts";
import { createIgnoredNames, type IgnoredNames } from "./ignored-service.ts";
import type { DeliveryIn, Receipt } from "./inbox.ts";
import { receive } from "./inbox-service.ts";
import { type IntakeStanding, intakeOf } from "./intake-service.ts";
import { openHttpIo } from "./io.ts";
import { createLotsOfUnits, type LotsOfUnits } from "./lot-said-service.ts";
import { createMapper, type Mapper } from "./mapping-service.ts";
import { createMessages, type Messages } from "./messages-service.ts";
import { createMeters } from "./meters.ts";
import { type OpenStock, openStockStatements } from "./open-statements-service.ts";
import { createParkedRecords, type ParkedRecords } from "./parked-service.ts";
import { createProposals, type Proposals } from "./proposal-service.ts";
import { createPublishing, type Publishing } from "./publish-service.ts";
import { type ResumeDeps, resumeWaiting } from "./resume-service.ts";
import { createSender, type Sender } from "./sender-service.ts";
import { createSnapshotFiles, type SnapshotFiles } from "./snapshot-file-service.ts";
import { createStanding, observeStanding, type Standing } from "./standing-service.ts";
import { type VoidOutcome, voidGap } from "./stream-service.ts";
import { selectGaps } from "./stream-store.ts";
import { type Submission, type SubmissionAnswer, submit } from "./submission-service.ts";
import {
  BACKFILL_TOPIC,
  DOCUMENTS_TOPIC,
  FORGETTING_TOPIC,
  MESSAGES_TOPIC,
  REFERENCES_TOPIC,
} from "./topics.ts";
import { createUnresolvedNames, observeUnresolved, type UnresolvedNames } from "./unresolved-service.ts";

/** What the log calls a step of a worker of this part that failed. */
const WORKER_FAILED = "integration.worker-failed";
/** How late work is found when every wake-up is lost. */
const MESSAGES_POLL_MS = 1_000;
const DOCUMENTS_POLL_MS = 1_000;
/** A reference that was saved while a record was being parked is found by the next look at all that waits. */
const WAITING_POLL_MS = 10_000;
/** Windows are days long: what has fallen out of one may stay for a minute. */
const FORGETTING_POLL_MS = 60_000;
/** A gap is asked for when its grace period is over, and so much later at most. */
const BACKFILL_POLL_MS = 10_000;
/** How long running deliveries may take to end when we are stopped; after that their outcome is unknown. */
const STOP_GRACE_MS = 3_000;

export type IntegrationOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly wakeup: Wakeup;
  readonly leases: Leases;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly secretBox: SecretBox;
  readonly connectors: readonly Connector[];
  /** Chance for waits before another attempt. Default: another one for every process. */
  readonly random?: Pick<Random, "next">;
  /** The program's version, for the user agent. Default: `0`. */
  readonly version?: string;
};

/** Numbers that a person says were never used, first and last included, and why. */
export type NumbersToVoid = {
  readonly accountId: AccountId;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly because: string;
  readonly by: ToldBy;
};

/** How other systems are kept in step. Nothing runs before `start`; taking in, asking and queueing need no start. */
export type Integration = Messages &
  ParkedRecords &
  Documents &
  Publishing &
  Standing &
  UnresolvedNames &
  IgnoredNames &
  LotsOfUnits &
  Proposals & {
    readonly accounts: Accounts;
    /** Takes a delivery in. It is stored before it is answered, and answered the same however often it comes. */
    receive(delivery: DeliveryIn): Promise<Receipt>;
    /** Takes statements that are in our own form already, and says what became of each. */
    submit(submission: Submission): Promise<SubmissionAnswer>;
    /** Files of stock, read line by line. */
    readonly snapshotFiles: SnapshotFiles;
    /** Numbers that are missing from numbered streams, the longest missing first. */
    gaps(filter: {
      readonly accountId?: AccountId | undefined;
      readonly limit: number;
    }): Promise<readonly MissingNumbers[]>;
    /** Takes missing numbers out of the gaps because a person says that they were never used: all of them, or none. */
    voidNumbers(told: NumbersToVoid): Promise<VoidOutcome>;
    /** Numbers that were never used, by the word of their source or of a person, by stream and number. */
    voids(page: {
      readonly accountId: AccountId;
      readonly after: VoidPlace | undefined;
      readonly limit: number;
    }): Promise<readonly VoidRow[]>;
    /** Statements about stock that are no facts yet, or never, as the facts that they would be. */
    openStock(): Promise<OpenStock>;
    /** How the intake of an account stands: what became of everything, and what is done about duplicates. */
    intake(accountId: AccountId): Promise<IntakeStanding | undefined>;
    /** Forgets the business keys whose window has passed; done in the background, and here for tests. Gives how many. */
    forgetFingerprints(): Promise<number>;
    /** Asks sources for what is missing from their streams; done in the background, and here for tests. Gives how many gaps. */
    backfill(): Promise<number>;
    /** Starts the background work: mapping, resuming, sending. */
    start(): void;
    /** Finishes what is at hand and stops. A delivery that takes too long is left with its outcome unknown. */
    stop(): Promise<void>;
    /** Does everything that is due, and returns when nothing is; for tests and commands. */
    drain(): Promise<void>;
  };

/** Opens integration over a migrated database. */
export function createIntegration(options: IntegrationOptions): Integration {
  const { database, clock, governance, wakeup, metrics } = options;
  const connectors = installConnectors(options.connectors);
  const random = options.random ?? seededRandom(options.ids.next());
  const accounts = createAccounts({ database, clock, secrets: options.secretBox, connectors });
  const io = openHttpIo({ clock, ids: options.ids, version: options.version ?? "0" });
  const deps = { ...options, random, accounts, io, meters: createMeters(metrics) };
  const standing = createStanding(options);
  observeStanding(standing, options);
  observeFingerprints(options);
  const unresolvedNames = createUnresolvedNames(options);
  observeUnresolved(unresolvedNames, options);
  governance.onSaved(() => wakeup.signal(REFERENCES_TOPIC));
  return {
    accounts,
    ...createMessages(deps),
    ...createParkedRecords(deps),
    ...createProposals(deps),
    ...createDocuments(deps),
    ...createPublishing(deps),
    ...standing,
    ...unresolvedNames,
    ...createIgnoredNames(options),
    ...createLotsOfUnits(options),
    receive: (delivery) => receive(deps, delivery),
    submit: (submission) => submit(deps, submission),
    voidNumbers: ({ accountId, stream, by, ...range }) =>
      database.transaction((tx) => voidGap(tx, { accountId, stream, by, ranges: [range] }, clock.now())),
    voids: (page) => selectVoids(database, page),
    openStock: () => openStockStatements({ database, governance, now: clock.now() }),
    snapshotFiles: createSnapshotFiles({ ...deps, submit: (submission) => submit(deps, submission) }),
    intake: (accountId) => intakeOf({ ...deps, deadLetters: createDeadLetters(options) }, accountId),
    forgetFingerprints: () => forgetFingerprints(options),
    backfill: () => backfillGaps(deps),
    gaps: (filter) => gaps(database, filter, clock.now()),
    ...background(deps),
  };
}

async function gaps(
  database: Database,
  filter: { readonly accountId?: AccountId | undefined; readonly limit: number },
  now: Date,
): Promise<readonly MissingNumbers[]> {
  const rows = await selectGaps(database, filter);
  return rows.map((row) => missingNumbers(row, now));
}

type BackgroundDeps = ResumeDeps &
  Parameters<typeof createMapper>[0] &
  Parameters<typeof createSender>[0] &
  BackfillDeps & { readonly wakeup: Wakeup };

/** The background work, as one thing that starts and stops. */
function background(deps: BackgroundDeps): Pick<Integration, "start" | "stop" | "drain"> {
  const { wakeup } = deps;
  // The sender is woken by documents, and by its own places becoming free: the latter concerns no other process.
  const places = localWakeup();
  const wakeSender = () => places.signal(DOCUMENTS_TOPIC);
  const stopListening = wakeup.listen(DOCUMENTS_TOPIC, wakeSender);
  const mapper = createMapper(deps);
  const sender = createSender(deps, wakeSender);
  const workers = workersOf(deps, { places, mapper, sender });
  return {
    start() {
      for (const worker of workers) worker.start();
    },
    async stop() {
      stopListening();
      await Promise.all(workers.map((worker) => worker.stop()));
      await endDeliveries(sender);
      // Other processes need not wait for their next look.
      wakeup.signal(DOCUMENTS_TOPIC);
      deps.io.close();
    },
    drain: () => drain(deps, mapper, sender),
  };
}

type Hands = { readonly places: Wakeup; readonly mapper: Mapper; readonly sender: Sender };

function workersOf(deps: BackgroundDeps, { places, mapper, sender }: Hands): readonly Worker[] {
  const { log, wakeup } = deps;
  return [
    createWorker({
      name: "mapper",
      failedEvent: WORKER_FAILED,
      topic: MESSAGES_TOPIC,
      pollMs: MESSAGES_POLL_MS,
      wakeup,
      log,
      step: async () => (await mapper.step()) > 0,
    }),
    createWorker({
      name: "resumer",
      failedEvent: WORKER_FAILED,
      topic: REFERENCES_TOPIC,
      pollMs: WAITING_POLL_MS,
      wakeup,
      log,
      async step() {
        await resumeWaiting(deps);
        return false;
      },
    }),
    createWorker({
      name: "sender",
      failedEvent: WORKER_FAILED,
      topic: DOCUMENTS_TOPIC,
      pollMs: DOCUMENTS_POLL_MS,
      wakeup: places,
      log,
      step: async () => (await sender.begin()) > 0,
    }),
    createWorker({
      name: "forgetting",
      failedEvent: WORKER_FAILED,
      topic: FORGETTING_TOPIC,
      pollMs: FORGETTING_POLL_MS,
      wakeup: places,
      log,
      async step() {
        await forgetFingerprints(deps);
        return false;
      },
    }),
    createWorker({
      name: "backfill",
      failedEvent: WORKER_FAILED,
      topic: BACKFILL_TOPIC,
      pollMs: BACKFILL_POLL_MS,
      wakeup: places,
      log,
      async step() {
        await backfillGaps(deps);
        return false;
      },
    }),
  ];
}

async function endDeliveries(sender: Sender): Promise<void> {
  const timer = setTimeout(() => sender.abandon(), STOP_GRACE_MS);
  await sender.finished();
  clearTimeout(timer);
}

/** Messages make documents and parked records; so everything is tried again until a whole round has done nothing. */
async function drain(deps: BackgroundDeps, mapper: Mapper, sender: Sender): Promise<void> {
  let isBusy = true;
  while (isBusy) {
    const before = sender.handled();
    let mapped = 0;
    for (let step = await mapper.step(); step > 0; step = await mapper.step()) mapped += step;
    const resumed = await resumeWaiting(deps);
    while ((await sender.begin()) > 0) await sender.finished();
    await sender.finished();
    isBusy = mapped > 0 || resumed > 0 || sender.handled() > before;
  }
}
