import type { FakeCall } from "@crossdock/connector-kit/testing";
import { SIGNATURE_HEADER, TIMESTAMP_HEADER, wmsSignature } from "../signing.ts";

/** What is wrong with the signature of a call, or nothing. Any of the secrets will do, as in a rotation. */
export function authenticateCall(
  { headers, body }: FakeCall,
  secrets: readonly string[],
): string | undefined {
  const timestamp = headers[TIMESTAMP_HEADER];
  if (timestamp === undefined) return `the header ${TIMESTAMP_HEADER} is missing`;
  const isGenuine = secrets.some(
    (secret) => wmsSignature(secret, timestamp, body) === headers[SIGNATURE_HEADER],
  );
  return isGenuine ? undefined : `the header ${SIGNATURE_HEADER} is not the signature of this body`;
}
