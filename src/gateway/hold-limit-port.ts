import type { KeepAnswer } from "../platform/index.ts";

/** What the holds of a client, or through a channel, may come to; absent: not limited. */
export type HoldLimitOf = {
  /** `client:` or `channel:` and its id. */
  readonly subject: string;
  readonly openHoldsMax?: number | undefined;
  readonly unitsPerItemMax?: number | undefined;
  readonly shareMaxPermille?: number | undefined;
  readonly holdSecondsMax?: number | undefined;
};

/** How much of the stock clients and channels may keep with holds. */
export type HoldLimitsPort = {
  /** What is changed is committed together with what `keep` keeps. */
  set(
    setting: {
      readonly limit: HoldLimitOf;
      readonly by: string;
      readonly because: string;
      readonly correlationId: string;
    },
    keep: KeepAnswer<HoldLimitOf>,
  ): Promise<HoldLimitOf>;
  list(): Promise<readonly HoldLimitOf[]>;
};
