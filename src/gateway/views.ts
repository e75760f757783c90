import {
  AccountId,
  Availability,
  AvailabilitySeries,
  Backorder,
  ChannelId,
  CloudEvent,
  DatedAvailability,
  DocumentId,
  Instant,
  LinePromise,
  MessageId,
  Order,
  OrderId,
  OrderState,
  Quantity,
  Reference,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { freshnessFields } from "./freshness.ts";
import { Fault } from "./problem.ts";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
/** Where the next page starts: opaque, given back unchanged in `after`. Absent on the last page. */
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));

/** What became of a raw message. `records` is the sum of the four counts beside it. */
export const MessageStatus = Type.Object(
  {
    messageId: MessageId,
    accountId: AccountId,
    kind: Type.String({ description: "What the connector took it for: `orders/create`, `850`, `events`." }),
    state: Type.Union(
      [
        Type.Literal("stored"),
        Type.Literal("mapped"),
        Type.Literal("suspect"),
        Type.Literal("dead"),
        Type.Literal("dismissed"),
      ],
      {
        description:
          "`stored` waits to be mapped; a person decides about `suspect` and `dead`, and has decided about `dismissed`.",
      },
    ),
    receivedAt: Instant,
    deliveries: Type.Integer({ minimum: 1 }),
    mappedAt: Type.Optional(Instant),
    problem: Type.Optional(Type.String()),
    dismissed: Type.Optional(
      Type.Object(
        { at: Instant, because: Type.String() },
        { description: "The last time that somebody decided that it never counts.", ...closed },
      ),
    ),
    records: count,
    applied: count,
    duplicates: count,
    ignored: count,
    parked: count,
    correlationId: Type.String(),
  },
  { title: "MessageStatus", ...closed },
);
export type MessageStatus = Static<typeof MessageStatus>;

export const MessagePage = Type.Object(
  { messages: Type.Array(MessageStatus), next },
  { title: "MessagePage", ...closed },
);

/** A message after a person has decided about it. `already`: it stood like this before. */
export const MessageDecision = Type.Object(
  { message: MessageStatus, already: Type.Boolean() },
  { title: "MessageDecision", ...closed },
);

/** Why a message shall never count. It is read by whoever asks, years later, what became of it. */
export const Dismissal = Type.Object(
  {
    because: Type.String({
      minLength: 3,
      maxLength: 500,
      pattern: "\\S.*\\S",
      description: "For whoever asks later: `sent again as 000000124`, `a test of the partner's`.",
    }),
  },
  { title: "Dismissal", ...closed },
);

export const MessageReceipt = Type.Object(
  {
    answer: Type.Union([Type.Literal("stored"), Type.Literal("duplicate"), Type.Literal("suspect")], {
      description: "`suspect`: the key was seen before with other bytes. It is kept, and a person decides.",
    }),
    messageIds: Type.Array(MessageId),
    messages: Type.Optional(Type.Array(MessageStatus, { description: "Where `Prefer: wait` was honoured." })),
  },
  { title: "MessageReceipt", ...closed },
);
export type MessageReceipt = Static<typeof MessageReceipt>;

/** A document that waits for its partner to fetch it. */
export const WaitingDocument = Type.Object(
  {
    documentId: DocumentId,
    kind: Type.String(),
    name: Type.String(),
    contentType: Type.String(),
    createdAt: Instant,
  },
  { title: "WaitingDocument", ...closed },
);
export type WaitingDocument = Static<typeof WaitingDocument>;

export const Outbox = Type.Object(
  { documents: Type.Array(WaitingDocument), next },
  { title: "Outbox", ...closed },
);

/** A document that its partner or its connector has refused, or that was given up, with what to mend. */
export const RefusedDocument = Type.Object(
  {
    documentId: DocumentId,
    accountId: AccountId,
    kind: Type.String(),
    state: Type.Union(
      [
        Type.Literal("queued"),
        Type.Literal("rendered"),
        Type.Literal("delivered"),
        Type.Literal("waiting"),
        Type.Literal("refused"),
        Type.Literal("dismissed"),
      ],
      {
        description:
          "`refused` waits for a person; `dismissed` is never sent; the others are on their way or there.",
      },
    ),
    problem: Type.Optional(Type.String({ description: "Why it was refused." })),
    name: Type.Optional(Type.String({ description: "What the partner knows it by, once it is rendered." })),
    attempts: count,
    createdAt: Instant,
    dismissed: Type.Optional(
      Type.Object({ at: Instant, because: Type.String() }, { title: "Dismissed", ...closed }),
    ),
    correlationId: Type.String(),
  },
  { title: "RefusedDocument", ...closed },
);
export type RefusedDocument = Static<typeof RefusedDocument>;

export const RefusedDocumentPage = Type.Object(
  { documents: Type.Array(RefusedDocument), next },
  { title: "RefusedDocumentPage", ...closed },
);

/** A document after a person has decided about it. `already`: it stood like this before. */
export const DocumentDecision = Type.Object(
  { document: RefusedDocument, already: Type.Boolean() },
  { title: "DocumentDecision", ...closed },
);

/** What became of one statement of a batch. `index` is its place in the batch. */
export const StatementResult = Type.Object(
  {
    index: count,
    id: Type.Optional(Type.String()),
    outcome: Type.Union(
      [Type.Literal("accepted"), Type.Literal("duplicate"), Type.Literal("parked"), Type.Literal("invalid")],
      {
        description:
          "`parked` waits for a reference to appear and then goes on by itself; `invalid` was not kept.",
      },
    ),
    reason: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(Fault)),
  },
  { title: "StatementResult", ...closed },
);
export type StatementResult = Static<typeof StatementResult>;

export const FactsAnswer = Type.Object(
  {
    accepted: count,
    duplicates: count,
    parked: count,
    invalid: count,
    results: Type.Array(StatementResult),
  },
  { title: "FactsAnswer", ...closed },
);
export type FactsAnswer = Static<typeof FactsAnswer>;

export const EventPage = Type.Object(
  {
    events: Type.Array(CloudEvent),
    next: Type.String({ description: "Where the next page starts, also when this one is empty." }),
    isLast: Type.Boolean({ description: "Nothing more at the moment: ask again later, from `next`." }),
  },
  { title: "EventPage", ...closed },
);

/** A record that could not become a fact, and what it waits for. */
export const ParkedRecord = Type.Object(
  {
    messageId: MessageId,
    record: count,
    accountId: AccountId,
    at: Type.String({ description: "Where in the message: a JSON pointer, a segment." }),
    reason: Type.String(),
    detail: Type.String(),
    waitsFor: Type.Optional(
      Type.Object({ kind: Type.String(), reference: Type.String() }, { title: "WaitsFor", ...closed }),
    ),
    state: Type.Union([Type.Literal("waiting"), Type.Literal("parked")], {
      description: "`waiting` goes on by itself once what it waits for appears; `parked` needs a person.",
    }),
    parkedAt: Instant,
    attempts: Type.Integer({ minimum: 1 }),
  },
  { title: "ParkedRecord", ...closed },
);
export type ParkedRecord = Static<typeof ParkedRecord>;

export const ParkedPage = Type.Object(
  { parked: Type.Array(ParkedRecord), next },
  { title: "ParkedPage", ...closed },
);

/** What a retry or a drop came to. `already`: the record had been settled before. */
export const ParkedOutcome = Type.Object(
  {
    state: Type.Union([
      Type.Literal("waiting"),
      Type.Literal("parked"),
      Type.Literal("applied"),
      Type.Literal("duplicate"),
      Type.Literal("dropped"),
    ]),
    already: Type.Boolean(),
    reason: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
  },
  { title: "ParkedOutcome", ...closed },
);
export type ParkedOutcome = Static<typeof ParkedOutcome>;

/** An order as it stands, with how far each line has come. */
export const OrderView = Type.Object(
  {
    order: Order,
    state: OrderState,
    lines: Type.Array(
      Type.Object(
        { ...LinePromise.properties, shipped: Quantity },
        { title: "OrderLineProgress", ...closed },
      ),
    ),
    backorders: Type.Optional(
      Type.Array(Backorder, { description: "What of it waited for stock, or still does. Absent: nothing." }),
    ),
    correlationId: Type.String(),
    receivedAt: Instant,
    changedAt: Instant,
  },
  { title: "OrderView", ...closed },
);
export type OrderView = Static<typeof OrderView>;

/** An order in a list. */
export const OrderSummary = Type.Object(
  {
    orderId: OrderId,
    accountId: AccountId,
    channelId: ChannelId,
    orderNumber: Type.String(),
    state: OrderState,
    receivedAt: Instant,
    changedAt: Instant,
  },
  { title: "OrderSummary", ...closed },
);
export type OrderSummary = Static<typeof OrderSummary>;

export const OrderPage = Type.Object(
  { orders: Type.Array(OrderSummary), next },
  { title: "OrderPage", ...closed },
);

/** The answer to a new order. Promising follows; read the order to see it. */
export const OrderReceipt = Type.Object(
  {
    answer: Type.Union([Type.Literal("accepted"), Type.Literal("duplicate"), Type.Literal("parked")], {
      description:
        "`duplicate`: this very order is here already. `parked`: kept, but it names what we do not know yet.",
    }),
    orderId: Type.Optional(OrderId),
    messageId: Type.Optional(MessageId),
    detail: Type.Optional(Type.String()),
  },
  { title: "OrderReceipt", ...closed },
);
export type OrderReceipt = Static<typeof OrderReceipt>;

export const AvailabilityAnswer = Type.Object(
  {
    channelId: ChannelId,
    availability: Type.Array(Availability),
    dated: Type.Optional(
      Type.Array(DatedAvailability, { description: "By the moment that was asked for. Absent: none was." }),
    ),
    unknown: Type.Array(Reference, { description: "Names that mean nothing to us." }),
    ...freshnessFields,
  },
  { title: "AvailabilityAnswer", ...closed },
);
export type AvailabilityAnswer = Static<typeof AvailabilityAnswer>;

export const AvailabilitySeriesAnswer = Type.Object(
  {
    channelId: ChannelId,
    series: Type.Array(AvailabilitySeries),
    unknown: Type.Array(Reference, { description: "Names that mean nothing to us." }),
    ...freshnessFields,
  },
  { title: "AvailabilitySeriesAnswer", ...closed },
);
export type AvailabilitySeriesAnswer = Static<typeof AvailabilitySeriesAnswer>;

export const HealthCheck = Type.Object(
  { name: Type.String(), ok: Type.Boolean(), detail: Type.Optional(Type.String()) },
  { title: "HealthCheck", ...closed },
);
export type HealthCheck = Static<typeof HealthCheck>;

export const Readiness = Type.Object(
  {
    status: Type.Union([Type.Literal("ready"), Type.Literal("not-ready")]),
    version: Type.String(),
    checks: Type.Array(HealthCheck),
  },
  { title: "Readiness", ...closed },
);
export type Readiness = Static<typeof Readiness>;
