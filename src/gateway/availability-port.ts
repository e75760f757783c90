import type {
  Availability,
  AvailabilitySeries,
  ChannelId,
  DatedAvailability,
  Reference,
} from "@crossdock/canonical";

/** What may be promised, now. */
export type AvailabilityPort = {
  /** One answer for each reference that is known, in the order of asking. */
  ask(question: { readonly channelId: ChannelId; readonly items: readonly Reference[] }): Promise<
    | {
        readonly is: "answered";
        readonly availability: readonly Availability[];
        readonly unknown: readonly Reference[];
      }
    | { readonly is: "unknown-channel" }
  >;
  /** The same by a moment or a day, with what is to come by then. */
  askBy(
    question: DatedAsked & { readonly by: { readonly instant: string } | { readonly day: string } },
  ): Promise<DatedAnswered<DatedAvailability>>;
  /** The same over time. */
  series(
    question: DatedAsked & { readonly nearHours?: number | undefined; readonly timeZone: string },
  ): Promise<DatedAnswered<AvailabilitySeries>>;
};

export type DatedAsked = {
  readonly channelId: ChannelId;
  readonly items: readonly Reference[];
  /** Absent: what the rules say. */
  readonly horizonDays?: number | undefined;
};
export type DatedAnswered<Figure> =
  | { readonly is: "answered"; readonly figures: readonly Figure[]; readonly unknown: readonly Reference[] }
  | { readonly is: "unknown-channel" };
