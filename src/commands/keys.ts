import { ALL_SCOPES, createApiKeys } from "../gateway/index.ts";
import { systemClock } from "../platform/index.ts";
import { commandLog, openSession, type Session } from "./session.ts";

export type KeyOptions = { readonly client: string; readonly scopes?: readonly string[] };

async function withKeys(work: (keys: ReturnType<typeof createApiKeys>) => Promise<void>): Promise<number> {
  const session: Session = await openSession({ applicationName: "crossdock key", log: commandLog() });
  try {
    await work(createApiKeys({ database: session.database, clock: systemClock }));
    return 0;
  } finally {
    await session.close();
  }
}

/** `crossdock key create`: makes a key and prints its text, which cannot be had again. */
export function createKey(name: string, options: KeyOptions): Promise<number> {
  return withKeys(async (keys) => {
    const issued = await keys.issue({ clientId: options.client, name, scopes: options.scopes ?? ALL_SCOPES });
    console.log(issued.text);
  });
}

/** `crossdock key list`. */
export function listKeys(): Promise<number> {
  return withKeys(async (keys) => {
    for (const key of await keys.list()) {
      const state = key.revokedAt === undefined ? "" : " (revoked)";
      console.log(`${key.keyId}  ${key.clientId}  ${key.name}  ${key.scopes.join(",")}${state}`);
    }
  });
}

/** `crossdock key revoke`: servers refuse the key within seconds. */
export function revokeKey(keyId: string): Promise<number> {
  return withKeys(async (keys) => {
    await keys.revoke(keyId);
    console.log(`${keyId} is revoked`);
  });
}
