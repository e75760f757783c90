import type { Transaction } from "../platform/index.ts";

/** An answer as it was given, to be given again byte for byte. */
export type KeptAnswer = {
  readonly status: number;
  readonly contentType: string;
  readonly location?: string | undefined;
  readonly body: string;
};

/** Whose key it is, and which. */
export type RequestKey = { readonly clientId: string; readonly key: string };

export type Claim =
  /** Ours to run. `claim` marks this run, so that one that was given up cannot keep its answer over a later one. */
  | { readonly is: "claimed"; readonly claim: string }
  | { readonly is: "in-flight" }
  | { readonly is: "reused" }
  | { readonly is: "answered"; readonly answer: KeptAnswer };

/** The first answers to keyed requests. `createKeyedAnswers` makes one over the database. */
export type KeyedAnswersPort = {
  claim(key: RequestKey, fingerprint: string): Promise<Claim>;
  keep(key: RequestKey, claim: string, answer: KeptAnswer): Promise<void>;
  /**
   * The same in the transaction of what the answer tells. Throws `gateway.key-taken-over` when the claim is not ours any more: whoever
   * has it makes the change, and this one must not be.
   */
  keepWithin(tx: Transaction, key: RequestKey, claim: string, answer: KeptAnswer): Promise<void>;
  /** Gives a claim back, because its run failed for a reason that may pass. */
  release(key: RequestKey, claim: string): Promise<void>;
};
