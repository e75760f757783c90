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
    state: Type.Union(
      [Type.Literal("gathering"), Type.Literal("taking"), Type.Literal("applied"), Type.Literal("claim")],
      {
        description:
          "`gathering`: pages are missing. `taking`: it is being held against the books. `claim`: its source does not own the " +
          "stock there, so it moves nothing.",
      },
    ),
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
  },
  { title: "Snapshot", ...closed },
);
export type SnapshotView = Static<typeof SnapshotView>;

const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));

export const SnapshotPage = Type.Object(
  { snapshots: Type.Array(SnapshotView), next },
  { title: "SnapshotPage", ...closed },
);

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
