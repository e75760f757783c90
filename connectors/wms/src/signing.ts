import {
  type Account,
  type Authentication,
  hmacSha256,
  isHmacSha256,
  presentSecrets,
  type RawMessage,
} from "@crossdock/connector-kit";
import { settingsOf } from "./settings.ts";

/** The headers of a signed message, in both directions. */
export const SIGNATURE_HEADER = "x-wms-signature";
export const TIMESTAMP_HEADER = "x-wms-timestamp";
export const DELIVERY_ID_HEADER = "x-wms-delivery-id";

/** Names of the account's secrets. */
export const SIGNING_SECRET = "signingSecret";
export const PREVIOUS_SIGNING_SECRET = "previousSigningSecret";

/** What is signed: the timestamp, a full stop, and the body byte for byte. */
function signedBytes(timestamp: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${timestamp}.`), body]);
}

/** The signature of a message, in lower-case hexadecimal. The timestamp is in Unix seconds. */
export function wmsSignature(secret: string, timestamp: string, body: Uint8Array): string {
  return Buffer.from(hmacSha256(secret, signedBytes(timestamp, body))).toString("hex");
}

/** The headers that make a message genuine. */
export function signatureHeaders(secret: string, at: Date, body: Uint8Array): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  return { [TIMESTAMP_HEADER]: timestamp, [SIGNATURE_HEADER]: wmsSignature(secret, timestamp, body) };
}

const refuse = (reason: string): Authentication => ({ genuine: false, reason });

/** Whether a message was signed with one of the account's secrets, and when by its own word. */
export function authenticate({ headers, body }: RawMessage, account: Account): Authentication {
  const timestamp = headers[TIMESTAMP_HEADER];
  const claimed = headers[SIGNATURE_HEADER];
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
    return refuse(`The header ${TIMESTAMP_HEADER} must hold the time of signing in Unix seconds.`);
  }
  // Checked here because the decoder stops silently at the first character that is no digit.
  if (claimed === undefined || !/^[0-9a-f]{64}$/i.test(claimed)) {
    return refuse(`The header ${SIGNATURE_HEADER} must hold 64 hexadecimal digits.`);
  }
  const isRotating = settingsOf(account).rotation === true;
  const names = isRotating ? [SIGNING_SECRET, PREVIOUS_SIGNING_SECRET] : [SIGNING_SECRET];
  const secrets = presentSecrets(account, names);
  if (secrets.length === 0) return refuse("The account has no signing secret; its operator must set one.");
  const bytes = signedBytes(timestamp, body);
  const isGenuine = secrets.some((secret) => isHmacSha256({ secret, bytes, claimed, encoding: "hex" }));
  return isGenuine
    ? { genuine: true, signedAt: new Date(Number(timestamp) * 1_000) }
    : refuse(`The signature is not that of "<${TIMESTAMP_HEADER}>.<body>" under the account's secret.`);
}
