import { accountId, accountSource } from "@crossdock/canonical";
import type { DriftCause } from "../gateway/index.ts";
import type { Integration } from "../integration/index.ts";
import type { SnapshotRecord } from "../ledger/index.ts";

const SOURCE_PREFIX = accountSource("");

/** The account whose source this is; undefined for what speaks without one. */
const accountOf = (source: string) =>
  source.startsWith(SOURCE_PREFIX) ? accountId(source.slice(SOURCE_PREFIX.length)) : undefined;

type Counted = { readonly cause: DriftCause["cause"]; readonly count: number };

/**
 * What is open at the intake of a snapshot's source, any of which may be the stock that the books and the snapshot disagree about. The
 * ledger does not know the intake, so the two meet here. It counts the account's messages: for a person who asks, not for every row.
 */
export async function driftCauses(
  integration: Pick<Integration, "intake">,
  { source, rows_unresolved: unresolved }: Pick<SnapshotRecord, "source" | "rows_unresolved">,
): Promise<DriftCause[]> {
  const account = accountOf(source);
  const standing = account === undefined ? undefined : await integration.intake(account);
  const gaps = standing?.gaps ?? [];
  const missing = gaps.map(
    ({ stream, first, last, seenAt }): DriftCause => ({
      cause: "numbers-missing",
      count: last - first + 1,
      stream,
      first,
      last,
      since: seenAt.toISOString(),
    }),
  );
  const held = standing?.duplicates.fingerprint.held ?? 0;
  const counted: readonly Counted[] = [
    { cause: "rows-unresolved", count: unresolved },
    { cause: "records-waiting", count: standing?.equation.waiting ?? 0 },
    { cause: "records-parked", count: (standing?.equation.parked ?? 0) - held },
    { cause: "duplicates-held", count: held },
    { cause: "facts-dead", count: standing?.equation.deadLettered ?? 0 },
  ];
  return [...missing, ...counted.filter(({ count }) => count > 0)];
}
