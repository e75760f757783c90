import { createPublicKey, hash, verify } from "node:crypto";
import { HASH_BYTES, type Hash } from "./merkle.ts";

/** What a checkpoint says: this log had so many facts, under this root. */
export type CheckpointBody = { readonly origin: string; readonly size: number; readonly root: Hash };

/** A key that signs: its name, which is the log's origin, and its 32 public bytes. */
export type VerifierKey = { readonly name: string; readonly publicKey: Buffer };

export type NoteSignature = { readonly name: string; readonly hint: Buffer; readonly signature: Buffer };

export type SignedCheckpoint = CheckpointBody & {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

/** The number of Ed25519 among the kinds of signature that c2sp.org/signed-note lists. */
const ED25519 = 1;
const HINT_BYTES = 4;
const SIGNATURE_BYTES = 64;
/** What comes before the key itself in its DER form (RFC 8410, section 4). */
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/** The text that is signed; c2sp.org/tlog-checkpoint. */
export function checkpointText({ origin, size, root }: CheckpointBody): string {
  return `${origin}\n${size}\n${root.toString("base64")}\n`;
}

/** A text with its signatures; c2sp.org/signed-note. */
export function signedNote(
  text: string,
  signatures: readonly (VerifierKey & { signature: Buffer })[],
): string {
  const lines = signatures.map(
    ({ signature, ...key }) =>
      `— ${key.name} ${Buffer.concat([hintOf(key), signature]).toString("base64")}\n`,
  );
  return `${text}\n${lines.join("")}`;
}

/** The first bytes of a key's hash: with its name, how a signature says by which key it is. */
function hintOf({ name, publicKey }: VerifierKey): Buffer {
  const hashed = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ED25519), publicKey]);
  return hash("sha256", hashed, "buffer").subarray(0, HINT_BYTES);
}

/** A key as the text that auditors are given: `<name>+<hint>+<key>`. */
export function verifierText(key: VerifierKey): string {
  const bytes = Buffer.concat([Buffer.of(ED25519), key.publicKey]);
  return `${key.name}+${hintOf(key).toString("hex")}+${bytes.toString("base64")}`;
}

/** Reads a key's text; undefined when it is not one of Ed25519, or its hint is of another key. */
export function parseVerifier(text: string): VerifierKey | undefined {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text.trim());
  if (match === null) return undefined;
  const [, name = "", hint, encoded = ""] = match;
  const bytes = Buffer.from(encoded, "base64");
  const key = { name, publicKey: bytes.subarray(1) };
  return bytes[0] === ED25519 && hintOf(key).toString("hex") === hint ? key : undefined;
}

/** Reads a checkpoint; undefined when its form is not exactly right. Says nothing about its signatures. */
export function parseCheckpoint(note: string): SignedCheckpoint | undefined {
  const match = /^((\S+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n((?:— \S+ [A-Za-z0-9+/]+=*\n)+)$/.exec(
    note,
  );
  if (match === null) return undefined;
  const [, text = "", origin = "", digits, encoded = "", lines = ""] = match;
  const size = Number(digits);
  const root = Buffer.from(encoded, "base64");
  if (!Number.isSafeInteger(size) || root.length !== HASH_BYTES || root.toString("base64") !== encoded)
    return undefined;
  const signatures = lines.trimEnd().split("\n").map(toSignature);
  if (signatures.includes(undefined)) return undefined;
  return { text, origin, size, root, signatures: signatures.filter((each) => each !== undefined) };
}

function toSignature(line: string): NoteSignature | undefined {
  const [, name = "", encoded = ""] = line.split(" ");
  const bytes = Buffer.from(encoded, "base64");
  // Base64 has bits that mean nothing; a text with other ones is another text.
  if (bytes.toString("base64") !== encoded) return undefined;
  return { name, hint: bytes.subarray(0, HINT_BYTES), signature: bytes.subarray(HINT_BYTES) };
}

/** Which of these keys signed a checkpoint; none: it proves nothing. A signature under a known key that is wrong counts as none. */
export function signersOf(
  checkpoint: SignedCheckpoint,
  keys: readonly VerifierKey[],
): readonly VerifierKey[] {
  return keys.filter((key) =>
    checkpoint.signatures.some(
      ({ name, hint, signature }) =>
        name === key.name &&
        hint.equals(hintOf(key)) &&
        signature.length === SIGNATURE_BYTES &&
        verify(null, Buffer.from(checkpoint.text), toPublicKey(key.publicKey), signature),
    ),
  );
}

function toPublicKey(publicKey: Buffer) {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, publicKey]), format: "der", type: "spki" });
}
