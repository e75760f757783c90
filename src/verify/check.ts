import type { Queryable } from "../platform/index.ts";

/** Offending rows that a check names; the others are counted. */
export const OFFENCES_MAX = 10;

/** What a check looks at, in the words that people read; the census counts each. */
export type Noun =
  | "positions"
  | "transfers"
  | "counts"
  | "count cases"
  | "item lots"
  | "reservations"
  | "admissions"
  | "facts"
  | "business keys"
  | "stock facts"
  | "claims"
  | "uses of order lines"
  | "facts about reservations"
  | "orders"
  | "order lines"
  | "promised orders"
  | "shipments"
  | "messages"
  | "parked records"
  | "documents"
  | "numbered facts"
  | "gaps"
  | "receipt lines"
  | "receipts with a lot"
  | "statements about lots"
  | "transfers between locations"
  | "checkpoints"
  | "sealed facts"
  | "hashes of the seal"
  | "subscribers"
  | "dead letters";

/** How many rows of each kind there are, in the snapshot that is judged. */
export type Census = Readonly<Record<Noun, number>>;

/** A value that names or measures something in an offending row. */
export type Cell = string | number | boolean | null;

/** An offending row as its query gives it; `total` says how many there are. */
export type Found<Row> = Row & { readonly total: number };

/** One row that breaks a law: its ids and values as they stand in the tables, and what is wrong with them. */
export type Offence = { readonly row: Readonly<Record<string, Cell>>; readonly says: string };

/** What a check found: all offences counted, the first of them named. */
export type Findings = { readonly total: number; readonly offences: readonly Offence[] };

/** One thing that must hold. */
export type Check = {
  /** Stable, in kebab case: scripts and tickets refer to it. */
  readonly name: string;
  /** What must hold, as a sentence. */
  readonly sentence: string;
  readonly examines: Noun;
  /** What a person does about an offence. */
  readonly remedy: string;
  find(snapshot: Queryable): Promise<Findings>;
};

/** A law of the domain with the checks that it comes down to. */
export type Law = {
  /** The law's number; undefined for what all laws rest on. */
  readonly number: number | undefined;
  readonly title: string;
  readonly checks: readonly Check[];
};

/** A check as it is written down: its query gives rows of one type, and `says` puts one into words. */
export type CheckDefinition<Row> = Omit<Check, "find"> & {
  rows(snapshot: Queryable): Promise<readonly Found<Row>[]>;
  says(row: Row): string;
};

/** Makes a check out of its definition. */
export function check<Row extends Readonly<Record<string, Cell>>>(definition: CheckDefinition<Row>): Check {
  const { name, sentence, examines, remedy } = definition;
  return {
    name,
    sentence,
    examines,
    remedy,
    async find(snapshot) {
      const found = await definition.rows(snapshot);
      return { total: found[0]?.total ?? 0, offences: found.map((row) => offence(definition, row)) };
    },
  };
}

function offence<Row extends Readonly<Record<string, Cell>>>(
  { says }: CheckDefinition<Row>,
  found: Found<Row>,
): Offence {
  const { total: _, ...row } = found;
  return { row, says: says(found) };
}

/** A position by its id and what it holds, as a row says it. */
export type PositionCells = {
  readonly position_id: number;
  readonly item_id: string | null;
  readonly location_id: string | null;
  readonly lot: string | null;
};

/** A position in words. */
export function positionText(row: PositionCells): string {
  const lot = row.lot === null || row.lot === "" ? "" : `, lot ${row.lot}`;
  return row.item_id === null
    ? `position ${row.position_id}, which does not exist`
    : `position ${row.position_id} (${row.item_id} at ${row.location_id}${lot})`;
}
