import { createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import {
  type Clock,
  type Database,
  type Queryable,
  type SecretBox,
  Terminal,
  type Transaction,
} from "../../platform/index.ts";
import { type CheckpointBody, checkpointText, signedNote, type VerifierKey, verifierText } from "./note.ts";
import { insertKey, type KeyRow, retireKey, selectKeys } from "./store.ts";

/** A key as it is shown: the text that auditors are given, and when it signed. */
export type PublicKey = {
  readonly verifier: string;
  readonly createdAt: Date;
  /** Absent: it is in use. */
  readonly retiredAt?: Date;
};

export type KeysDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly secretBox: SecretBox;
};

const RAW_KEY_BYTES = 32;

/** What a private key's secret is bound to. */
const aboutKey = (verifier: string) => `backbone.seal_key/${verifier}`;

/** Every key that signed for this log, the one in use first. */
export async function publicKeys(database: Queryable): Promise<readonly PublicKey[]> {
  return (await selectKeys(database)).map(({ verifier, created_at, retired_at }) => ({
    verifier,
    createdAt: created_at,
    ...(retired_at === null ? {} : { retiredAt: retired_at }),
  }));
}

/** The keys in the form that checks signatures. */
export async function verifierKeys(database: Queryable, origin: string): Promise<readonly VerifierKey[]> {
  return (await selectKeys(database)).map(({ public_key }) => ({ name: origin, publicKey: public_key }));
}

/** The key in use, made at its first use. Two processes that make one at once agree on the first. */
export async function keyInUse(deps: KeysDeps, origin: string): Promise<KeyRow> {
  const [found] = await selectKeys(deps.database);
  if (found?.retired_at === null) return found;
  await insertKey(deps.database, newKey(deps, origin));
  const [made] = await selectKeys(deps.database);
  if (made?.retired_at !== null) throw new Error(`${origin} has no key in use, though one was just made`);
  return made;
}

/** Takes a key out of use for a new one. Undefined when another has taken its place already. */
export async function replaceKey(
  deps: KeysDeps,
  tx: Transaction,
  { origin, old }: { readonly origin: string; readonly old: KeyRow },
): Promise<KeyRow | undefined> {
  if (!(await retireKey(tx, old.verifier, deps.clock.now()))) return undefined;
  const key = newKey(deps, origin);
  await insertKey(tx, key);
  return { ...key, retired_at: null };
}

function newKey({ clock, secretBox }: KeysDeps, origin: string): Omit<KeyRow, "retired_at"> {
  const pair = generateKeyPairSync("ed25519");
  // The raw key is the end of its DER form (RFC 8410, section 4).
  const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).subarray(-RAW_KEY_BYTES);
  const verifier = verifierText({ name: origin, publicKey });
  const secret = pair.privateKey.export({ format: "pem", type: "pkcs8" });
  return {
    verifier,
    public_key: publicKey,
    private_key: secretBox.seal(secret, aboutKey(verifier)),
    created_at: clock.now(),
  };
}

/** Whether a key can still sign: not when the key that seals secrets was lost or replaced. */
export function canSign({ secretBox }: Pick<KeysDeps, "secretBox">, key: KeyRow): boolean {
  try {
    secretBox.open(key.private_key, aboutKey(key.verifier));
    return true;
  } catch (error) {
    if (error instanceof Terminal) return false;
    throw error;
  }
}

/** A checkpoint signed with these keys. Throws `platform.secret-unreadable` when a key was sealed with another secret key. */
export function signCheckpoint(
  { secretBox }: Pick<KeysDeps, "secretBox">,
  body: CheckpointBody,
  keys: readonly KeyRow[],
): string {
  const text = checkpointText(body);
  const signatures = keys.map((key) => {
    const pem = secretBox.open(key.private_key, aboutKey(key.verifier));
    const signature = sign(null, Buffer.from(text), createPrivateKey(String(pem)));
    return { name: body.origin, publicKey: key.public_key, signature };
  });
  return signedNote(text, signatures);
}
