import { Type } from "typebox";

/**
 * What a physical unit at a location is, exactly one at a time. `in-transit` is stock in a lane between two locations;
 * all others are on hand.
 */
export const Status = Type.Union(
  [
    Type.Literal("available"),
    Type.Literal("held"),
    Type.Literal("allocated"),
    Type.Literal("picked"),
    Type.Literal("channel-reserved"),
    Type.Literal("quarantined"),
    Type.Literal("damaged"),
    Type.Literal("in-transit"),
  ],
  { title: "Status" },
);
export type Status = Type.Static<typeof Status>;

/** Every status, in the order in which people read them. */
export const STATUSES = [
  "available",
  "held",
  "allocated",
  "picked",
  "channel-reserved",
  "quarantined",
  "damaged",
  "in-transit",
] as const satisfies readonly Status[];

/** The statuses whose sum is on-hand. */
export const ON_HAND_STATUSES = STATUSES.filter((status) => status !== "in-transit");

/** The states of stock that a warehouse may put on the shelf: sellable, waiting for quality, or broken. */
export const ConditionStatus = Type.Union(
  [Type.Literal("available"), Type.Literal("quarantined"), Type.Literal("damaged")],
  { title: "ConditionStatus" },
);
export type ConditionStatus = Type.Static<typeof ConditionStatus>;
