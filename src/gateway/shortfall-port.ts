import type { ChannelId } from "@crossdock/canonical";
import type { Caller, Page, PageRequest } from "./asking.ts";
import type { Shortfall, ShortfallPolicy, ShortfallPolicyToSet } from "./shortfall-views.ts";

/** Where less is there than is promised, whom it hits, and who yields to whom. */
export type ShortfallsPort = {
  page(asked: PageRequest): Promise<Page<Shortfall> | "bad-cursor">;
  /** The case of a position; undefined where nothing is missing there. */
  find(positionId: number): Promise<Shortfall | undefined>;
  policies(): Promise<readonly ShortfallPolicy[]>;
  /** Everything that was ever said, the newest first. */
  policyHistory(asked: PageRequest): Promise<Page<ShortfallPolicy> | "bad-cursor">;
  setPolicy(
    channelId: ChannelId,
    policy: ShortfallPolicyToSet,
    caller: Caller,
  ): Promise<"set" | "unknown-channel">;
};
