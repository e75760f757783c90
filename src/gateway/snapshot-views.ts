import {
  AccountId,
  ConditionStatus,
  Instant,
  ItemId,
  LocationId,
  Lot,
  QuantityDelta,
  Reference,
  Sequence,
  SNAPSHOT_PAGES_MAX,
  SNAPSHOT_ROWS_MAX,
  SnapshotRow,
} from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { SNAPSHOT_PAGES_PER_REQUEST_MAX } from "./limits.ts";

const closed = { additionalProperties: false } as const;
const count = Type.Integer({ minimum: 0 });
const pageNumber = Type.Integer({ minimum: 1, maximum: SNAPSHOT_PAGES_MAX });
const scope = Type.Union([Type.Literal("full"), Type.Literal("partial")], {
  description: "`full`: what no row names is not there. `partial`: only what rows name was counted.",
});

/** Some pages of a snapshot, as they are uploaded. Everything but `pages` and `pageCount` is the same in every request of it. */
export const SnapshotUpload = Type.Object(
  {
    accountId: AccountId,
    snapshotId: Type.String({ minLength: 1, maxLength: 120 }),
    location: Reference,
    takenAt: Instant,
    scope,
    conditions: Type.Boolean({
      description:
        "Whether rows say the condition of what they count, so that each condition is held against its own balance.",
    }),
    watermark: Type.Optional(Sequence),
    pageCount: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: SNAPSHOT_PAGES_MAX,
        description:
          "How many pages there are. One request at least says it; nothing is taken before all have come.",
      }),
    ),
    pages: Type.Array(
      Type.Object(
        { page: pageNumber, rows: Type.Array(SnapshotRow, { maxItems: SNAPSHOT_ROWS_MAX }) },
        closed,
      ),
      { minItems: 1, maxItems: SNAPSHOT_PAGES_PER_REQUEST_MAX },
    ),
  },
  { title: "SnapshotUpload", ...closed },
);
export type SnapshotUpload = Static<typeof SnapshotUpload>;

/** What became of the pages of one upload. */
export const SnapshotUploadAnswer = Type.Object(
  {
    snapshotId: Type.String(),
    rowsParked: Type.Integer({
      minimum: 0,
      description:
        "Rows that name something unknown. Each waits by itself, and is counted when that appears.",
    }),
    pages: Type.Array(
      Type.Object(
        {
          page: pageNumber,
          outcome: Type.Union([
            Type.Literal("accepted"),
            Type.Literal("duplicate"),
            Type.Literal("parked"),
            Type.Literal("invalid"),
          ]),
          reason: Type.Optional(Type.String()),
          detail: Type.Optional(Type.String()),
        },
        closed,
      ),
    ),
  },
  { title: "SnapshotUploadAnswer", ...closed },
);
export type SnapshotUploadAnswer = Static<typeof SnapshotUploadAnswer>;

const percent = (description: string) => Type.Integer({ minimum: 0, maximum: 100, description });

/** How much a snapshot may differ from the books before it is held as a whole. */
export const DriftPolicy = Type.Object(
  {
    unitsMissingPercentMax: percent(
      "Of the units that the books have where it looked, so many may be missing from it.",
    ),
    positionsDifferingPercentMax: percent("Of the positions that it looked at, so many may differ."),
    rowsFewerPercentMax: percent(
      "A full snapshot may have so many rows fewer than the last one of its source and location.",
    ),
    positionsMin: Type.Integer({
      minimum: 1,
      maximum: 1_000_000_000,
      description: "Differences at fewer positions than this, or so few rows less, never hold a snapshot.",
    }),
  },
  { title: "DriftPolicy", ...closed },
);
export type DriftPolicy = Static<typeof DriftPolicy>;

const scopeOfPolicy = {
  source: Type.Optional(
    Type.String({ minLength: 1, maxLength: 120, description: "Absent: of every source." }),
  ),
  locationId: Type.Optional(LocationId),
};

/** A policy to set for the snapshots of a source, of a location, of both or of all. */
export const DriftPolicyToSet = Type.Object(
  {
    ...scopeOfPolicy,
    policy: Type.Union([DriftPolicy, Type.Null()], {
      description: "Null takes the policy away, so that the next wider one holds.",
    }),
  },
  { title: "DriftPolicyToSet", ...closed },
);
export type DriftPolicyToSet = Static<typeof DriftPolicyToSet>;

/** A change of a policy as it was made. */
export const DriftPolicyChangeView = Type.Object(
  {
    changeNumber: Type.String(),
    ...scopeOfPolicy,
    before: Type.Union([DriftPolicy, Type.Null()]),
    after: Type.Union([DriftPolicy, Type.Null()]),
    changedAt: Instant,
    changedBy: Type.String(),
  },
  { title: "DriftPolicyChange", ...closed },
);
export type DriftPolicyChangeView = Static<typeof DriftPolicyChangeView>;

const holdDecision = Type.Union([Type.Literal("accepted"), Type.Literal("dismissed")]);

/** Why a snapshot was held, what it came to beside the books at that moment, and what was decided. */
const SnapshotHold = Type.Object(
  {
    reasons: Type.Array(
      Type.Union([
        Type.Literal("units-missing"),
        Type.Literal("positions-differ"),
        Type.Literal("fewer-rows"),
        Type.Literal("many-cases"),
        Type.Literal("past-archived"),
        Type.Literal("too-many-units"),
      ]),
    ),
    archive: Type.Optional(
      Type.String({
        description:
          "It is dated inside what lies in this archive. Have an operator put that back (`crossdock archive --restore`) and accept it; or " +
          "dismiss it, and have its source say what there is at a later moment.",
      }),
    ),
    tooMany: Type.Optional(
      Type.Object(
        {
          itemId: Type.Optional(ItemId),
          lot: Type.Optional(Type.String()),
          units: Type.String({ pattern: "^[0-9]+$" }),
        },
        {
          description:
            "What it counts of this item, or of all items together, is more than a number is exact for (2^53 - 1). It cannot be accepted: " +
            "dismiss it, and have its source correct the number and send it under another id.",
          ...closed,
        },
      ),
    ),
    heldAt: Instant,
    positions: Type.Object({ compared: count, differing: count }, closed),
    units: Type.Object({ expected: count, found: count, missing: count }, closed),
    rows: Type.Object({ come: count, before: Type.Optional(count) }, closed),
    decided: Type.Optional(
      Type.Object({ decision: holdDecision, at: Instant, by: Type.String(), because: Type.String() }, closed),
    ),
  },
  { title: "SnapshotHold", ...closed },
);

export const SnapshotState = Type.Union(
  [
    Type.Literal("gathering"),
    Type.Literal("taking"),
    Type.Literal("held"),
    Type.Literal("dismissed"),
    Type.Literal("applied"),
    Type.Literal("claim"),
  ],
  {
    description:
      "`gathering`: pages are missing. `taking`: it is being held against the books. `held`: it differs so much that a person has " +
      "to accept or dismiss it first. `dismissed`: it was wrong, and counts nothing. `claim`: its source does not own the stock " +
      "there, so it moves nothing.",
  },
);
export type SnapshotState = Static<typeof SnapshotState>;

/** How far a snapshot is, and what it found. */
export const SnapshotView = Type.Object(
  {
    snapshotNumber: Type.String(),
    snapshotId: Type.String(),
    source: Type.String(),
    locationId: LocationId,
    takenAt: Instant,
    scope,
    conditions: Type.Boolean(),
    watermark: Type.Optional(Sequence),
    state: SnapshotState,
    pages: Type.Object(
      {
        come: count,
        count: Type.Optional(pageNumber),
        missing: Type.Array(pageNumber, { description: "The first of those that have not come." }),
      },
      closed,
    ),
    rows: Type.Object(
      {
        come: count,
        unresolved: Type.Integer({
          minimum: 0,
          description:
            "Rows that wait for something unknown. Until then a full snapshot takes nothing to be absent.",
        }),
      },
      closed,
    ),
    firstCameAt: Instant,
    lastCameAt: Instant,
    positions: Type.Object(
      {
        toTake: Type.Integer({
          minimum: 0,
          description: "Positions that differ, or changed since: the others are right.",
        }),
        taken: count,
        corrected: count,
      },
      closed,
    ),
    units: Type.Object({ found: count, missing: count }, closed),
    appliedAt: Type.Optional(Instant),
    hold: Type.Optional(SnapshotHold),
    concluded: Type.Optional(
      Type.Object(
        { at: Instant, by: Type.String(), because: Type.String() },
        { ...closed, description: "Rows that were unknown at that time are left out of it." },
      ),
    ),
  },
  { title: "Snapshot", ...closed },
);
export type SnapshotView = Static<typeof SnapshotView>;

const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));

export const SnapshotPage = Type.Object(
  { snapshots: Type.Array(SnapshotView), next },
  { title: "SnapshotPage", ...closed },
);

/** What a decision about a held snapshot came to. */
export const SnapshotDecided = Type.Object(
  {
    outcome: Type.Union(
      [
        Type.Literal("settled"),
        Type.Literal("already-accepted"),
        Type.Literal("already-dismissed"),
        Type.Literal("not-held"),
        Type.Literal("past-archived"),
        Type.Literal("too-many-units"),
      ],
      {
        description:
          "`already-…`: it was decided before, and stays so. `not-held`: there is nothing to decide. `past-archived`: it cannot be " +
          "accepted before the archive of its time is back. `too-many-units`: it counts more than can be counted, and can only be dismissed.",
      },
    ),
    snapshot: SnapshotView,
  },
  { title: "SnapshotDecided", ...closed },
);
export type SnapshotDecided = Static<typeof SnapshotDecided>;

/** What leaving rows out of a snapshot came to. */
export const SnapshotConcluded = Type.Object(
  {
    outcome: Type.Union(
      [
        Type.Literal("concluded"),
        Type.Literal("already-concluded"),
        Type.Literal("nothing-missing"),
        Type.Literal("not-taken"),
      ],
      {
        description:
          "`nothing-missing`: all of its rows are known, or it is partial. `not-taken`: it waits for pages or for a decision, or is being taken.",
      },
    ),
    snapshot: SnapshotView,
  },
  { title: "SnapshotConcluded", ...closed },
);
export type SnapshotConcluded = Static<typeof SnapshotConcluded>;

/** What a snapshot found that the books had otherwise, of one condition at one position. */
export const DriftView = Type.Object(
  {
    itemId: ItemId,
    locationId: LocationId,
    lot: Lot,
    status: ConditionStatus,
    difference: QuantityDelta,
  },
  { title: "Drift", ...closed },
);
export type DriftView = Static<typeof DriftView>;

export const DriftPage = Type.Object(
  { drift: Type.Array(DriftView), next },
  { title: "DriftPage", ...closed },
);

export const DriftPolicyChangePage = Type.Object(
  { changes: Type.Array(DriftPolicyChangeView), next },
  { title: "DriftPolicyChangePage", ...closed },
);

/** How right the books were about a location: what snapshots found, day by day, and the items that differed most. */
export const DriftTrend = Type.Object(
  {
    days: Type.Array(
      Type.Object(
        {
          day: Type.String({ format: "date", description: "The day of the snapshots in UTC." }),
          source: Type.String(),
          snapshots: Type.Object({ applied: count, held: count, dismissed: count }, closed),
          positions: Type.Object(
            {
              compared: count,
              differing: count,
              differingPerMille: Type.Optional(
                Type.Integer({ minimum: 0, description: "Rounded down. Absent where nothing was compared." }),
              ),
            },
            closed,
          ),
          units: Type.Object({ found: count, missing: count }, closed),
        },
        closed,
      ),
    ),
    items: Type.Array(
      Type.Object(
        {
          itemId: ItemId,
          source: Type.String(),
          snapshots: count,
          units: Type.Object({ found: count, missing: count }, closed),
        },
        closed,
      ),
    ),
  },
  { title: "DriftTrend", ...closed },
);
export type DriftTrend = Static<typeof DriftTrend>;
