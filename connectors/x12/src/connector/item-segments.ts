import type { Reference } from "@crossdock/canonical";
import type { OutgoingElement, OutgoingSegment } from "../write.ts";
import { pairsOf } from "./item-names.ts";
import type { Wording } from "./wording.ts";

/** Pairs that PO1 takes; LIN takes five more. */
const PAIRS_MAX = 10;
/** Data element 234; it grew after 004010. */
const ITEM_LENGTHS_MAX = { "004010": 48, "005010": 80 } as const;
const DESCRIPTION_LENGTH_MAX = 80;
/** Data element 350. */
const LINE_NUMBER_LENGTH_MAX = 20;

/** An item as a document names it. */
export type NamedItem = {
  readonly itemId: string;
  readonly names: readonly Reference[];
  readonly description?: string | undefined;
  readonly lot?: string | undefined;
};

/**
 * The pairs of PO1 and LIN: the partner's own names given back. Where it has given none and our aliases hold none that it
 * knows, the paper is refused: a quantity of nothing in particular helps nobody.
 */
export function itemPairs(item: NamedItem, accountId: string, wording: Wording): readonly OutgoingElement[] {
  const { items, version } = wording.profile;
  const rule = { what: `item ${item.itemId}:`, max: ITEM_LENGTHS_MAX[version] };
  const lot = item.lot === undefined || item.lot === "" ? [] : [{ qualifier: "LT", value: item.lot }];
  const named = pairsOf(item.names, items, accountId).slice(0, PAIRS_MAX);
  if (named.length === 0) {
    wording.refuse(`item ${item.itemId} has no name that the partner knows; add an alias of it`);
  }
  return [...named, ...lot].flatMap(({ qualifier, value }) => [qualifier, wording.identity(value, rule)]);
}

/** PID with the description in words, or nothing. */
export function descriptionSegments(item: NamedItem, wording: Wording): readonly OutgoingSegment[] {
  const description = wording.free(item.description ?? "", DESCRIPTION_LENGTH_MAX);
  return description === "" ? [] : [["PID", "F", "", "", "", description]];
}

/** The number of a line as the partner gave it, where it fits. */
export function lineNumber(lineId: string | undefined, wording: Wording): string {
  return wording.identityOrNothing(lineId, { max: LINE_NUMBER_LENGTH_MAX });
}
