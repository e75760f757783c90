import type { Measure } from "@crossdock/canonical";
import { type Decimal, decimalText, readDecimal } from "./decimal.ts";
import type { Profile } from "./settings.ts";
import { delimitersIn } from "./settings.ts";

/** ISA12 of the versions that we write. */
const INTERCHANGE_VERSIONS = { "004010": "00401", "005010": "00501" } as const;

/** Data element 380 has 15 digits; the sign and the decimal point do not count. */
const QUANTITY_DIGITS_MAX = 15;

/** An identifier's place, for the refusal, and the lengths that its data element has. */
export type IdentityRule = { readonly what: string; readonly min?: number; readonly max: number };

/**
 * Puts values into the partner's words. X12 has no escapes: a character that the partner's delimiters, Latin-1 or the length
 * of an element leave no room for is replaced in texts for people, and refused in whatever identifies something, because a
 * mended number is another number. The first refusal is kept, and the document is not sent.
 */
export class Wording {
  readonly profile: Profile;
  readonly interchangeVersion: string;
  readonly #delimiters: readonly string[];
  #refused: string | undefined;

  constructor(profile: Profile) {
    this.profile = profile;
    this.interchangeVersion = INTERCHANGE_VERSIONS[profile.version];
    this.#delimiters = Object.values(delimitersIn(this.interchangeVersion, profile)).filter(
      (one) => one !== "",
    );
  }

  /** Why the document cannot be sent; undefined while it can. */
  get refused(): string | undefined {
    return this.#refused;
  }

  refuse(why: string): void {
    this.#refused ??= why;
  }

  /** A text for people, cut to the length of its element; "" when nothing of it can be said. */
  free(text: string, max: number): string {
    const { replacement } = this.profile;
    const said = [...text.normalize("NFC")].map((character) => {
      if (this.#isSendable(character)) return character;
      const plain = character.normalize("NFKD").replaceAll(/\p{M}/gu, "");
      if (plain !== "" && [...plain].every((one) => this.#isSendable(one))) return plain;
      if (replacement === "" || !this.#isSendable(replacement)) this.#cannotSay(text, character);
      return replacement;
    });
    return said.join("").trim().slice(0, max).trim();
  }

  /** An identifier as it is, or a refusal. */
  identity(text: string, { what, min = 1, max }: IdentityRule): string {
    const value = text.trim();
    if (value.length < min || value.length > max) {
      this.refuse(
        `${what} ${shown(value)} has ${value.length} characters, and X12 gives it ${min} to ${max}`,
      );
    }
    const unsendable = [...value].find((character) => !this.#isSendable(character));
    if (unsendable !== undefined) this.#cannotSay(`${what} ${value}`, unsendable);
    return value;
  }

  /** An identifier that the paper can do without: "" where it cannot be said. */
  identityOrNothing(text: string | undefined, { min = 1, max }: Omit<IdentityRule, "what">): string {
    const value = (text ?? "").trim();
    const fits = value.length >= min && value.length <= max;
    return fits && [...value].every((character) => this.#isSendable(character)) ? value : "";
  }

  /** A quantity of at least nothing, in at most so many digits. */
  quantity(measure: Measure, what: string, digitsMax: number = QUANTITY_DIGITS_MAX): string {
    const decimal = readDecimal(String(measure.value));
    if (decimal === undefined || decimal.digits < 0n) {
      this.refuse(`${what}: ${measure.value} is no quantity`);
      return "";
    }
    return this.decimal(decimal, what, digitsMax);
  }

  decimal(decimal: Decimal, what: string, digitsMax: number = QUANTITY_DIGITS_MAX): string {
    const text = decimalText(decimal);
    if (text.replaceAll(/\D/g, "").length > digitsMax) {
      this.refuse(`${what}: ${text} has more than ${digitsMax} digits`);
    }
    return text;
  }

  /** The partner's code of one of our units. */
  unit(unit: string, what: string): string {
    const code = this.profile.units.toPartner.get(unit);
    if (code !== undefined) return code;
    this.refuse(`${what}: the partner has no code for the unit ${unit}; add it to the account's units`);
    return "";
  }

  #cannotSay(text: string, character: string): void {
    this.refuse(`${shown(text)} holds ${shown(character)}, which cannot be sent to this partner`);
  }

  /** Printable Latin-1 that is no delimiter. */
  #isSendable(character: string): boolean {
    return (
      /^[ -~\u00a1-\u00ff]$/.test(character) &&
      character !== "\u00ad" &&
      !this.#delimiters.includes(character)
    );
  }
}

const SHOWN_LENGTH_MAX = 80;

function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_LENGTH_MAX).toWellFormed());
}
