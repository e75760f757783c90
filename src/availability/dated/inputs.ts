import { type DemandInput, itemId, locationId, quantity, type SupplyInput } from "@crossdock/canonical";
import type { LocationCalendar } from "../../governance/index.ts";
import type { DueSupply } from "../../ledger/index.ts";
import type { SupplyTerms } from "../rules/supply.ts";
import { CANCELLED, weigh } from "./weigh.ts";
import { readyAfter } from "./working-time.ts";

/** Something that is to come, with what of it counts. What a person has cancelled is shown, and counts for nothing. */
export function supplyInput(
  due: DueSupply,
  {
    now,
    calendar,
    terms,
  }: {
    readonly now: number;
    readonly calendar: LocationCalendar | undefined;
    readonly terms: Pick<SupplyTerms, "policyOf">;
  },
): SupplyInput {
  const { expectedAt, asOf, source, fromLocationId, vendor } = due;
  const { decided, saidFor } = due;
  const { policy, by } =
    decided?.verdict === "cancel" ? { policy: CANCELLED, by: [] } : terms.policyOf(due.kind, vendor);
  const arriving = { open: due.open, expectedAt: expectedAt?.getTime(), readyAfter: putAway(due, calendar) };
  const weight = weigh(arriving, policy, now);
  return {
    kind: due.kind,
    ...(source === undefined ? {} : { source }),
    ...{ document: due.document, line: due.line },
    ...{ itemId: itemId(due.itemId), locationId: locationId(due.locationId) },
    ...(fromLocationId === undefined ? {} : { fromLocationId: locationId(fromLocationId) }),
    ...(vendor === undefined ? {} : { vendor }),
    ...{ stated: quantity(due.stated), basis: due.basis, arrived: quantity(due.arrived) },
    open: quantity(due.open),
    ...(expectedAt === undefined ? {} : { expectedAt: expectedAt.toISOString() }),
    ...(weight.dueAt === undefined ? {} : { dueAt: toInstant(weight.dueAt) }),
    ...(weight.overdueDays === undefined ? {} : { overdueDays: weight.overdueDays }),
    ...{ permille: weight.permille, counted: quantity(weight.counted) },
    ...(by.length === 0 ? {} : { by: [...by] }),
    ...(decided === undefined ? {} : { decided: decided.verdict }),
    ...(saidFor === undefined || saidFor === expectedAt ? {} : { saidFor: saidFor.toISOString() }),
    ...(asOf === undefined ? {} : { asOf: asOf.toISOString() }),
  };
}

/** When what arrives can be sold. What is made at a place does not come over its dock. */
const putAway =
  ({ kind }: DueSupply, calendar: LocationCalendar | undefined) =>
  (arrivesAt: number): number | undefined =>
    calendar === undefined || kind === "production" ? arrivesAt : readyAfter(calendar, arrivesAt);

/** What a planned transfer will take from a place of the network. However late it is, somebody counts on it. */
export function demandInput(
  due: DueSupply,
  network: ReadonlySet<string>,
  now: number,
): readonly DemandInput[] {
  const { kind, fromLocationId: from, source, leavesAt } = due;
  if (due.decided?.verdict === "cancel" || kind !== "transfer" || from === undefined || !network.has(from))
    return [];
  return [
    {
      ...{ document: due.document, line: due.line, itemId: itemId(due.itemId), locationId: locationId(from) },
      ...(source === undefined ? {} : { source }),
      ...{ units: quantity(due.open), at: toInstant(Math.max(now, leavesAt?.getTime() ?? now)) },
    },
  ];
}

const toInstant = (moment: number): string => new Date(moment).toISOString();
