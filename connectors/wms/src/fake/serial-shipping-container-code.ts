/** A company prefix that GS1 uses in its own examples, so that no real company's cartons are imitated. */
export const COMPANY_PREFIX = "0614141";
const EXTENSION_DIGIT = "0";
const SERIAL_DIGITS = 9;

/** The check digit of GS1 General Specifications 7.9.1: weights 3 and 1 in turns, from the right. */
export function gs1CheckDigit(digits: string): string {
  const sum = [...digits]
    .reverse()
    .reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

/** The SSCC-18 of a carton by its serial number: extension digit, company prefix, serial, check digit. */
export function ssccOf(serial: number): string {
  const tail = String(serial % 10 ** SERIAL_DIGITS).padStart(SERIAL_DIGITS, "0");
  const digits = EXTENSION_DIGIT + COMPANY_PREFIX + tail;
  return digits + gs1CheckDigit(digits);
}
