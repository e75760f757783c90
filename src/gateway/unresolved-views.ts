import {
  AccountId,
  Beginning,
  Instant,
  LocationType,
  MASTER_RECORDS,
  MasterRecord,
  MessageId,
  Reference,
  Tracking,
  UnitCode,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const next = Type.Optional(
  Type.String({ description: "Give it as `after` for the next page; absent on the last." }),
);

/** What a name that means nothing to us would lead to. */
export const UnresolvedKind = Type.Union([
  Type.Literal("item"),
  Type.Literal("location"),
  Type.Literal("unit"),
  Type.Literal("lot"),
]);
export type UnresolvedKind = Static<typeof UnresolvedKind>;

/** Longest text that names are waited for by. */
const WAITS_FOR_LENGTH_MAX = 600;

/** Which name of which account. */
const identity = {
  accountId: AccountId,
  kind: UnresolvedKind,
  waitsFor: Type.String({
    minLength: 1,
    maxLength: WAITS_FOR_LENGTH_MAX,
    description: "The text under which records wait for it, for example `sku:A or gtin:0123`.",
  }),
};

/** What an unknown name may mean. */
export const Suggestion = Type.Object(
  {
    target: Type.Optional(Type.String({ description: "The id of the item or location." })),
    factor: Type.Optional(
      Type.String({ description: "Of a unit: how many base units it would be, whole or as a fraction." }),
    ),
    lot: Type.Optional(Type.String({ description: "Of units without a lot: the lot." })),
    called: Type.String({ description: "Its SKU or code; of a unit, the unit that leads there." }),
    description: Type.String(),
    reason: Type.String({ description: "Why it is suggested; stable." }),
    score: Type.Integer({ minimum: 0, maximum: 100 }),
    because: Type.String({ description: "The same for people." }),
  },
  { title: "Suggestion", ...closed },
);
export type Suggestion = Static<typeof Suggestion>;

/** A name that means nothing to us, with what waits for it at one account. */
export const UnresolvedView = Type.Object(
  {
    ...identity,
    name: {
      ...Reference,
      description: "Of a unit: the item that has no such unit. Of a lot: the item of which none is named.",
    },
    otherNames: Type.Array(Reference, { description: "Names of the same item that would do as well." }),
    unit: Type.Optional(UnitCode),
    records: Type.Integer({ description: "Records that wait for it." }),
    messages: Type.Integer({ description: "Messages that these are in." }),
    firstAt: Instant,
    lastAt: Instant,
    ageSeconds: Type.Integer(),
    effectiveFrom: { ...Instant, description: "The earliest time that what waits speaks of." },
    messageIds: Type.Array(MessageId, { description: "Some of the messages, the oldest first." }),
    atStake: Type.Array(Type.Object({ unit: Type.String(), value: Type.String() }, closed), {
      description: "What the waiting statements move or count, without signs, in the units of their source.",
    }),
    suggestions: Type.Array(Suggestion, { description: "What it may mean, the likeliest first." }),
  },
  { title: "UnresolvedName", ...closed },
);
export type UnresolvedView = Static<typeof UnresolvedView>;

export const UnresolvedPage = Type.Object(
  { unresolved: Type.Array(UnresolvedView), next },
  { title: "UnresolvedPage", ...closed },
);

/** How many names an account waits for, by kind. */
export const UnresolvedSum = Type.Object(
  {
    accountId: AccountId,
    kind: UnresolvedKind,
    names: Type.Integer(),
    records: Type.Integer(),
    oldestAt: Instant,
    ageSeconds: Type.Integer(),
  },
  { title: "UnresolvedSum", ...closed },
);
export type UnresolvedSum = Static<typeof UnresolvedSum>;

export const UnresolvedSums = Type.Object(
  { sums: Type.Array(UnresolvedSum) },
  { title: "UnresolvedSums", ...closed },
);

/** A name that nothing is made of. */
export const IgnoredView = Type.Object(
  { ...identity, because: Type.String(), by: Type.String(), at: Instant },
  { title: "IgnoredName", ...closed },
);
export type IgnoredView = Static<typeof IgnoredView>;

/** A lot that is said of units of which an account names none, until somebody ends it. */
export const StandingLot = Type.Object(
  {
    accountId: AccountId,
    waitsFor: Type.String({ description: "The name by which the account calls the item." }),
    ...{ lot: Type.String(), validFrom: Instant, by: Type.String(), at: Instant },
  },
  { title: "StandingLot", ...closed },
);
export type StandingLot = Static<typeof StandingLot>;

export const StandingLotPage = Type.Object(
  { lots: Type.Array(StandingLot), next },
  { title: "StandingLotPage", ...closed },
);

export const IgnoredPage = Type.Object(
  { ignored: Type.Array(IgnoredView), next },
  { title: "IgnoredPage", ...closed },
);

const validFrom = Type.Optional({
  ...Beginning,
  description: "From when on it holds. Absent: always, where it never meant anything else.",
});
const { item, "item-unit": unit, lot } = MASTER_RECORDS;
const { description, baseUnit } = item.properties;

const lotIdentity = {
  ...{ ...identity, kind: Type.Literal("lot") },
  lot: { ...lot.properties.lot, minLength: 1 },
  validFrom: Type.Optional({
    ...Instant,
    description: "From when on. Absent: from the first moment that what waits speaks of.",
  }),
  onward: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "True: also of what the account says later, until `heed` ends it. Otherwise up to the last moment that what waits speaks of.",
    }),
  ),
};

/** What a person decides about an unknown name. */
export const UnresolvedDecision = Type.Union(
  [
    Type.Object(
      {
        decide: Type.Literal("alias"),
        ...identity,
        target: { ...Reference, description: "The item or location that it means, by any name of it." },
        name: Type.Optional({
          ...Reference,
          description: "Which of several names is meant. Absent: the first.",
        }),
        validFrom,
      },
      { ...closed, description: "It means this item or location." },
    ),
    Type.Object(
      {
        decide: Type.Literal("create-item"),
        ...identity,
        sku: Type.String({ minLength: 1, maxLength: 200, description: "What the item goes by." }),
        ...{ description, baseUnit },
        tracking: Type.Optional(Tracking),
        name: Type.Optional(Reference),
        validFrom,
      },
      { ...closed, description: "It means an item that is made now." },
    ),
    Type.Object(
      {
        decide: Type.Literal("create-location"),
        ...identity,
        code: Type.String({ minLength: 1, maxLength: 200, description: "What the location goes by." }),
        called: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: "For people." })),
        type: Type.Optional(LocationType),
        timeZone: Type.String({
          minLength: 1,
          maxLength: 64,
          description: "IANA time zone, such as Europe/Berlin.",
        }),
        validFrom,
      },
      { ...closed, description: "It means a location that is made now." },
    ),
    Type.Object(
      { decide: Type.Literal("unit"), ...identity, factor: unit.properties.factor, validFrom },
      { ...closed, description: "The item has this unit, of so many base units." },
    ),
    Type.Object(
      { decide: Type.Literal("lot"), ...lotIdentity },
      { ...closed, description: "Units of which no lot is named are of this lot, which the item has." },
    ),
    Type.Object(
      {
        decide: Type.Literal("create-lot"),
        ...lotIdentity,
        expiresOn: lot.properties.expiresOn,
        madeOn: lot.properties.madeOn,
      },
      { ...closed, description: "Units of which no lot is named are of this lot, which is made now." },
    ),
    Type.Object(
      {
        decide: Type.Literal("ignore"),
        ...identity,
        because: Type.String({ minLength: 1, maxLength: 500, description: "Why, for whoever asks later." }),
      },
      {
        ...closed,
        description:
          "Nothing is made of it, now and later. Orders, and what names other items or places beside it, go on waiting.",
      },
    ),
    Type.Object(
      { decide: Type.Literal("heed"), ...identity },
      {
        ...closed,
        description:
          "It is waited for again; what was dropped stays so. Of a lot: no lot is said of later units any more.",
      },
    ),
  ],
  { title: "UnresolvedDecision" },
);
export type UnresolvedDecision = Static<typeof UnresolvedDecision>;

/** What a source says about master data that it does not own. */
export const ProposalView = Type.Object(
  {
    messageId: MessageId,
    record: Type.Integer({ description: "Its place in the message." }),
    accountId: AccountId,
    said: { ...MasterRecord, description: "What it says, as it would be stated." },
    effectiveAt: Instant,
    detail: Type.String({ description: "What it would change, and who owns that." }),
    parkedAt: Instant,
  },
  { title: "Proposal", ...closed },
);
export type ProposalView = Static<typeof ProposalView>;

export const ProposalPage = Type.Object(
  { proposals: Type.Array(ProposalView), next },
  { title: "ProposalPage", ...closed },
);

/** What became of a decision. */
export const DecisionResult = Type.Object(
  {
    index: Type.Integer({ minimum: 0 }),
    outcome: Type.Union([Type.Literal("done"), Type.Literal("unchanged"), Type.Literal("refused")]),
    id: Type.Optional(
      Type.String({ description: "The item or location that the name leads to from now on." }),
    ),
    reason: Type.Optional(Type.String({ description: "Why it was refused; stable." })),
    detail: Type.Optional(Type.String({ description: "What is wrong and what to do." })),
    dropped: Type.Optional(Type.Integer({ description: "Records that were dropped." })),
    left: Type.Optional(
      Type.Integer({ description: "Records that go on waiting: they say more than that." }),
    ),
  },
  { title: "DecisionResult", ...closed },
);
export type DecisionResult = Static<typeof DecisionResult>;

export const DecisionAnswer = Type.Object(
  {
    ...{ done: Type.Integer(), unchanged: Type.Integer(), refused: Type.Integer() },
    results: Type.Array(DecisionResult),
  },
  { title: "DecisionAnswer", ...closed },
);
