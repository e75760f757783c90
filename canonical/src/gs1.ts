/** The digit that makes a GS1 number right (GS1 General Specifications, section 7.9): weights 3 and 1 from the right. */
export function gs1CheckDigit(body: string): number {
  let sum = 0;
  for (let place = 0; place < body.length; place += 1) {
    const digit = Number(body[body.length - 1 - place]);
    sum += place % 2 === 0 ? 3 * digit : digit;
  }
  return (10 - (sum % 10)) % 10;
}

/** Whether digits end in their own check digit. */
function isChecked(digits: string): boolean {
  return Number(digits.at(-1)) === gs1CheckDigit(digits.slice(0, -1));
}

const GTIN = /^(\d{8}|\d{12,14})$/;

/** The one number behind a GTIN of 8, 12, 13 or 14 digits, as 14 digits; undefined for any other text. Says nothing of its check digit. */
export function gtin14(value: string): string | undefined {
  return GTIN.test(value) ? value.padStart(14, "0") : undefined;
}

/** Whether a text is a GTIN: 8, 12, 13 or 14 digits, the last of which is the check digit. */
export function isGtin(value: string): boolean {
  return GTIN.test(value) && isChecked(value);
}

/**
 * A GTIN as it is told: 14 digits for a case with an indicator, 8 for a GTIN-8, else 13 (a UPC of 12 with a zero before it).
 * Anything that is no GTIN stays as it is.
 */
export function gtinForm(value: string): string {
  const whole = gtin14(value);
  if (whole === undefined) return value;
  if (/^0{6}[1-9]/.test(whole)) return whole.slice(6);
  return whole.startsWith("0") ? whole.slice(1) : whole;
}

/** Whether a text is a GLN: 13 digits, the last of which is the check digit. */
export function isGln(value: string): boolean {
  return /^\d{13}$/.test(value) && isChecked(value);
}
