import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { platformErrors, Terminal } from "./errors.ts";
import { writeWhole } from "./files.ts";

/**
 * Keeps small secrets (a shop's access token, a partner's password) unreadable in the database. `about` is bound to the
 * secret, for example `integration.account/<id>`: a row copied to another place does not open there.
 */
export type SecretBox = {
  /** Which key seals: the first digits of its hash, safe to show. */
  readonly keyId: string;
  seal(value: unknown, about: string): string;
  /** Throws `platform.secret-unreadable` for another key, another `about`, or a text that was changed. */
  open(sealed: string, about: string): unknown;
  /** Was this sealed with a key other than the present one? Then seal it again. */
  isStale(sealed: string): boolean;
};

const algorithm = "aes-256-gcm";
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const version = "v1";

// Credentials and certificates fit; whoever seals more is storing documents.
const secretBytesMax = 64 * 1024;

/** Seals with `key`; opens what `key` or one of the `earlier` ones sealed. Keys are 32 bytes. */
export function createSecretBox(key: Uint8Array, earlier: readonly Uint8Array[] = []): SecretBox {
  const keys = new Map([...earlier, key].map((each) => [keyIdOf(each), each]));
  const keyId = keyIdOf(key);

  function seal(value: unknown, about: string): string {
    const plain = Buffer.from(JSON.stringify(value) ?? "null", "utf8");
    if (plain.length > secretBytesMax) throw new RangeError(`a secret is at most ${secretBytesMax} bytes`);
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv(algorithm, key, iv).setAAD(bound(keyId, about));
    const body = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return [version, keyId, body.toString("base64url")].join(".");
  }

  function open(sealed: string, about: string): unknown {
    const [found, id = "", text = ""] = sealed.split(".");
    const known = keys.get(id);
    if (found !== version || known === undefined) throw unreadable(about, `it was sealed with key ${id}`);
    const body = Buffer.from(text, "base64url");
    try {
      const decipher = createDecipheriv(algorithm, known, body.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      });
      decipher.setAAD(bound(id, about)).setAuthTag(body.subarray(-tagBytes));
      const plain = Buffer.concat([decipher.update(body.subarray(ivBytes, -tagBytes)), decipher.final()]);
      return JSON.parse(plain.toString("utf8"));
    } catch (cause) {
      throw unreadable(about, "it was changed, or belongs elsewhere", cause);
    }
  }

  return { keyId, seal, open, isStale: (sealed) => sealed.split(".")[1] !== keyId };
}

function keyIdOf(key: Uint8Array): string {
  if (key.length !== keyBytes) throw new RangeError(`a secret key is ${keyBytes} bytes, not ${key.length}`);
  return createHash("sha256").update(key).digest("hex").slice(0, 8);
}

function bound(keyId: string, about: string): Buffer {
  return Buffer.from(`${version}.${keyId}.${about}`, "utf8");
}

function unreadable(about: string, why: string, cause?: unknown): Terminal {
  return new Terminal(platformErrors.secretUnreadable, `the secret of ${about} cannot be read: ${why}`, {
    cause,
    fields: { about },
  });
}

/** Reads a key as `openssl rand -base64 32` prints it; undefined when it is anything else. */
export function parseSecretKey(text: string): Buffer | undefined {
  const key = Buffer.from(text.trim(), "base64");
  return key.length === keyBytes && /^[A-Za-z0-9+/]{43}=$/.test(text.trim()) ? key : undefined;
}

/**
 * The key that seals secrets: the configured one, or one that is made at the first start and kept in the data folder,
 * readable only by us. Whoever loses it loses the secrets, and nothing else.
 */
export async function readOrMakeSecretKey(config: {
  readonly secretKey: string | undefined;
  readonly dataDir: string;
}): Promise<Buffer> {
  if (config.secretKey !== undefined) return readKey(config.secretKey, "SECRET_KEY");
  const path = join(config.dataDir, "secret.key");
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found !== undefined) {
    await chmod(path, 0o600);
    return readKey(found, path);
  }
  await mkdir(config.dataDir, { recursive: true });
  const made = randomBytes(keyBytes);
  await writeWhole(path, `${made.toString("base64")}\n`, 0o600);
  return made;
}

function readKey(text: string, where: string): Buffer {
  const key = parseSecretKey(text);
  if (key !== undefined) return key;
  throw new Terminal(platformErrors.configurationInvalid, `${where} does not hold 32 bytes in base64`);
}
