import { Instant, LocationId } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));

export const OwnedMeasure = Type.Union(
  [
    Type.Literal("physical-stock"),
    Type.Literal("item-master"),
    Type.Literal("purchase-orders"),
    Type.Literal("orders"),
    Type.Literal("promises"),
    Type.Literal("listing-content"),
    Type.Literal("valuation"),
  ],
  { description: "What there is an authority for." },
);

const Source = Type.String({
  pattern: "^/(crossdock|accounts/[A-Za-z0-9][A-Za-z0-9._-]{0,63})$",
  description:
    "As facts name it: `/accounts/` and the account's id, or `/crossdock` for what is decided here.",
});
const place = Type.Optional({
  ...LocationId,
  description: "Absent: everywhere where nothing is said of the place itself.",
});

/** Who is the authority for a measure at a place, and when. */
export const OwnerView = Type.Object(
  {
    measure: OwnedMeasure,
    locationId: place,
    source: Source,
    validFrom: Type.Optional({ ...Instant, description: "Absent: since ever." }),
    validTo: Type.Optional({ ...Instant, description: "From when on it is another. Absent: for ever." }),
  },
  { title: "Owner", ...closed },
);
export type OwnerView = Static<typeof OwnerView>;

export const OwnershipPage = Type.Object(
  { owners: Type.Array(OwnerView), next },
  { title: "OwnershipPage", ...closed },
);

/** Another owner of a measure at a place. */
export const OwnerRequest = Type.Object(
  {
    measure: OwnedMeasure,
    locationId: place,
    source: Type.Union([Source, Type.Null()], {
      description: "Null: nothing is said of the place any more.",
    }),
    from: Type.Optional({ ...Instant, description: "Absent: since ever." }),
    to: Type.Optional({ ...Instant, description: "Absent: for ever, whatever was said of later." }),
    because: Type.String({ minLength: 1, maxLength: 200, description: "Why; it stays in the history." }),
  },
  { title: "OwnerRequest", ...closed },
);
export type OwnerRequest = Static<typeof OwnerRequest>;

const line = Type.Array(
  Type.Object(
    { from: Type.Union([Instant, Type.Null()]), source: Type.Union([Type.String(), Type.Null()]) },
    closed,
  ),
  { description: "Who it is from each moment on; null is since ever, and nobody in particular." },
);

/** A change of the matrix: who made it, when, and what was said of the place before and after. */
export const OwnershipChangeView = Type.Object(
  {
    changeNumber: Type.String(),
    measure: OwnedMeasure,
    locationId: place,
    source: Type.Union([Type.String(), Type.Null()]),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    before: line,
    after: line,
    because: Type.String(),
    changedBy: Type.String({ description: "The client whose key it was." }),
    changedAt: Instant,
    correlationId: Type.String(),
  },
  { title: "OwnershipChange", ...closed },
);
export type OwnershipChangeView = Static<typeof OwnershipChangeView>;

export const OwnershipChangePage = Type.Object(
  { changes: Type.Array(OwnershipChangeView), next },
  { title: "OwnershipChangePage", ...closed },
);

/** What became of the wish for another owner. */
export const OwnerAnswer = Type.Object(
  {
    already: Type.Boolean({ description: "Whether it was so before." }),
    change: Type.Optional(OwnershipChangeView),
  },
  { title: "OwnerAnswer", ...closed },
);
export type OwnerAnswer = Static<typeof OwnerAnswer>;
