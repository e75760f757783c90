import type { ItemId, Quantity } from "@crossdock/canonical";
import type { Account } from "./account.ts";
import type { ConnectorIo } from "./lent-io.ts";

/** One availability to tell a channel. `listing` is the channel's own name of the item (the manifest's listing scheme). */
export type PublicationRow = {
  readonly itemId: ItemId;
  readonly listing: string;
  readonly quantity: Quantity;
  /** What we believe the channel shows now; undefined when we never told or saw it. */
  readonly believed: Quantity | undefined;
};

/** What became of one row. */
export type PublicationOutcome =
  | { readonly itemId: ItemId; readonly result: "published"; readonly quantity: Quantity }
  /** The channel shows something else than we believed; nothing was changed. */
  | { readonly itemId: ItemId; readonly result: "stale"; readonly shows: number }
  | { readonly itemId: ItemId; readonly result: "refused"; readonly reason: string }
  /** Not sent, or sent with unknown effect; try again with the value of that moment. */
  | { readonly itemId: ItemId; readonly result: "retry"; readonly reason: string };

export type PublicationAnswer = {
  readonly outcomes: readonly PublicationOutcome[];
  /** When the account's budget allows the next call; absent when it does at once. */
  readonly nextCallAfterMs?: number;
};

/** What the channel shows of a listing, for reading back. */
export type ObservedRow = { readonly listing: string; readonly shows: number };

/** Tells a channel its availability. Both are the connector's thin IO; never two `publish` calls of one account at a time. */
export type Publisher = {
  /** Rows that one call can carry. */
  readonly rowsPerCall: number;
  publish(rows: readonly PublicationRow[], io: ConnectorIo, account: Account): Promise<PublicationAnswer>;
  /** What the channel shows now. */
  observe?(listings: readonly string[], io: ConnectorIo, account: Account): Promise<readonly ObservedRow[]>;
};
