// A spreadsheet runs what begins like this as a formula when it opens a file (OWASP, CSV injection).
const FORMULA = /^[=+\-@\t\r]/;

/** A cell of a CSV file that we write (RFC 4180): quoted where it has to be, and never a formula. */
export function toCsvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
