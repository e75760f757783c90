/** The number at the end of a text: 1042 of `#1042`, of `NOR-1042`. Undefined when there is none. */
export function trailingNumber(text: string): number | undefined {
  const digits = /(\d{1,15})$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The number after the greatest at the end of these texts, `first` at least. */
export function nextNumber(texts: readonly string[], first: number): number {
  return texts.reduce((next, text) => Math.max(next, (trailingNumber(text) ?? 0) + 1), first);
}
