import { timingSafeEqual } from "node:crypto";
import type { Clock } from "../../platform/index.ts";
import { grantOf, isSameKey, isWellFormed, keyIdOf, type StoredKey } from "../api-key.ts";
import { KEY_BELIEVED_MS, KEY_REFRESHED_AFTER_MS, KEYS_REMEMBERED_MAX } from "../limits.ts";
import type { Grant } from "../scope.ts";
import type { ApiKeysPort } from "../services.ts";

/** Tells whose key was presented, mostly from memory, so that the hot path neither waits nor asks the database. */
export type KeyRing = {
  /**
   * The grant of a key that was looked up within the last `KEY_BELIEVED_MS`, undefined for one that is wrong, revoked or
   * expired, and `"unseen"` when it has to be looked up.
   */
  recall(text: string): Grant | undefined | "unseen";
  /** The same, from the store. Callers that ask for one key at the same moment share one look-up. */
  lookUp(text: string): Promise<Grant | undefined>;
};

type Seen = {
  readonly stored: StoredKey;
  readonly grant: Grant | undefined;
  readonly atMs: number;
  /** The key as it was last verified against the hash: comparing with it costs a tenth of hashing again. */
  verified?: Buffer;
};

/** Makes a key ring. A key that is revoked or expires is refused within `KEY_BELIEVED_MS`. */
export function createKeyRing(options: { readonly apiKeys: ApiKeysPort; readonly clock: Clock }): KeyRing {
  const { apiKeys, clock } = options;
  const seen = new Map<string, Seen>();
  const asked = new Map<string, Promise<Seen | undefined>>();

  async function ask(keyId: string): Promise<Seen | undefined> {
    try {
      const now = clock.now();
      const stored = await apiKeys.find(keyId);
      seen.delete(keyId);
      if (stored === undefined) return undefined;
      const found: Seen = { stored, grant: grantOf(stored, now), atMs: now.getTime() };
      seen.set(keyId, found);
      if (seen.size > KEYS_REMEMBERED_MAX) forgetOldest(seen);
      return found;
    } finally {
      asked.delete(keyId);
    }
  }

  function askOnce(keyId: string): Promise<Seen | undefined> {
    const asking = asked.get(keyId) ?? ask(keyId);
    asked.set(keyId, asking);
    return asking;
  }

  return {
    recall(text) {
      const keyId = keyIdOf(text);
      if (keyId === undefined) return undefined;
      const known = seen.get(keyId);
      const ageMs = known === undefined ? Number.POSITIVE_INFINITY : clock.now().getTime() - known.atMs;
      if (known === undefined || ageMs > KEY_BELIEVED_MS) return isWellFormed(text) ? "unseen" : undefined;
      // Looked up beside the requests, so that none of them has to wait for it. A failure is met again by `lookUp`.
      if (ageMs > KEY_REFRESHED_AFTER_MS) askOnce(keyId).catch(() => undefined);
      return isVerified(known, text) ? known.grant : undefined;
    },
    async lookUp(text) {
      const keyId = keyIdOf(text);
      const found = keyId === undefined ? undefined : await askOnce(keyId);
      return found !== undefined && isSameKey(found.stored, text) ? found.grant : undefined;
    },
  };
}

/** Takes as long for a wrong key as for the right one. */
function isVerified(known: Seen, text: string): boolean {
  const bytes = Buffer.from(text);
  if (known.verified?.length === bytes.length && timingSafeEqual(known.verified, bytes)) return true;
  if (!isSameKey(known.stored, text)) return false;
  known.verified = bytes;
  return true;
}

function forgetOldest(seen: Map<string, Seen>): void {
  const [oldest] = seen.keys();
  if (oldest !== undefined) seen.delete(oldest);
}
