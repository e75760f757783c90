import { gs1CheckDigit, gtin14, gtinForm, isGtin, type Reference, referenceText } from "@crossdock/canonical";
import type { NameRow } from "./likely-store.ts";

/** What the digits of an unknown name may have been. */
type GtinReason = "check-digit-missing" | "shortened-gtin" | "wrong-check-digit" | "package-of";

/** Why something may be what an unknown name means, from the surest to the weakest; the codes are stable. */
export type LikelyReason =
  | "meant-at-another-time"
  | "same-elsewhere"
  | "spelled-alike"
  | GtinReason
  | "similar";

/** Something that an unknown name may mean. The score goes from 0 to 100; `because` is a sentence for people. */
export type Likely = {
  readonly target: string;
  /** The name of it that looks like the unknown one. */
  readonly name: Reference;
  readonly reason: LikelyReason;
  readonly score: number;
  readonly because: string;
};

/** Suggestions for one name: a person reads them all. */
export const LIKELY_MAX = 5;
/** Less than this is alike by chance: two of five trigrams. */
const SIMILAR_MIN = 40;
/** What only looks alike is never as sure as what is alike by a rule. */
const SIMILAR_MAX = 80;

/** A text to look for among names, and what it would mean to find it. */
export type Variant = {
  readonly text: string;
  readonly reason: "spelled-alike" | GtinReason;
  readonly score: number;
};

/** The texts that an item's name may be instead: itself, and the GTINs that its digits may have been. */
export function variantsOf(kind: "item" | "location", value: string): readonly Variant[] {
  const own: Variant = { text: value, reason: "spelled-alike", score: 90 };
  const digits = value.replaceAll(/[\s.-]/g, "");
  if (kind !== "item" || !/^\d{6,14}$/.test(digits)) return [own];
  return [own, ...gtinsMeant(digits)];
}

function gtinsMeant(digits: string): readonly Variant[] {
  const found: Variant[] = [];
  const checked = digits + gs1CheckDigit(digits);
  if (isGtin(checked)) found.push({ text: checked, reason: "check-digit-missing", score: 88 });
  const expanded = expandedUpc(digits);
  if (expanded !== undefined) found.push({ text: expanded, reason: "shortened-gtin", score: 88 });
  const whole = gtin14(digits);
  if (whole === undefined) return found;
  const body = whole.slice(0, -1);
  if (!isGtin(digits)) {
    return [...found, { text: body + gs1CheckDigit(body), reason: "wrong-check-digit", score: 85 }];
  }
  const item = body.slice(1);
  const packages = ["0", "1", "2", "3", "4", "5", "6", "7", "8"].map((indicator) => indicator + item);
  return [
    ...found,
    ...packages
      .filter((other) => other !== body)
      .map((other): Variant => ({ text: other + gs1CheckDigit(other), reason: "package-of", score: 50 })),
  ];
}

/** A GTIN-12 out of the eight digits that small packs bear for it (UPC-E; GS1 General Specifications, section 5.2.2.4). */
function expandedUpc(digits: string): string | undefined {
  const [, system, six = "", check] = /^([01])(\d{6})(\d)$/.exec(digits) ?? [];
  if (system === undefined) return undefined;
  const last = six.slice(5);
  const body =
    last <= "2"
      ? `${six.slice(0, 2)}${last}0000${six.slice(2, 5)}`
      : last === "3"
        ? `${six.slice(0, 3)}00000${six.slice(3, 5)}`
        : last === "4"
          ? `${six.slice(0, 4)}00000${six.slice(4, 5)}`
          : `${six.slice(0, 5)}0000${last}`;
  const whole = `${system}${body}${check}`;
  return isGtin(whole) ? whole : undefined;
}

/** What is alike about two texts: the share of their trigrams that both have, from 0 to 100. Ends count, as in pg_trgm. */
export function similarity(one: string, other: string): number {
  const [left, right] = [trigrams(one), trigrams(other)];
  const both = [...left].filter((each) => right.has(each)).length;
  const all = left.size + right.size - both;
  return all === 0 ? 0 : Math.round((100 * both) / all);
}

function trigrams(text: string): ReadonlySet<string> {
  const padded = [" ", " ", ...text, " "];
  return new Set(padded.slice(2).map((_, at) => padded.slice(at, at + 3).join("")));
}

/** Judges the names that were found for a reference: the best reason for each thing that they lead to, the surest first. */
export function likelyTargets(
  wanted: { readonly reference: Reference; readonly variants: readonly Variant[] },
  found: { readonly same: readonly NameRow[]; readonly near: readonly NameRow[] },
): readonly Likely[] {
  const judged = [
    ...found.same.flatMap((row) => alike(wanted, row) ?? []),
    ...found.near.flatMap((row) => similar(wanted.reference, row) ?? []),
  ].sort((one, other) => other.score - one.score);
  const best = new Map<string, Likely>();
  for (const likely of judged) {
    if (!best.has(likely.target)) best.set(likely.target, likely);
  }
  return [...best.values()].slice(0, LIKELY_MAX);
}

function nameIn({ scheme, scope, value }: NameRow): Reference {
  const told = scheme === "gtin" ? gtinForm(value) : value;
  return scope === "" ? { scheme, value: told } : { scheme, value: told, scope };
}

type Wanted = { readonly reference: Reference; readonly variants: readonly Variant[] };

function alike({ reference, variants }: Wanted, row: NameRow): Likely | undefined {
  const variant = variants.find(({ text }) => text === row.text);
  if (variant === undefined) return undefined;
  const name = nameIn(row);
  const { target } = row;
  const text = referenceText(name);
  if (variant.reason !== "spelled-alike") {
    // The digits of an order number may be those of a GTIN by chance; what is known as a GTIN is one.
    if (row.scheme !== "gtin") return undefined;
    const { reason, score } = variant;
    return { target, name, reason, score, because: gtinBecause(reason, text) };
  }
  if (isSameName(row, reference)) {
    const because = `${text} has meant this at another time.`;
    return { target, name, reason: "meant-at-another-time", score: 98, because };
  }
  if (sameNumber(row.value, reference.value)) {
    const because = `${text} is the same name in another scheme or another's words.`;
    return { target, name, reason: "same-elsewhere", score: 95, because };
  }
  const because = `${text} is the same but for case, punctuation or leading zeros.`;
  return { target, name, reason: "spelled-alike", score: variant.score, because };
}

const isSameName = (row: NameRow, { scheme, scope = "", value }: Reference): boolean =>
  row.scheme === scheme && row.scope === scope && sameNumber(row.value, value);

const sameNumber = (one: string, other: string): boolean =>
  one === other || (gtin14(one) !== undefined && gtin14(one) === gtin14(other));

/** What it means to find a GTIN that the digits may have been. */
function gtinBecause(reason: GtinReason, text: string): string {
  switch (reason) {
    case "check-digit-missing":
      return `With its check digit it is ${text}.`;
    case "shortened-gtin":
      return `It is the short form (UPC-E) of ${text}.`;
    case "wrong-check-digit":
      return `With the right check digit it would be ${text}.`;
    case "package-of":
      return `It has another packaging indicator than ${text}: another pack of the same article. Units stated under it may be packs; see that they are counted so.`;
    default:
      return reason satisfies never;
  }
}

/** A right GTIN that is one digit off is another article, however alike the two look. */
function similar(reference: Reference, row: NameRow): Likely | undefined {
  if (row.scheme === "gtin" && isGtin(reference.value)) return undefined;
  const share = similarity(row.text_folded, row.value_folded);
  if (share < SIMILAR_MIN) return undefined;
  const name = nameIn(row);
  const score = Math.min(SIMILAR_MAX, share);
  const because = `${referenceText(name)} is written much like it (${share} of 100).`;
  return { target: row.target, name, reason: "similar", score, because };
}
