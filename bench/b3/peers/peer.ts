import type { PostedHappening } from "../books.ts";

/** What a peer's process is told: where its database is, then what happened, in the order in which it is posted. */
export type PeerOrder =
  | { readonly is: "open"; readonly name: string; readonly url: string; readonly scratch: string }
  | { readonly is: "take"; readonly happenings: readonly PostedHappening[] }
  | { readonly is: "audit" }
  | { readonly is: "close" };

/** How long it took, or what is wrong. */
export type PeerAnswer = { readonly elapsedMs: number; readonly faults: readonly string[] };

/** A peer as its process sees it. */
export type Peer = {
  /** Makes its effect for each of these; resolves when the last is committed. */
  take(happenings: readonly PostedHappening[]): Promise<void>;
  /** What is wrong with its books. */
  audit(): Promise<readonly string[]>;
  close(): Promise<void>;
};
