/** A cursor that is a whole number: the number, undefined where none was given, or that the text is none of ours. */
export function numberCursor(text: string | undefined): number | "bad-cursor" | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : "bad-cursor";
}
