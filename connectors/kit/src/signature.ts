import { createHmac, timingSafeEqual } from "node:crypto";
import type { Account } from "./account.ts";

/** HMAC-SHA256 over raw bytes. */
export function hmacSha256(secret: string, bytes: Uint8Array): Uint8Array {
  return createHmac("sha256", secret).update(bytes).digest();
}

/**
 * Whether a claimed signature is the HMAC-SHA256 of the bytes under the secret, compared in constant time.
 * A claim that does not decode, or has another length, is simply not equal; under an empty secret nothing is.
 */
export function isHmacSha256(options: {
  readonly secret: string;
  readonly bytes: Uint8Array;
  readonly claimed: string | undefined;
  readonly encoding: "base64" | "hex";
}): boolean {
  if (options.secret === "") return false;
  const expected = hmacSha256(options.secret, options.bytes);
  const claimed = Buffer.from(options.claimed ?? "", options.encoding);
  return claimed.length === expected.length && timingSafeEqual(claimed, expected);
}

/**
 * The account's secrets of these names, as far as it has them: during a rotation either may be absent for a moment. An empty one
 * would make everybody genuine, so it counts as none.
 */
export function presentSecrets(account: Account, names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    try {
      const secret = account.secret(name);
      return secret === "" ? [] : [secret];
    } catch {
      // It has none of that name: whoever asks for several can do with the others.
      return [];
    }
  });
}
