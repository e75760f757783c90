import { accountId } from "@crossdock/canonical";
import { ALL_SCOPES, type ApiKeySummary, createApiKeys } from "../gateway/index.ts";
import { systemClock } from "../platform/index.ts";
import { commandLog, openSession, type Session } from "./session.ts";

export type KeyOptions = {
  readonly client: string;
  readonly scopes?: readonly string[];
  readonly accounts?: readonly string[];
  readonly expires?: Date;
};

async function withKeys(work: (keys: ReturnType<typeof createApiKeys>) => Promise<void>): Promise<number> {
  const session: Session = await openSession({
    applicationName: "crossdock key",
    pending: "refuse",
    log: commandLog(),
  });
  try {
    await work(createApiKeys({ database: session.database, clock: systemClock }));
    return 0;
  } finally {
    await session.close();
  }
}

/** `crossdock key create`: makes a key and prints its text, which cannot be had again. */
export function createKey(name: string, options: KeyOptions): Promise<number> {
  const { client, scopes = ALL_SCOPES, accounts, expires } = options;
  return withKeys(async (keys) => {
    const issued = await keys.issue({
      clientId: client,
      name,
      scopes,
      ...(accounts === undefined ? {} : { accountIds: accounts.map(accountId) }),
      ...(expires === undefined ? {} : { expiresAt: expires }),
    });
    console.log(issued.text);
  });
}

/** `crossdock key list`: the newest first, a line each. */
export function listKeys(): Promise<number> {
  return withKeys(async (keys) => {
    const now = systemClock.now();
    const rows = (await keys.list()).map((key) => [
      key.keyId,
      key.clientId,
      key.name,
      stateOf(key, now),
      ALL_SCOPES.every((scope) => key.scopes.includes(scope)) ? "every scope" : key.scopes.join(","),
      key.accountIds === undefined ? "every account" : key.accountIds.join(","),
    ]);
    for (const line of aligned([["KEY", "CLIENT", "NAME", "STATE", "SCOPES", "ACCOUNTS"], ...rows]))
      console.log(line);
  });
}

function stateOf({ revokedAt, expiresAt }: ApiKeySummary, now: Date): string {
  if (revokedAt !== undefined) return `revoked ${revokedAt.toISOString()}`;
  if (expiresAt === undefined) return "valid";
  return `${expiresAt <= now ? "expired" : "valid until"} ${expiresAt.toISOString()}`;
}

/** Cells under one another. The last column is as wide as it is. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<readonly number[]>(
    (most, row) => row.map((cell, column) => Math.max(cell.length, most[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** `crossdock key revoke`: servers refuse the key within seconds. */
export function revokeKey(keyId: string): Promise<number> {
  return withKeys(async (keys) => {
    await keys.revoke(keyId);
    console.log(`${keyId} is revoked`);
  });
}
