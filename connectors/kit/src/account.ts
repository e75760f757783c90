import type { AccountId, ChannelId } from "@crossdock/canonical";

/** A configured account as a connector sees it. `settings` has passed the manifest's schema. */
export type Account = {
  readonly accountId: AccountId;
  readonly channelId?: ChannelId | undefined;
  readonly settings: unknown;
  /** Gives a declared secret; throws when the account has none of that name. Not every account has every secret. */
  secret(name: string): string;
};
