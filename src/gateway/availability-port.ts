import type {
  Availability,
  AvailabilitySeries,
  ChannelId,
  DatedAvailability,
  Reference,
} from "@crossdock/canonical";

/** A figure without its moment. While nothing changes it is the same object. */
export type Figure = Omit<Availability, "asOf">;

export type AvailabilityAsked = { readonly channelId: ChannelId; readonly items: readonly Reference[] };
export type AvailabilityAnswered =
  | {
      readonly is: "answered";
      /** The moment that all figures are of. */
      readonly asOf: string;
      readonly figures: readonly Figure[];
      readonly unknown: readonly Reference[];
    }
  | { readonly is: "unknown-channel" };

/** What may be promised, now. */
export type AvailabilityPort = {
  /** One answer for each reference that is known, in the order of asking. `fresh`: nothing that is committed is missing in it. */
  ask(question: AvailabilityAsked & { readonly fresh: boolean }): Promise<AvailabilityAnswered>;
  /** The same where nobody has to wait for it; undefined otherwise. */
  recall(question: AvailabilityAsked): AvailabilityAnswered | undefined;
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
