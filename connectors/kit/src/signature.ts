import { createHmac, timingSafeEqual } from "node:crypto";

/** HMAC-SHA256 over raw bytes. */
export function hmacSha256(secret: string, bytes: Uint8Array): Uint8Array {
  return createHmac("sha256", secret).update(bytes).digest();
}

/**
 * Whether a claimed signature is the HMAC-SHA256 of the bytes under the secret, compared in constant time.
 * A claim that does not decode, or has another length, is simply not equal.
 */
export function isHmacSha256(options: {
  readonly secret: string;
  readonly bytes: Uint8Array;
  readonly claimed: string | undefined;
  readonly encoding: "base64" | "hex";
}): boolean {
  const expected = hmacSha256(options.secret, options.bytes);
  const claimed = Buffer.from(options.claimed ?? "", options.encoding);
  return claimed.length === expected.length && timingSafeEqual(claimed, expected);
}
