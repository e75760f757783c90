import { sql, type Transaction } from "../../platform/index.ts";

/** Up to when ends of rules were told, and up to which change of master data classes were; null while no rule is about a class. */
export type ClockRow = { readonly told_until: Date; readonly classes_seen: number | null };

/** What was told, and the turn to tell more; undefined where another has it. */
export async function lockClock(tx: Transaction): Promise<ClockRow | undefined> {
  const [row] = await tx.query<ClockRow>(
    sql`select told_until, classes_seen from availability.rule_clock for update skip locked`,
  );
  return row;
}

export function updateClock(
  tx: Transaction,
  told: { readonly toldUntil: Date; readonly classesSeen: number | null },
): Promise<number> {
  return tx.execute(sql`
    update availability.rule_clock set told_until = ${told.toldUntil}, classes_seen = ${told.classesSeen}`);
}
