import { hash } from "node:crypto";
import { IDEMPOTENCY_KEY_LENGTH_MAX } from "./limits.ts";

/** The field's name in lower case, as Node gives it. */
export const IDEMPOTENCY_FIELD = "idempotency-key";
/** Set to `true` on an answer that was given before. */
export const REPLAYED_FIELD = "idempotent-replayed";

export type KeyReading =
  | { readonly is: "absent" }
  | { readonly is: "key"; readonly key: string }
  | { readonly is: "malformed" };

const bareKey = new RegExp(`^[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,${IDEMPOTENCY_KEY_LENGTH_MAX}}$`);
// RFC 9651, section 3.3.3: printable ASCII between quotes, with \" and \\ escaped.
const quotedKey = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;

/**
 * Reads `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a quoted string, and for the many clients that
 * send it so, the bare key.
 */
export function readIdempotencyKey(field: string | readonly string[] | undefined): KeyReading {
  if (field === undefined) return { is: "absent" };
  if (typeof field !== "string") return { is: "malformed" };
  if (bareKey.test(field)) return { is: "key", key: field };
  const key = quotedKey.exec(field)?.[1]?.replace(/\\(["\\])/g, "$1");
  if (key === undefined || key.length > IDEMPOTENCY_KEY_LENGTH_MAX) return { is: "malformed" };
  return { is: "key", key };
}

/** What makes two requests the same: method, path and the body's bytes. */
export function requestFingerprint(request: {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}): string {
  return hash("sha256", `${request.method} ${request.path}\n${request.body}`);
}
