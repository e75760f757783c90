import { Instant, ItemId, LocationId, Lot, Quantity, QuantityDelta } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;

/** Where a system that does not own a place's stock says another number than ours. */
export const DisagreementView = Type.Object(
  {
    source: Type.String(),
    locationId: LocationId,
    itemId: ItemId,
    lot: Lot,
    said: Quantity,
    saidAt: Instant,
    ageSeconds: Type.Integer({ description: "How long ago the source says that it was so." }),
    factNumber: Type.Integer({ description: "The fact that said so." }),
    oursThen: { ...QuantityDelta, description: "What we had at that time, as far as is known now." },
    oursNow: QuantityDelta,
    difference: { ...QuantityDelta, description: "What it said, less what we had then." },
    money: Type.Optional(
      Type.Object(
        { currency: Type.String(), amount: Type.String({ description: "Exact decimal." }) },
        {
          ...closed,
          description: "The difference at the item's cost of that time. Absent: no cost is known.",
        },
      ),
    ),
  },
  { title: "Disagreement", ...closed },
);
export type DisagreementView = Static<typeof DisagreementView>;

export const DisagreementPage = Type.Object(
  {
    disagreements: Type.Array(DisagreementView),
    next: Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." })),
  },
  { title: "DisagreementPage", ...closed },
);
