import {
  type ItemId,
  type LocationId,
  type Lot,
  ON_HAND_STATUSES,
  type Sequence,
  STATUSES,
  type Status,
  type StockFact,
} from "@crossdock/canonical";
import type { Balances } from "../balances.ts";
import { movementsOf } from "../movement-rules.ts";
import type { Shelf } from "../shelf.ts";

/** What a part of a difference is called. Every part leads from their number to ours; together they are the whole way. */
export type DifferenceName =
  /** Took effect here after the moment, or beyond the watermark, that their number speaks of. */
  | "moved-since"
  /** In a status that their number does not count and ours does, or the other way round. */
  | "status-not-in-theirs"
  | "status-not-in-ours"
  /** Happened by their moment and is not in our books yet: on the log and not read, waiting, parked, held as a duplicate, refused, dead. */
  | "not-read"
  | "waiting"
  | "parked"
  | "suspect-duplicate"
  | "refused"
  | "dead-letter"
  /** Of a system that tells what moved: what we have and it never told, what it told and we do not have, what it told with other units. */
  | "only-ours"
  | "only-theirs"
  | "told-otherwise"
  /** Their count, which nobody here has accepted. */
  | "count-not-accepted"
  /** What nothing above names. */
  | "unexplained";

/** A fact, or a statement that is none yet, with what it makes of a difference. */
export type TellingFact = {
  readonly factNumber: number | undefined;
  /** Where a statement that is no fact yet is found. */
  readonly record: { readonly messageId: string; readonly record: number } | undefined;
  readonly source: string;
  readonly type: string;
  readonly effectiveAt: string;
  /** From their number to ours. */
  readonly units: number;
  readonly because: string | undefined;
};

/** A part of a difference. */
export type NamedDifference = {
  readonly name: DifferenceName;
  /** From their number to ours: above zero where ours is the greater by it. */
  readonly units: number;
  readonly status?: Status;
  /** Why transfers were made, where the part is of transfers of one kind. */
  readonly reason?: string;
  readonly facts: readonly TellingFact[];
  readonly factsLeftOut: number;
};

/** What is compared: of an item at a location, all lots together or one. */
export type Subject = {
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot: Lot | undefined;
};

/** A statement that its source has made, and our books have not taken. */
export type OpenStatement = {
  readonly is: "not-read" | "waiting" | "parked" | "suspect-duplicate" | "refused" | "dead-letter";
  readonly fact: StockFact;
  readonly source: string;
  readonly effectiveAt: string;
  readonly sequence: Sequence | undefined;
  readonly factNumber: number | undefined;
  readonly record: { readonly messageId: string; readonly record: number } | undefined;
};

/** An open statement with the units by which it has changed their number and not ours. */
export type DueStatement = OpenStatement & { readonly units: number };

/**
 * What counts that saw a fact have made up for of it, in some statuses. What was counted as on hand was made up for in `available`, save
 * what a count of quarantined or damaged units has made up for there.
 */
export function madeUpBy(
  shelves: ReadonlySet<Shelf>,
  effectOn: (statuses: ReadonlySet<Status>) => number,
  statuses: ReadonlySet<Status>,
): number {
  const made = (shelf: "quarantined" | "damaged") => (shelves.has(shelf) ? effectOn(new Set([shelf])) : 0);
  const [quarantined, damaged] = [made("quarantined"), made("damaged")];
  const onHand = shelves.has("on-hand") ? effectOn(MEASURES["on-hand"]) : 0;
  const available = onHand - quarantined - damaged;
  const within = (status: Status, units: number) => (statuses.has(status) ? units : 0);
  return within("available", available) + within("quarantined", quarantined) + within("damaged", damaged);
}

/** What a fact does to the units of a subject in some statuses. A count does nothing by itself: what it means depends on the balance. */
export function effectOf(fact: StockFact, subject: Subject, statuses: ReadonlySet<Status>): number {
  const { itemId, locationId, lot } = subject;
  const isHere = (place: { readonly locationId: LocationId; readonly status: Status }) =>
    place.locationId === locationId && statuses.has(place.status) ? 1 : 0;
  return movementsOf(fact)
    .filter((movement) => movement.itemId === itemId && (lot === undefined || movement.lot === lot))
    .reduce((sum, { from, to, quantity }) => sum + quantity * (isHere(to) - isHere(from)), 0);
}

/** The lots of a subject that a fact moves; their numbers may speak of different moments. */
export function lotsMoved(fact: StockFact, { itemId, locationId, lot }: Subject): readonly Lot[] {
  const lots = movementsOf(fact)
    .filter((movement) => movement.itemId === itemId && (lot === undefined || movement.lot === lot))
    .filter(({ from, to }) => from.locationId === locationId || to.locationId === locationId)
    .map((movement) => movement.lot);
  return [...new Set(lots)];
}

/** The measures of ours that another system's number may be held against, as the statuses that they count. */
export const MEASURES = {
  "on-hand": new Set<Status>(ON_HAND_STATUSES),
  available: new Set<Status>(["available"]),
} as const;
export type Measure = keyof typeof MEASURES;

const unitsIn = (balances: Balances, statuses: ReadonlySet<Status>): number =>
  STATUSES.reduce((sum, status) => sum + (statuses.has(status) ? balances[status] : 0), 0);

/** Everything that a difference is named by. */
export type Evidence = {
  readonly said: number;
  readonly oursNow: Balances;
  /** As of their moment; `in-transit` is what was on its way here. */
  readonly oursThen: Balances;
  readonly measure: ReadonlySet<Status>;
  /** What their number counts. */
  readonly counted: ReadonlySet<Status>;
  /** What took effect since, by reason, in the statuses of the measure. */
  readonly since: readonly NamedDifference[];
  /** What was told or stated and is not the same in both books. */
  readonly told: readonly NamedDifference[];
  /** Whether their number is a count that nobody here has accepted. */
  readonly isRefused: boolean;
};

/**
 * Names the way from their number to ours. Nothing is left out: what no name accounts for stands last as `unexplained`, zero or not, so
 * that the parts always add up.
 */
export function nameDifferences(evidence: Evidence): readonly NamedDifference[] {
  const { measure, counted, oursThen, since, told, isRefused } = evidence;
  const statuses = STATUSES.flatMap((status): NamedDifference[] => {
    const units = oursThen[status];
    if (units === 0 || measure.has(status) === counted.has(status)) return [];
    const name = measure.has(status) ? "status-not-in-theirs" : "status-not-in-ours";
    return [{ ...part(name, measure.has(status) ? units : -units), status }];
  });
  const named = [...since, ...statuses, ...told].filter(({ units }) => units !== 0);
  const whole = unitsIn(evidence.oursNow, measure) - evidence.said;
  const rest = whole - named.reduce((sum, { units }) => sum + units, 0);
  return isRefused && rest !== 0
    ? [...named, part("count-not-accepted", rest), part("unexplained", 0)]
    : [...named, part("unexplained", rest)];
}

/** A part that no fact stands for. */
export const part = (name: DifferenceName, units: number): NamedDifference => ({
  ...{ name, units, facts: [], factsLeftOut: 0 },
});

/** What the unexplained rest may be: something that comes to exactly as much. A hint for a person, and no part of the sum. */
export type Hint =
  | { readonly is: "status"; readonly status: Status }
  | { readonly is: "unit"; readonly unit: string }
  | { readonly is: "statement"; readonly statement: TellingFact & { readonly state: OpenStatement["is"] } };

/** Finds what comes to exactly the unexplained rest: a status counted by one side only, a number told in another unit, a held statement. */
export function hintsAt(
  unexplained: number,
  evidence: Evidence,
  asides: {
    readonly units: ReadonlyMap<string, { readonly numerator: bigint; readonly denominator: bigint }>;
    readonly statements: readonly (TellingFact & { readonly state: OpenStatement["is"] })[];
  },
): readonly Hint[] {
  if (unexplained === 0) return [];
  const { oursThen, counted, said } = evidence;
  const statuses = STATUSES.filter(
    (status) => oursThen[status] !== 0 && oursThen[status] === (counted.has(status) ? 1 : -1) * unexplained,
  );
  const ours = BigInt(unitsIn(oursThen, counted));
  const told = [...asides.units].filter(
    ([, { numerator, denominator }]) =>
      said !== 0 && numerator !== denominator && BigInt(said) * numerator === ours * denominator,
  );
  const statements = asides.statements.filter(({ units }) => units === unexplained);
  return [
    ...statuses.map((status): Hint => ({ is: "status", status })),
    ...told.map(([unit]): Hint => ({ is: "unit", unit })),
    ...statements.map((statement): Hint => ({ is: "statement", statement })),
  ];
}
