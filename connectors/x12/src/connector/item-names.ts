import type { Reference } from "@crossdock/canonical";
import { isGtin } from "../sscc.ts";

/** What a qualifier of data element 235 means: the scheme of our aliases, and whether it is the partner's own number. */
export type ItemName = { readonly qualifier: string; readonly scheme: string; readonly scoped?: boolean };

/** A qualifier and the number after it, as they stand in PO1 and LIN. */
export type ItemPair = { readonly qualifier: string; readonly value: string };

/**
 * Our own numbers first, because nobody else gives them out; then GTINs; then the buyer's numbers, which are only known when
 * somebody has entered them.
 */
export const ITEM_NAMES_DEFAULT: readonly ItemName[] = [
  { qualifier: "VN", scheme: "sku" },
  { qualifier: "VP", scheme: "sku" },
  { qualifier: "SK", scheme: "sku" },
  { qualifier: "UK", scheme: "gtin" },
  { qualifier: "UP", scheme: "gtin" },
  { qualifier: "UI", scheme: "gtin" },
  { qualifier: "EN", scheme: "gtin" },
  { qualifier: "EO", scheme: "gtin" },
  { qualifier: "UA", scheme: "gtin" },
  { qualifier: "BP", scheme: "buyer-part", scoped: true },
  { qualifier: "IN", scheme: "buyer-part", scoped: true },
];

/** Prefix of the schemes under which a partner's own words are kept: `x12-up` is what stood after UP. */
const PARTNER_SCHEME = "x12-";
/** Names that a line of an order can hold. */
const NAMES_MAX = 12;

/**
 * One form for each GTIN: 13 digits where the item is sold as such (a UPC-12 with a zero before it, a GTIN-14 without its
 * leading zero), 14 digits for a case with an indicator, 8 digits for a GTIN-8. Anything else stays as it is.
 */
export function gtinForm(value: string): string {
  if (/^\d{12}$/.test(value)) return `0${value}`;
  return /^0\d{13}$/.test(value) ? value.slice(1) : value;
}

/**
 * What the pairs of a line name: the reference to resolve, and every name for the papers. A GTIN whose check digit is wrong
 * is resolved by only when there is nothing else. Undefined without any pair.
 */
export function namesOf(
  pairs: readonly ItemPair[],
  items: readonly ItemName[],
  accountId: string,
): { readonly item: Reference; readonly names: readonly Reference[] } | undefined {
  const isNamed = new Set(pairs.map(({ qualifier }) => qualifier));
  const known = items
    .filter(({ qualifier }) => isNamed.has(qualifier))
    .flatMap((meaning) =>
      pairs
        .filter(({ qualifier }) => qualifier === meaning.qualifier)
        .map(({ value }) => named(meaning, value, accountId)),
    );
  const said = pairs
    .filter(({ qualifier }) => /^[A-Z0-9]{2}$/.test(qualifier))
    .map(({ qualifier, value }) => ({
      scheme: `${PARTNER_SCHEME}${qualifier.toLowerCase()}`,
      value,
      scope: accountId,
    }));
  const isUsable = ({ scheme, value }: Reference) => scheme !== "gtin" || isGtin(value);
  const item = known.find(isUsable) ?? known[0] ?? said[0];
  if (item === undefined) return undefined;
  const distinct = known.filter(
    (one, index) =>
      known.findIndex((other) => other.scheme === one.scheme && other.value === one.value) === index,
  );
  return {
    item,
    names: [...distinct.slice(0, Math.max(0, NAMES_MAX - said.length)), ...said].slice(0, NAMES_MAX),
  };
}

function named({ scheme, scoped }: ItemName, value: string, accountId: string): Reference {
  const form = scheme === "gtin" ? gtinForm(value) : value;
  return { scheme, value: form, ...(scoped === true ? { scope: accountId } : {}) };
}

/**
 * The pairs that name an item to the partner: its own words when it has said them, else what our aliases say in the
 * qualifiers of its profile. Another account's names are never told.
 */
export function pairsOf(
  names: readonly Reference[],
  items: readonly ItemName[],
  accountId: string,
): readonly ItemPair[] {
  const ours = names.filter(({ scope = "" }) => scope === "" || scope === accountId);
  const said = ours.flatMap(({ scheme, value }) => {
    const qualifier = scheme.startsWith(PARTNER_SCHEME)
      ? scheme.slice(PARTNER_SCHEME.length).toUpperCase()
      : "";
    return /^[A-Z0-9]{2}$/.test(qualifier) ? [{ qualifier, value }] : [];
  });
  if (said.length > 0) return said;
  return ours.flatMap(({ scheme, value, scope = "" }) => {
    const pair = scheme === "gtin" ? gtinPair(value, items) : undefined;
    if (pair !== undefined) return [pair];
    const found = items.find((item) => item.scheme === scheme && (item.scoped === true) === (scope !== ""));
    return found === undefined ? [] : [{ qualifier: found.qualifier, value }];
  });
}

/** A GTIN under the qualifier of its length, where the profile has it: UP takes 12 digits, EN 13, UK 14, EO 8. */
function gtinPair(value: string, items: readonly ItemName[]): ItemPair | undefined {
  const forms: readonly ItemPair[] = [
    ...(/^0\d{12}$/.test(value) ? [{ qualifier: "UP", value: value.slice(1) }] : []),
    ...(/^\d{13}$/.test(value) ? [{ qualifier: "EN", value }] : []),
    ...(/^\d{8}$/.test(value) ? [{ qualifier: "EO", value }] : []),
    ...(/^\d{13,14}$/.test(value) ? [{ qualifier: "UK", value: value.padStart(14, "0") }] : []),
  ];
  return forms.find(({ qualifier }) =>
    items.some((item) => item.qualifier === qualifier && item.scheme === "gtin"),
  );
}
