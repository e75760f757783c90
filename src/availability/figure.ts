import type { Availability } from "@crossdock/canonical";

/** What a channel may sell of an item, without the moment. While nothing changes it is the same object, so that it need not be written out anew. */
export type Figure = Omit<Availability, "asOf">;

/** Figures of one moment. */
export type FiguresAt = { readonly asOf: string; readonly figures: readonly Figure[] };
