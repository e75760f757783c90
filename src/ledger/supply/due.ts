import type { SupplyBasis, SupplyKind, SupplyVerdict } from "@crossdock/canonical";
import type { OpenLine } from "./open.ts";
import type { InTransitRow, SupplyLineRow } from "./store.ts";

/** Something that is still to come of an item to a location, in base units. */
export type DueSupply = {
  readonly kind: SupplyKind | "in-transit";
  /** Who says so; undefined for what is in transit, which follows from what left and arrived. */
  readonly source: string | undefined;
  /** The document's number and line; empty where there is none. */
  readonly document: string;
  readonly line: string;
  readonly itemId: string;
  readonly locationId: string;
  /** Where it comes from, for transfers. */
  readonly fromLocationId: string | undefined;
  readonly vendor: string | undefined;
  /** What was said, and what that means; for what is in transit what left. */
  readonly stated: number;
  readonly basis: SupplyBasis;
  readonly arrived: number;
  readonly open: number;
  /** Undefined: nobody has said when. */
  readonly expectedAt: Date | undefined;
  /** When it leaves where it comes from; undefined: it may be any moment. */
  readonly leavesAt: Date | undefined;
  /** What a person decided about the line as its source dates it, and until when; undefined: nothing. */
  readonly decided: { readonly verdict: SupplyVerdict; readonly until: Date | undefined } | undefined;
  /** When its source expects it, whatever was decided. */
  readonly saidFor: Date | undefined;
  /** When its source said so; undefined for what is in transit. */
  readonly asOf: Date | undefined;
};

/** A line of which something is still to come. */
export function dueLine({ arrived, open }: OpenLine, row: SupplyLineRow): DueSupply {
  return {
    ...{ kind: row.kind, source: row.source, document: row.document, line: row.line },
    ...{ itemId: row.item_id, locationId: row.location_id },
    ...{ fromLocationId: row.from_location_id ?? undefined, vendor: row.vendor ?? undefined },
    ...{ stated: row.quantity, basis: row.basis, arrived, open },
    ...{ expectedAt: expectedNow(row), saidFor: row.expected_at, leavesAt: row.leaves_at ?? undefined },
    decided: row.decision === null ? undefined : { verdict: row.decision, until: row.until ?? undefined },
    asOf: row.as_of,
  };
}

/** What is in transit, by when it is expected. */
export function dueInTransit(lane: InTransitRow, expectedAt: Date | undefined): DueSupply {
  const { dispatched, outstanding } = lane;
  return {
    ...{ kind: "in-transit", source: undefined, document: lane.transfer_number, line: "" },
    ...{ itemId: lane.item_id, locationId: lane.to_location_id, fromLocationId: lane.from_location_id },
    ...{ saidFor: expectedAt, leavesAt: undefined, decided: undefined, asOf: undefined },
    ...{ vendor: undefined, stated: dispatched, basis: "ordered" },
    ...{ arrived: dispatched - outstanding, open: outstanding, expectedAt },
  };
}

/** What is kept for another date is expected then. */
const expectedNow = ({ decision, until, expected_at }: SupplyLineRow): Date =>
  decision === "keep" && until !== null ? until : expected_at;

/** Whether a person has to decide about something: it has not come by when it was expected, and nobody has cancelled or ignored that. */
export function asksForDecision({ expectedAt, decided }: DueSupply, now: Date): boolean {
  if (expectedAt === undefined || expectedAt >= now || decided?.verdict === "cancel") return false;
  return decided?.verdict !== "ignore" || decided.until === undefined || decided.until <= now;
}
