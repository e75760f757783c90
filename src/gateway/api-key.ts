import { hash, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";
import type { AccountId } from "@crossdock/canonical";
import type { Grant } from "./scope.ts";

/**
 * An API key as its owner sees it, once: `cd_<id>_<secret><checksum>`. The secret is 256 random bits, so its hash needs no
 * salt and no slow function; the checksum lets a mistyped or truncated key be told from a wrong one without a look-up.
 */
export type ApiKey = { readonly keyId: string; readonly text: string };

/** A key as it is stored: its SHA-256, never itself. */
export type StoredKey = {
  readonly keyId: string;
  readonly keyHash: Uint8Array;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Absent: every account. */
  readonly accountIds?: readonly AccountId[] | undefined;
  readonly expiresAt?: Date | undefined;
  readonly revokedAt?: Date | undefined;
};

export const KEY_PREFIX = "cd_";
export const KEY_ID_BYTES = 9;
export const KEY_SECRET_BYTES = 32;

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const idLength = 13;
const secretLength = 43;
const checksumLength = 6;
const idStart = KEY_PREFIX.length;
const keyLength = idStart + idLength + "_".length + secretLength + checksumLength;
const shape = new RegExp(`^cd_([0-9A-Za-z]{${idLength}})_[0-9A-Za-z]{${secretLength + checksumLength}}$`);

/** Makes a key out of random bytes. */
export function makeApiKey(random: { readonly id: Uint8Array; readonly secret: Uint8Array }): ApiKey {
  if (random.id.length < KEY_ID_BYTES || random.secret.length < KEY_SECRET_BYTES) {
    throw new RangeError("too few random bytes for an API key");
  }
  const keyId = base62(random.id, idLength);
  const body = `${KEY_PREFIX}${keyId}_${base62(random.secret, secretLength)}`;
  return { keyId, text: body + checksum(body) };
}

/** The id in a key's text, without checking the rest; undefined when the text cannot be a key of ours. */
export function keyIdOf(text: string): string | undefined {
  return text.length === keyLength && text.startsWith(KEY_PREFIX)
    ? text.slice(idStart, idStart + idLength)
    : undefined;
}

/** Whether a text is a whole key: one that was mistyped or cut off is refused without a look-up. */
export function isWellFormed(text: string): boolean {
  return shape.test(text) && text.endsWith(checksum(text.slice(0, -checksumLength)));
}

/** What is stored of a key. */
export function hashApiKey(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** Whether a presented key is the stored one. Takes as long for a wrong key as for the right one. */
export function isSameKey(stored: StoredKey, text: string): boolean {
  return timingSafeEqual(hashApiKey(text), stored.keyHash);
}

/** What a stored key grants: nothing once it is revoked or expired. */
export function grantOf(stored: StoredKey, now: Date): Grant | undefined {
  if (stored.revokedAt !== undefined && stored.revokedAt <= now) return undefined;
  if (stored.expiresAt !== undefined && stored.expiresAt <= now) return undefined;
  const { clientId, keyId } = stored;
  const grant = { clientId, keyId, scopes: new Set(stored.scopes) };
  return stored.accountIds === undefined ? grant : { ...grant, accountIds: new Set(stored.accountIds) };
}

function checksum(body: string): string {
  return base62(bytesOf(crc32(body)), checksumLength);
}

function bytesOf(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/** The bytes as one number to the base 62, padded to a fixed length. */
function base62(bytes: Uint8Array, length: number): string {
  let rest = bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
  let text = "";
  while (rest > 0n) {
    text = alphabet.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text.padStart(length, "0");
}
