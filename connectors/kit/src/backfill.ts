import type { Account } from "./account.ts";
import type { ConnectorIo } from "./lent-io.ts";
import type { MessagePart } from "./message-part.ts";

/** Numbers of a stream that have not arrived, first and last included: at most a thousand of them. */
export type BackfillRequest = { readonly stream: string; readonly first: number; readonly last: number };

/** Numbers of which the source says that nothing was ever told under them. */
export type NeverUsed = { readonly first: number; readonly last: number; readonly because: string };

/**
 * What asking came to. `answered`: what the source has of it, as parts like those of a delivery, which may be none, and what never
 * was. `retry`: it could not be asked just now. `cannot`: this account's source cannot be asked, and the reason says what to configure.
 */
export type BackfillAnswer =
  | { readonly is: "answered"; readonly parts: readonly MessagePart[]; readonly never: readonly NeverUsed[] }
  | { readonly is: "retry"; readonly reason: string; readonly afterMs?: number }
  | { readonly is: "cannot"; readonly reason: string };

/**
 * Asks a source for what is missing from a numbered stream. The connector's thin IO: it may run twice, is bounded, and never throws.
 * What it gives goes through the same intake as a delivery, so whatever had arrived meanwhile is recognised by its own ids.
 */
export type Backfill = (
  request: BackfillRequest,
  io: ConnectorIo,
  account: Account,
) => Promise<BackfillAnswer>;
