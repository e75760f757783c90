import { type TSchema, Type } from "typebox";
import { Instant, ItemId, LocationId } from "./ids.ts";
import { Quantity } from "./quantity.ts";

/**
 * What will bring stock to a location one day. A `transfer` is one that has not left yet: what has left is in transit, and known from its
 * movements.
 */
export const SupplyKind = Type.Union(
  [
    Type.Literal("purchase-order"),
    Type.Literal("transfer"),
    Type.Literal("return"),
    Type.Literal("production"),
  ],
  { title: "SupplyKind" },
);
export type SupplyKind = Type.Static<typeof SupplyKind>;

/** What a stated quantity says: all that was ordered, whatever has come of it; or what was still to come when it was said. */
export const SupplyBasis = Type.Union([Type.Literal("ordered"), Type.Literal("open")], {
  title: "SupplyBasis",
  description:
    "`ordered`: the whole quantity of the line, from which everything that comes is taken. `open`: what was still to come at the " +
    "statement's `effectiveAt`, from which only what comes after that is taken.",
});
export type SupplyBasis = Type.Static<typeof SupplyBasis>;

/**
 * What a person decides about a line that is overdue: `keep` it for another date, `cancel` it here, or `ignore` that it is overdue for a while.
 */
export const SupplyVerdict = Type.Union(
  [Type.Literal("keep"), Type.Literal("cancel"), Type.Literal("ignore")],
  { title: "SupplyVerdict" },
);
export type SupplyVerdict = Type.Static<typeof SupplyVerdict>;

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1, maxLength: 200 });

/**
 * One line of a document that will bring stock, as it stands at the statement's `effectiveAt`. The state with the highest `revision` counts,
 * of these the latest, whatever came first; a quantity of 0 or `cancelled` ends the line.
 */
export function supplyShape<I extends TSchema, P extends TSchema, Q extends TSchema>(slots: {
  readonly item: I;
  readonly location: P;
  readonly total: Q;
}) {
  return Type.Object(
    {
      kind: SupplyKind,
      number: {
        ...text,
        description: "The document's number: of the purchase order, the transfer, the return.",
      },
      line: Type.Optional({ ...text, description: "Its line. Absent: the document has one." }),
      item: slots.item,
      location: slots.location,
      from: Type.Optional(slots.location),
      vendor: Type.Optional({ ...text, description: "Who supplies it, in the source's words." }),
      quantity: slots.total,
      counts: SupplyBasis,
      expectedAt: Instant,
      leavesAt: Type.Optional(Instant),
      cancelled: Type.Optional(Type.Boolean()),
      revision: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: "The source's number of this state of the line. Absent: 0, so that the latest counts.",
        }),
      ),
    },
    closed,
  );
}

/** The facts about supply. They move nothing. */
export const SUPPLY_FACTS = {
  SupplyExpected: supplyShape({ item: ItemId, location: LocationId, total: Quantity }),
};

/** What was decided here about supply. It holds while the source dates the line as it did. */
export const SUPPLY_DECISIONS = {
  SupplyDecided: Type.Object(
    {
      source: Type.String(),
      kind: SupplyKind,
      number: Type.String(),
      line: Type.String({ description: "Empty: the document has one line." }),
      expectedAt: Instant,
      decision: SupplyVerdict,
      until: Type.Optional(Instant),
      by: Type.String(),
      because: Type.String(),
    },
    closed,
  ),
};

/** What brings stock by a date: a kind of supply that is stated, or a transfer that has left. */
export const DueKind = Type.Union([SupplyKind, Type.Literal("in-transit")], { title: "DueKind" });
export type DueKind = Type.Static<typeof DueKind>;
