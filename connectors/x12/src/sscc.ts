/**
 * GS1 keys with a check digit: SSCC-18 on logistic units (MAN*GM in the 856), GTIN-8, -12, -13 and -14 on items.
 * The check digit makes the sum of the digits, weighted 3, 1, 3, 1 … from the right, a multiple of ten
 * (GS1 General Specifications, section 7.9).
 */

/** The check digit for the digits before it. Digits only: anything else is a mistake of the caller. */
export function checkDigit(digits: string): string {
  let sum = 0;
  for (let fromRight = 1; fromRight <= digits.length; fromRight++) {
    const digit = digits.charCodeAt(digits.length - fromRight) - 48;
    if (digit < 0 || digit > 9) throw new Error(`check digit: "${digits}" is not all digits`);
    sum += digit * (fromRight % 2 === 1 ? 3 : 1);
  }
  return String((10 - (sum % 10)) % 10);
}

export type SerialShippingContainer = {
  /** 0 to 9, free to choose, to have more numbers. */
  readonly extension: number;
  /** The prefix GS1 gave the company: 4 to 12 digits. */
  readonly companyPrefix: string;
  /** Counted up by the company; may be used again after a year. */
  readonly serial: number;
};

export type SsccBuilt =
  | { readonly sscc: string }
  | {
      readonly refused: {
        readonly reason: "extension" | "company-prefix" | "serial-too-long";
        readonly message: string;
      };
    };

/** Builds the 18 digits: extension, company prefix, serial padded to fill, check digit. */
export function buildSscc(parts: SerialShippingContainer): SsccBuilt {
  const { extension, companyPrefix, serial } = parts;
  if (!Number.isInteger(extension) || extension < 0 || extension > 9)
    return {
      refused: { reason: "extension", message: `expected an extension from 0 to 9; given ${extension}` },
    };
  if (!/^\d{4,12}$/.test(companyPrefix))
    return {
      refused: {
        reason: "company-prefix",
        message: `expected a prefix of 4 to 12 digits; given "${companyPrefix}"`,
      },
    };
  const room = 16 - companyPrefix.length;
  if (!Number.isSafeInteger(serial) || serial < 0 || String(serial).length > room)
    return {
      refused: {
        reason: "serial-too-long",
        message: `expected a serial of at most ${room} digits; given ${serial}`,
      },
    };
  const digits = `${extension}${companyPrefix}${String(serial).padStart(room, "0")}`;
  return { sscc: digits + checkDigit(digits) };
}

/** True for 18 digits of which the last is right. An application identifier "00" before them is not part of it. */
export function isSscc(value: string): boolean {
  return /^\d{18}$/.test(value) && value.endsWith(checkDigit(value.slice(0, -1)));
}

/** True for a GTIN of 8, 12, 13 or 14 digits of which the last is right. */
export function isGtin(value: string): boolean {
  return /^(\d{8}|\d{12,14})$/.test(value) && value.endsWith(checkDigit(value.slice(0, -1)));
}
