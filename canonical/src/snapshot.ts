import { type TSchema, Type } from "typebox";
import { Instant, Lot } from "./ids.ts";
import { Measure } from "./quantity.ts";
import { Reference } from "./reference.ts";
import { ConditionStatus } from "./status.ts";

/** The number that a source gives its messages, in a stream of its own: the warehouse's events, the partner's interchanges. */
export const Sequence = Type.Object(
  { stream: Type.String({ minLength: 1, maxLength: 80 }), number: Type.Integer({ minimum: 0 }) },
  { title: "Sequence", additionalProperties: false },
);
export type Sequence = Type.Static<typeof Sequence>;

/** Rows of one page: a row of the log that readers can still hold many of. */
export const SNAPSHOT_ROWS_MAX = 1_000;
/** Pages of one snapshot. With full pages a hundred million rows: more positions than any location has. */
export const SNAPSHOT_PAGES_MAX = 100_000;

/**
 * What every page of a snapshot says of the whole. Pages that disagree in any of it are pages of different snapshots.
 *
 * - `full`: every position of the location was looked at, and one that no row names has nothing. `partial`: only the rows' positions were.
 * - `conditions`: rows say the condition of what they count, and each condition is held against its own balance.
 * - `watermark`: the last message of the source that the numbers contain; what it numbers above that is not in them.
 */
const header = {
  snapshotId: Type.String({ minLength: 1, maxLength: 120 }),
  scope: Type.Union([Type.Literal("full"), Type.Literal("partial")]),
  conditions: Type.Boolean(),
  watermark: Type.Optional(Sequence),
};

const page = {
  page: Type.Integer({ minimum: 1, maximum: SNAPSHOT_PAGES_MAX }),
  /** How many pages there are. Some page has to say it, or the snapshot waits for ever. */
  pages: Type.Optional(Type.Integer({ minimum: 1, maximum: SNAPSHOT_PAGES_MAX })),
};

const closed = { additionalProperties: false } as const;

/**
 * The fact of a page: what was counted at a location at `effectiveAt`, in columns of one length. Rows of one position are summed over all
 * pages, because a warehouse counts by bin and licence plate. A row whose item was not known when the page came is `unresolved` there and
 * comes later, as a page of the same number that says which `row` it is.
 */
export function snapshotPageShape<I extends TSchema, P extends TSchema, Q extends TSchema>(slots: {
  readonly item: I;
  readonly location: P;
  readonly quantity: Q;
}) {
  const column = <T extends TSchema>(of: T) => Type.Array(of, { maxItems: SNAPSHOT_ROWS_MAX });
  return Type.Object(
    {
      ...header,
      location: slots.location,
      ...page,
      row: Type.Optional(Type.Integer({ minimum: 0, maximum: SNAPSHOT_ROWS_MAX - 1 })),
      unresolved: Type.Optional(Type.Integer({ minimum: 1, maximum: SNAPSHOT_ROWS_MAX })),
      items: column(slots.item),
      counted: column(slots.quantity),
      /** Absent: no row has a lot. */
      lots: Type.Optional(column(Lot)),
      /** Absent: every row is of stock that is available. */
      statuses: Type.Optional(column(ConditionStatus)),
    },
    closed,
  );
}

/** A row of a snapshot in its source's words. Without a status it counts what is available, where conditions are told apart. */
export const SnapshotRow = Type.Object(
  {
    item: Reference,
    lot: Type.Optional(Lot),
    counted: Measure,
    status: Type.Optional(ConditionStatus),
  },
  { title: "SnapshotRow", additionalProperties: false },
);
export type SnapshotRow = Type.Static<typeof SnapshotRow>;

/** A page of a snapshot in its source's words. `effectiveAt` is when the snapshot was taken, the same on every page. */
export const SnapshotStatement = Type.Object(
  {
    type: Type.Literal("StockSnapshotPage"),
    effectiveAt: Instant,
    data: Type.Object(
      {
        ...header,
        location: Reference,
        ...page,
        /** Set where the statement is one row of a page, that could not be resolved when the page came. */
        row: Type.Optional(Type.Integer({ minimum: 0, maximum: SNAPSHOT_ROWS_MAX - 1 })),
        /** Rows that were left out because what they name is not known yet. Sources do not set it. */
        unresolved: Type.Optional(Type.Integer({ minimum: 1, maximum: SNAPSHOT_ROWS_MAX })),
        rows: Type.Array(SnapshotRow, { maxItems: SNAPSHOT_ROWS_MAX }),
      },
      closed,
    ),
  },
  { title: "SnapshotStatement", additionalProperties: false },
);
export type SnapshotStatement = Type.Static<typeof SnapshotStatement>;

/** The id of a page's fact. It follows from what the page is, so a page that is sent again is a duplicate whatever it is sent in. */
export function snapshotPageId(page: {
  readonly snapshotId: string;
  readonly page: number;
  readonly row?: number | undefined;
}): string {
  const id = `snapshot ${page.snapshotId} page ${page.page}`;
  return page.row === undefined ? id : `${id} row ${page.row}`;
}
