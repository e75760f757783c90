import type {
  AccountId,
  ChannelId,
  DocumentId,
  FactType,
  ItemId,
  LocationId,
  Lot,
  Measure,
  MessageId,
  OrderId,
  OrderStatement,
  Quantity,
  RecordedFact,
  Reference,
  SnapshotStatement,
  StockStatement,
} from "@crossdock/canonical";
import type { LogPosition, LogSeal } from "../backbone/index.ts";
import type { KeepAnswer } from "../platform/index.ts";
import type { StoredKey } from "./api-key.ts";
import type { ArchivedMoment, Caller, Page, PageRequest, Reach } from "./asking.ts";
import type { AvailabilityChangesPort } from "./availability-changes-port.ts";
import type { AvailabilityPort } from "./availability-port.ts";
import type { AvailabilityQueryPort } from "./availability-query-port.ts";
import type { BackordersPort } from "./backorder-port.ts";
import type { CountCasesPort } from "./count-case-port.ts";
import type { DeadLetterView } from "./dead-letter-views.ts";
import type { DifferencesPort } from "./difference-port.ts";
import type { DisagreementsPort } from "./disagreement-port.ts";
import type { DriftPort } from "./drift-port.ts";
import type { ExpectationsPort } from "./expectations-port.ts";
import type { FreshnessPort } from "./freshness-port.ts";
import type { HoldLimitsPort } from "./hold-limit-port.ts";
import type { IdentitiesPort } from "./identity-port.ts";
import type { DuplicateRule, IntakeView } from "./intake-views.ts";
import type { KeyedAnswersPort } from "./keyed-port.ts";
import type { LotsPort } from "./lot-port.ts";
import type { MasterPort } from "./master-port.ts";
import type { OwnershipPort } from "./ownership-port.ts";
import type { PartnerPort } from "./partner-port.ts";
import type { Explanation, PositionView } from "./position-views.ts";
import type { Fault } from "./problem.ts";
import type { ReservationsPort } from "./reservation-port.ts";
import type { RulesPort } from "./rules-port.ts";
import type { ShortfallsPort } from "./shortfall-port.ts";
import type { SnapshotFilesPort } from "./snapshot-file-port.ts";
import type { SnapshotsPort } from "./snapshot-port.ts";
import type { SourcingPort } from "./sourcing-port.ts";
import type { StorefrontPort } from "./storefront-port.ts";
import type { SupplyFilesPort } from "./supply-file-port.ts";
import type { SupplyPort } from "./supply-port.ts";
import type { UnresolvedPort } from "./unresolved-port.ts";
import type {
  HealthCheck,
  MessageStatus,
  OrderSummary,
  OrderView,
  ParkedOutcome,
  ParkedRecord,
  RefusedDocument,
  StatementResult,
  WaitingDocument,
} from "./views.ts";
import type { DuplicateRuleChange, NumbersToVoid, VoidNumbers } from "./void-views.ts";
import type { WarehousePort } from "./warehouse-port.ts";
import type { WhatIfPort } from "./what-if-port.ts";

export type { ArchivedMoment, Caller, Page, PageRequest, Reach } from "./asking.ts";
export type * from "./availability-changes-port.ts";
export type * from "./availability-port.ts";
export type * from "./availability-query-port.ts";
export type * from "./keyed-port.ts";
export type * from "./reservation-port.ts";
export type * from "./sourcing-port.ts";
export type * from "./supply-port.ts";

/** Bytes and header fields as they arrived. Names are in lower case; our own API key is not among them. */
export type Delivery = {
  readonly accountId: AccountId;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly correlationId: string;
  /** The holder of the API key. Absent: only the connector's own signature can make the message genuine. */
  readonly clientId?: string | undefined;
};

export type DeliveryReceipt =
  | {
      readonly is: "received";
      readonly answer: "stored" | "duplicate" | "suspect";
      readonly messageIds: readonly MessageId[];
    }
  | { readonly is: "unknown-account" }
  | { readonly is: "not-genuine"; readonly reason: string }
  | { readonly is: "refused"; readonly reason: string };

/** A message's bytes, with the media type that they came with. */
export type RawMessage = { readonly contentType: string | undefined; readonly body: Uint8Array };

/** Raw messages, stored before they are acknowledged. */
export type MessagesPort = {
  receive(delivery: Delivery): Promise<DeliveryReceipt>;
  find(messageId: MessageId): Promise<MessageStatus | undefined>;
  /** The bytes as they arrived. */
  content(messageId: MessageId): Promise<RawMessage | undefined>;
  /** Messages that a person must decide about, the oldest first. */
  troubled(page: PageRequest & Reach): Promise<Page<MessageStatus> | "bad-cursor">;
  /** Lets a suspect, dead or dismissed message count after all; false when it is none of these, or is no message. */
  release(messageId: MessageId): Promise<boolean>;
  /** Gives what is known of messages as soon as none of them is `stored` any more, and after `waitMs` at the latest. */
  waitUntilMapped(messageIds: readonly MessageId[], waitMs: number): Promise<readonly MessageStatus[]>;
  /** Decides that a suspect or dead message never counts; false when it is neither, or is no message. */
  dismiss(dismissal: {
    readonly messageId: MessageId;
    readonly because: string;
    readonly caller: Caller;
  }): Promise<boolean>;
};

/** Statements about stock that come as they are, without a connector. */
export type StatementsPort = {
  /** One result a statement, in the same order, given after they are kept. */
  submit(batch: {
    readonly accountId: AccountId;
    readonly statements: readonly (StockStatement | SnapshotStatement)[];
    readonly caller: Caller;
  }): Promise<
    | {
        readonly is: "taken";
        readonly results: readonly Omit<StatementResult, "index" | "id" | "errors">[];
        /** Rows of snapshots that wait by themselves, and have no result of their own. */
        readonly rowsParked: number;
      }
    | { readonly is: "unknown-account" }
  >;
};

/** Documents that partners fetch. */
export type DocumentsPort = {
  outbox(
    accountId: AccountId,
    page: PageRequest,
  ): Promise<Page<WaitingDocument> | "unknown-account" | "bad-cursor">;
  /** A document within reach, which counts as delivered when it is given. Others are not found, and stay as they were. */
  content(
    documentId: DocumentId,
    reach: Reach,
  ): Promise<
    | {
        readonly accountId: AccountId;
        readonly name: string;
        readonly contentType: string;
        readonly body: Uint8Array;
      }
    | undefined
  >;
  /** Documents that were refused, or that were dismissed since, the oldest first. */
  refused(
    page: PageRequest & Reach & { readonly state: "refused" | "dismissed" },
  ): Promise<Page<RefusedDocument> | "bad-cursor">;
  find(documentId: DocumentId): Promise<RefusedDocument | undefined>;
  /** Sends a refused or dismissed document again; false when it is neither. */
  retry(documentId: DocumentId): Promise<boolean>;
  /** Decides that a refused document is never sent; false when it is not refused. */
  dismiss(dismissal: {
    readonly documentId: DocumentId;
    readonly because: string;
    readonly caller: Caller;
  }): Promise<boolean>;
};

/** Facts that readers of the log could not take. */
export type DeadLettersPort = {
  page(
    page: PageRequest &
      Reach & { readonly reader?: string | undefined; readonly state: "open" | "dismissed" },
  ): Promise<Page<DeadLetterView> | "bad-cursor">;
  /** A letter within reach. */
  find(letter: DeadLetterId & Reach): Promise<DeadLetterView | undefined>;
  /** Hands a letter to its reader again. `settled`: it was taken before. `no-reader`: nobody of that name reads the log. */
  retry(letter: DeadLetterId): Promise<{ readonly is: "taken" | "failed" | "settled" | "no-reader" }>;
  /** Decides that an open letter is never taken; false when it is not open. */
  dismiss(dismissal: DeadLetterId & { readonly because: string; readonly caller: Caller }): Promise<boolean>;
};
export type DeadLetterId = { readonly reader: string; readonly number: number };

/** How the intake of accounts stands. */
export type IntakePort = {
  find(accountId: AccountId): Promise<IntakeView | undefined>;
  /** Says what is done with what looks like a duplicate, for one kind of statement of one account. */
  setDuplicateRule(change: {
    readonly accountId: AccountId;
    readonly kind: string;
    readonly rule: DuplicateRule;
    readonly caller: Caller;
  }): Promise<
    { readonly is: "set" | "unknown-account" } | { readonly is: "refused"; readonly reason: string }
  >;
  /** How rules about duplicates were changed, the newest first. */
  duplicateRuleChanges(
    accountId: AccountId,
    page: PageRequest,
  ): Promise<Page<DuplicateRuleChange> | "bad-cursor">;
  /** Says that missing numbers were never used: all of them, or none. */
  voidNumbers(
    told: NumbersToVoid & { readonly accountId: AccountId; readonly caller: Caller },
  ): Promise<"voided" | "not-missing" | "unknown-account">;
  voids(accountId: AccountId, page: PageRequest): Promise<Page<VoidNumbers> | "bad-cursor">;
};

/** Records that wait for something. */
export type ParkedPort = {
  page(page: PageRequest & Reach): Promise<Page<ParkedRecord> | "bad-cursor">;
  /** The account of a record; undefined when there is no such record. */
  accountOf(record: ParkedId): Promise<AccountId | undefined>;
  retry(record: ParkedId, caller: Caller): Promise<ParkedOutcome | undefined>;
  drop(record: ParkedId, caller: Caller): Promise<ParkedOutcome | undefined>;
};
export type ParkedId = { readonly messageId: MessageId; readonly record: number };

/** Stock to be set aside for a channel, or to be given back, as it was asked for. */
export type RingFenceRequest = {
  readonly channelId: ChannelId;
  readonly item: Reference;
  readonly locationId: LocationId;
  readonly lot?: Lot | undefined;
  readonly quantity: Measure;
  readonly reason: string;
  readonly caller: Caller;
};

/** What is set aside for a channel at a place, in base units. */
export type RingFence = {
  readonly channelId: ChannelId;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot: Lot;
  readonly quantity: Quantity;
};

export type RingFenceOutcome =
  | { readonly is: "done"; readonly ringFence: RingFence }
  | {
      readonly is: "refused";
      readonly reason: "unknown-channel" | "outside-network" | "unresolvable" | "insufficient-stock";
      readonly message: string;
    };

/** Stock that is set aside for one channel. */
export type RingFencesPort = {
  setAside(request: RingFenceRequest, keep: KeepAnswer<RingFenceOutcome>): Promise<RingFenceOutcome>;
  giveBack(request: RingFenceRequest, keep: KeepAnswer<RingFenceOutcome>): Promise<RingFenceOutcome>;
  list(
    page: PageRequest & { readonly channelId?: ChannelId | undefined; readonly itemId?: ItemId | undefined },
  ): Promise<Page<RingFence> | "bad-cursor">;
};

/** Orders of channels that speak this interface themselves. */
export type OrdersPort = {
  submit(order: {
    readonly accountId: AccountId;
    readonly statement: OrderStatement;
    readonly caller: Caller;
  }): Promise<OrderSubmission>;
  find(orderId: OrderId): Promise<OrderView | undefined>;
  /** Newest first. */
  page(page: PageRequest & Reach): Promise<Page<OrderSummary> | "bad-cursor">;
};

export type OrderSubmission =
  | { readonly is: "accepted"; readonly orderId: OrderId }
  | { readonly is: "duplicate"; readonly orderId: OrderId }
  | { readonly is: "parked"; readonly messageId?: MessageId | undefined; readonly detail: string }
  | { readonly is: "number-taken"; readonly orderId: OrderId }
  | { readonly is: "refused"; readonly errors: readonly Fault[] }
  | { readonly is: "unknown-account" };

export type PositionFilter = {
  readonly itemId?: ItemId | undefined;
  readonly locationId?: LocationId | undefined;
};

/** A moment of the past: what had taken effect `at`, as far as it had been recorded when it was `believedAt`. Neither: now. */
export type MomentAsked = { readonly at?: Date | undefined; readonly believedAt?: Date | undefined };

/** Stock, as it stands or as it was, and what explains it. */
export type PositionsPort = {
  page(
    page: PageRequest & PositionFilter & MomentAsked,
  ): Promise<Page<PositionView> | "bad-cursor" | ArchivedMoment>;
  find(positionId: string, moment?: MomentAsked): Promise<PositionView | ArchivedMoment | undefined>;
  /** The last to take effect first; undefined when there is no such position. */
  explain(
    positionId: string,
    page: PageRequest & MomentAsked,
  ): Promise<Explanation | undefined | "bad-cursor" | ArchivedMoment>;
};

/** What people call items and places, for pages. */
export type NamesPort = {
  /** The item that a text names: by SKU, GTIN or id. */
  itemNamed(text: string): Promise<ItemId | undefined>;
  /** The location that a text names: by code, GLN or id. */
  locationNamed(text: string): Promise<LocationId | undefined>;
  /** Those of the items that exist. */
  items(
    itemIds: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly sku: string; readonly description: string }>>;
};

/** The log of facts; `FactLog` of the backbone is one. */
export type EventsPort = {
  read(request: {
    readonly after: LogPosition;
    readonly limit: number;
    readonly types?: readonly FactType[];
  }): Promise<{
    readonly facts: readonly RecordedFact[];
    readonly end: LogPosition;
    readonly isLast: boolean;
  }>;
  /** Where the log ends now; no later position was ever given out. */
  end(): Promise<LogPosition>;
};

/** What proves that the log is what it was; `LogSeal` of the backbone is one. */
export type AuditPort = Pick<
  LogSeal,
  "latestCheckpoint" | "checkpoint" | "keys" | "proveFact" | "proveConsistency" | "exportFacts"
>;

/** What must hold before requests are sent here: the database answers, its schema is current, no reader is stuck. */
export type HealthPort = { checks(): Promise<readonly HealthCheck[]> };

/** API keys by their public id. `createApiKeys` makes one over the database. */
export type ApiKeysPort = { find(keyId: string): Promise<StoredKey | undefined> };

/** Everything behind the gateway. */
export type GatewayServices = {
  readonly messages: MessagesPort;
  readonly statements: StatementsPort;
  readonly documents: DocumentsPort;
  readonly parked: ParkedPort;
  readonly unresolved: UnresolvedPort;
  readonly deadLetters: DeadLettersPort;
  readonly intake: IntakePort;
  readonly reservations: ReservationsPort;
  readonly holdLimits: HoldLimitsPort;
  readonly backorders: BackordersPort;
  readonly ringFences: RingFencesPort;
  readonly supply: SupplyPort;
  readonly supplyFiles: SupplyFilesPort;
  readonly rules: RulesPort;
  readonly whatIf: WhatIfPort;
  readonly shortfalls: ShortfallsPort;
  readonly orders: OrdersPort;
  readonly availability: AvailabilityPort;
  readonly storefront: StorefrontPort;
  readonly warehouse: WarehousePort;
  readonly partner: PartnerPort;
  readonly freshness: FreshnessPort;
  readonly availabilityQuery: AvailabilityQueryPort;
  readonly sourcing: SourcingPort;
  readonly availabilityChanges: AvailabilityChangesPort;
  readonly positions: PositionsPort;
  readonly snapshots: SnapshotsPort;
  readonly countCases: CountCasesPort;
  readonly drift: DriftPort;
  readonly snapshotFiles: SnapshotFilesPort;
  readonly lots: LotsPort;
  readonly master: MasterPort;
  readonly expectations: ExpectationsPort;
  readonly ownership: OwnershipPort;
  readonly disagreements: DisagreementsPort;
  readonly differences: DifferencesPort;
  readonly identities: IdentitiesPort;
  readonly names: NamesPort;
  readonly events: EventsPort;
  readonly audit: AuditPort;
  readonly health: HealthPort;
  readonly apiKeys: ApiKeysPort;
  readonly keyedAnswers: KeyedAnswersPort;
};
