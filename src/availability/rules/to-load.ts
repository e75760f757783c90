import { channelId, itemId, locationId, type Quantity, quantity, type Rule } from "@crossdock/canonical";

/** A channel as it is loaded at set-up. Locations are in the order in which the channel sells from them. */
export type ChannelToSave = {
  readonly channelId: string;
  readonly name: string;
  readonly locationIds: readonly string[];
};

/** What a channel keeps back of an item, shows at most and has protected, or of all its items when `itemId` is empty. */
export type RuleToSave = {
  readonly channelId: string;
  readonly itemId: string;
  readonly buffer: number;
  readonly cap: number | null;
  readonly protected: number;
};

/** The rule that a channel is. */
export function ruleOfChannel({ channelId: id, name, locationIds }: ChannelToSave): Rule {
  return { kind: "channel", channel: channelId(id), name, locations: locationIds.map(locationId) };
}

/** The rules that one line of set-up stands for. All three are said, so that they go before wider ones. */
export function rulesOf(line: RuleToSave): readonly Rule[] {
  const scope = {
    channel: channelId(line.channelId),
    ...(line.itemId === "" ? {} : { item: itemId(line.itemId) }),
  };
  const cap: Quantity | null = line.cap === null ? null : quantity(line.cap);
  return [
    { kind: "buffer", ...scope, units: quantity(line.buffer) },
    { kind: "cap", ...scope, units: cap },
    { kind: "protection", ...scope, units: quantity(line.protected) },
  ];
}
