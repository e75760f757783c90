import type { ChannelId, ReservationId, ReservationRefusal } from "@crossdock/canonical";
import type { KeepAnswer } from "../platform/index.ts";
import type { Caller, Page, PageRequest } from "./asking.ts";
import type { ReservationChanged } from "./reservation-port.ts";
import type {
  ReallocationProposals,
  ReallocationRequest,
  Shortfall,
  ShortfallPolicy,
  ShortfallPolicyToSet,
} from "./shortfall-views.ts";

/** Where less is there than is promised, whom it hits, and who yields to whom. */
export type ShortfallsPort = {
  page(asked: PageRequest): Promise<Page<Shortfall> | "bad-cursor">;
  /** The case of a position; undefined where nothing is missing there. */
  find(positionId: number): Promise<Shortfall | undefined>;
  /** Where else so many units of a promise could come from, or why they cannot. */
  proposals(
    reservationId: ReservationId,
    units: number | undefined,
  ): Promise<ReallocationProposals | { readonly is: "refused"; readonly refusal: ReservationRefusal }>;
  /** What is changed is committed together with what `keep` keeps. */
  reallocate(
    command: ReallocationRequest & { readonly reservationId: ReservationId; readonly caller: Caller },
    keep: KeepAnswer<ReservationChanged>,
  ): Promise<ReservationChanged>;
  policies(): Promise<readonly ShortfallPolicy[]>;
  /** Everything that was ever said, the newest first. */
  policyHistory(asked: PageRequest): Promise<Page<ShortfallPolicy> | "bad-cursor">;
  setPolicy(
    channelId: ChannelId,
    policy: ShortfallPolicyToSet,
    caller: Caller,
  ): Promise<"set" | "unknown-channel">;
};
