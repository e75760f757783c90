import { ACCEPTED, keyOf, type LoadResult, REFUSED } from "../load/protocol.ts";
import type { Sale } from "./contestant.ts";
import type { PeerBooks } from "./peer-database.ts";
import type { ProductBooks } from "./product-books.ts";

/** Buyers by what they were told. */
function keysWith(seen: LoadResult, status: number, prefix: string): readonly string[] {
  return [...seen.statuses.entries()].flatMap(([buyer, told]) =>
    told === status ? [keyOf(prefix, buyer)] : [],
  );
}

/** What the answers alone show: everyone was answered, as many were promised as there were units, retries heard the same again. */
export function faultsOfAnswers({ units }: Sale, seen: LoadResult): string[] {
  const accepted = seen.statuses.filter((status) => status === ACCEPTED).length;
  const refused = seen.statuses.filter((status) => status === REFUSED).length;
  const others = seen.statuses.length - accepted - refused;
  const expected = Math.min(units, seen.statuses.length);
  return [
    ...(others === 0 ? [] : [`${others} buyers were answered neither 201 nor 409: ${otherExamples(seen)}`]),
    ...(accepted === expected ? [] : [`${accepted} buyers were promised one of ${units} units`]),
    ...(seen.unlike === 0
      ? []
      : [`${seen.unlike} of ${seen.retries} retries were answered otherwise than before`]),
  ];
}

function otherExamples({ examples }: LoadResult): string {
  const others = Object.entries(examples).filter(([status]) => ![ACCEPTED, REFUSED].includes(Number(status)));
  return others.map(([status, body]) => `${status} ${body.slice(0, 200)}`).join("; ");
}

function compareSets(what: string, told: readonly string[], kept: ReadonlySet<string>): string[] {
  const missing = told.filter((key) => !kept.has(key)).length;
  const extra = kept.size - (told.length - missing);
  return [
    ...(missing === 0 ? [] : [`${missing} ${what} are not in the database`]),
    ...(extra === 0 ? [] : [`${extra} ${what} are in the database, and nobody was told`]),
  ];
}

/** Holds a peer's books against what buyers were told. */
export function faultsOfPeer(books: PeerBooks, sale: Sale, seen: LoadResult): string[] {
  return [
    ...faultsOfAnswers(sale, seen),
    ...compareSets("promises", keysWith(seen, ACCEPTED, sale.keyPrefix), books.keys),
    ...(books.left + books.promised === sale.units
      ? []
      : [`${books.left} left and ${books.promised} promised are not ${sale.units}`]),
  ];
}

/** Holds the product's books against what buyers were told, and against each other. */
export function faultsOfProduct(books: ProductBooks, sale: Sale, seen: LoadResult): string[] {
  const { available, held, transferred, promised, facts } = books;
  const equal: readonly (readonly [what: string, value: number, wanted: number])[] = [
    ["units available and held", available + held, sale.units],
    ["units held", held, promised.units],
    ["units that transfers have moved into held", transferred.held, held],
    ["units that transfers have left available", transferred.available, available],
    ["reservations of accepted keys", books.acceptedReservations, promised.reservations],
    ["facts of reservations", facts, promised.reservations],
  ];
  return [
    ...faultsOfAnswers(sale, seen),
    ...compareSets("promises", keysWith(seen, ACCEPTED, sale.keyPrefix), books.accepted),
    ...compareSets("refusals", keysWith(seen, REFUSED, sale.keyPrefix), books.refused),
    ...equal.flatMap(([what, value, wanted]) =>
      value === wanted ? [] : [`${what}: ${value}, not ${wanted}`],
    ),
  ];
}
