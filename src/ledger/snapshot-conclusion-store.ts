import { sql, type Transaction } from "../platform/index.ts";

/** Says that rows which are unknown still are left out of a full snapshot that was taken; it is taken again. Gives 0 when it cannot be. */
export function concludeSnapshot(
  tx: Transaction,
  of: { readonly snapshotNumber: number; readonly by: string; readonly because: string },
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    update ledger.snapshot
    set concluded_at = ${at}, concluded_by = ${of.by}, concluded_because = ${of.because}, revision = revision + 1, state = 'ready'
    where snapshot_number = ${of.snapshotNumber} and scope = 'full' and state in ('applied', 'claim') and rows_unresolved > 0
      and concluded_at is null`);
}
