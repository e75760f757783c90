/** Where a reader stands: after this fact. Order is by log transaction, then by number; see docs/decisions/0002. */
export type LogPosition = { readonly transaction: number; readonly number: number };

export const LOG_START: LogPosition = { transaction: 0, number: 0 };

/** The position as the opaque text that outsiders keep. */
export function positionText(position: LogPosition): string {
  return `${position.transaction}.${position.number}`;
}

/** Reads a position's text; undefined when it is not one. */
export function parsePosition(text: string): LogPosition | undefined {
  const match = /^(\d{1,16})\.(\d{1,16})$/.exec(text);
  if (match === null) return undefined;
  const position = { transaction: Number(match[1]), number: Number(match[2]) };
  return Number.isSafeInteger(position.transaction) && Number.isSafeInteger(position.number)
    ? position
    : undefined;
}

/** Whether `left` stands before `right` on the log. */
export function isBefore(left: LogPosition, right: LogPosition): boolean {
  return (
    left.transaction < right.transaction ||
    (left.transaction === right.transaction && left.number < right.number)
  );
}
