import { type ItemId, type LocationId, type Lot, STATUSES, type StockFact } from "@crossdock/canonical";
import type { Movement } from "./movement.ts";
import { movementsOf } from "./movement-rules.ts";

/** Everything about a position that follows from its transfers, by the names that people read. */
export const BALANCES = [...STATUSES, "uncovered", "version"] as const;

/** A position that is not what its transfers make it. `live` and `rebuilt` are in the order of `BALANCES`. */
export type WrongPosition = {
  readonly positionId: number;
  readonly itemId: string;
  readonly locationId: string;
  readonly lot: string;
  readonly live: readonly number[];
  readonly rebuilt: readonly number[];
};

/** Something that a rebuild from the log would make otherwise. Only the transfers of a fact are never changed by one. */
export type Difference =
  | ({ readonly kind: "position" } & WrongPosition)
  | { readonly kind: "claim"; readonly eventNumber: number; readonly says: string }
  | {
      readonly kind: "claimed";
      readonly locationId: string;
      readonly source: string;
      /** Undefined: the source's last full snapshot of the location. */
      readonly of: { readonly itemId: string; readonly lot: string } | undefined;
      readonly kept: string | undefined;
      readonly rebuilt: string | undefined;
    }
  | {
      readonly kind: "supply";
      /** The line, or what has come of lines. */
      readonly about: string;
      readonly kept: string | undefined;
      readonly rebuilt: string | undefined;
    }
  | {
      readonly kind: "fact";
      readonly eventNumber: number;
      readonly path: string;
      readonly said: number;
      readonly moved: number;
    };

/** A difference as a line for people. */
export function differenceText(difference: Difference): string {
  switch (difference.kind) {
    case "position": {
      const { positionId, itemId, locationId, lot, live, rebuilt } = difference;
      const parts = BALANCES.flatMap((name, at) =>
        live[at] === rebuilt[at] ? [] : [`${name} ${live[at]}, by its transfers ${rebuilt[at]}`],
      );
      const place = `${itemId} at ${locationId}${lot === "" ? "" : `, lot ${lot}`}`;
      return `position ${positionId} (${place}): ${parts.join("; ")}`;
    }
    case "claim":
      return `claim of fact ${difference.eventNumber}: ${difference.says}`;
    case "claimed": {
      const { locationId, source, of, kept = "nothing", rebuilt = "nothing" } = difference;
      const lot = of === undefined || of.lot === "" ? "" : `, lot ${of.lot}`;
      const subject = of === undefined ? locationId : `${of.itemId} at ${locationId}${lot}`;
      return `what ${source} says of ${subject}: ${kept} is kept, by the log ${rebuilt}`;
    }
    case "supply": {
      const { about, kept = "nothing", rebuilt = "nothing" } = difference;
      return `${about}: ${kept} is kept, by the log ${rebuilt}`;
    }
    case "fact":
      return `fact ${difference.eventNumber}, ${difference.path}: says ${difference.said}, moved ${difference.moved}`;
    default:
      return difference satisfies never;
  }
}

/** Units that one fact moved of an item from one location to another, statuses put together. */
export type MovedUnits = {
  readonly itemId: string;
  readonly lot: string;
  readonly fromLocationId: string;
  readonly toLocationId: string;
  readonly units: number;
};

type Path = { said: number; moved: number; mayBeLess: boolean };

const pathText = (path: {
  itemId: ItemId | string;
  lot: Lot;
  from: LocationId | string;
  to: LocationId | string;
}): string => `${path.itemId}${path.lot === "" ? "" : `, lot ${path.lot}`}, from ${path.from} to ${path.to}`;

/**
 * Holds what an applied fact says against the transfers that it made, corrections of counts left out: per item, lot and direction.
 * A pick for an order line may move less than it says, when its shipment was ahead of it, and a put-back when it was ahead of its pick.
 */
export function differencesOfFact(
  fact: StockFact & { readonly number: number },
  transfers: readonly MovedUnits[],
): readonly Difference[] {
  const paths = new Map<string, Path>();
  const at = (path: string): Path => {
    const known = paths.get(path) ?? { said: 0, moved: 0, mayBeLess: false };
    paths.set(path, known);
    return known;
  };
  for (const movement of movementsOf(fact)) {
    const path = at(movementPath(movement));
    path.said += movement.quantity;
    path.mayBeLess ||= movement.use?.step === "pick" || movement.use?.step === "put-back";
  }
  for (const { itemId, lot, fromLocationId: from, toLocationId: to, units } of transfers)
    at(pathText({ itemId, lot, from, to })).moved += units;
  return [...paths].flatMap(([path, { said, moved, mayBeLess }]) =>
    moved === said || (mayBeLess && moved < said)
      ? []
      : [{ kind: "fact", eventNumber: fact.number, path, said, moved } as const],
  );
}

const movementPath = ({ itemId, lot, from, to }: Movement): string =>
  pathText({ itemId, lot, from: from.locationId, to: to.locationId });

/** What is kept of a claim, and what its fact says. */
export type KeptClaim = { readonly source: string; readonly locationId: string };

/** What a claim should be by its fact; undefined when it is that. */
export function claimDifference(
  fact: { readonly number: number; readonly source: string; readonly locationId: string },
  kept: KeptClaim | undefined,
): Difference | undefined {
  const { locationId, number: eventNumber } = fact;
  if (kept === undefined)
    return { kind: "claim", eventNumber, says: "it was not kept, and the outcome says claim" };
  if (kept.source === fact.source && kept.locationId === locationId) return undefined;
  const says = `kept as of ${kept.source} about ${kept.locationId}, and the fact is of ${fact.source} about ${locationId}`;
  return { kind: "claim", eventNumber, says };
}
