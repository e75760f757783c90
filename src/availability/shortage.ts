import {
  type ChannelId,
  type ItemId,
  type LineId,
  type LineRejection,
  type LocationId,
  type Lot,
  type Quantity,
  quantity,
} from "@crossdock/canonical";

/** What a line that is short had asked for. */
type ShortLine = {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly quantity: Quantity;
  readonly orderedUnit: Quantity;
  readonly locationId?: LocationId | undefined;
  readonly lot?: Lot | undefined;
};

/** What there was for a line that is short. */
export type Offered = {
  /** Units that there were, fewer than were asked for. */
  readonly units: number;
  /** The line keeps them: it was not refused as a whole. */
  readonly isKept: boolean;
  /** There was no whole ordered unit, but there were pieces. */
  readonly hasPieces: boolean;
  /** Earlier lines of the same request want the item too, and were asked first. */
  readonly isShared: boolean;
};

const was = (units: number): string => (units === 1 ? "was" : "were");

/** Where else a caller may look who finds nothing here: whatever the line insists on is what may be changed. */
function elsewhere({ locationId, lot }: ShortLine): string {
  if (locationId !== undefined) return lot === undefined ? "another location" : "another location or lot";
  return lot === undefined ? "another item" : "another lot";
}

function sentence(line: ShortLine, { units, isKept, hasPieces, isShared }: Offered): string {
  const { quantity: wanted, orderedUnit } = line;
  const inUnits = orderedUnit === 1 ? "" : ` in whole units of ${orderedUnit} from one place`;
  const missing = wanted - units;
  if (units > 0 && isKept) {
    const are = missing === 1 ? "is" : "are";
    return `${units} of ${wanted} ${was(units)} reserved${inUnits}; ${missing} ${are} missing: ask for ${missing} when there is stock.`;
  }
  const beside = isShared ? " beside the lines before it" : "";
  if (units > 0)
    return `${units} of ${wanted} can be promised${inUnits}${beside}; ask for ${units} or wait for stock.`;
  const next = hasPieces
    ? "ask in a smaller unit or wait for stock"
    : `wait for stock or choose ${elsewhere(line)}`;
  return `None of ${wanted} can be promised${inUnits}${beside}; ${next}.`;
}

const named = ({ lineId, itemId, locationId }: ShortLine) => ({
  lineId,
  itemId,
  ...(locationId === undefined ? {} : { locationId }),
  reason: "insufficient-stock" as const,
});

/** The refusal of what a line is short by, with a sentence that says what there was and what the caller can do. */
export function shortage(line: ShortLine, offered: Offered): LineRejection {
  const shortBy = quantity(line.quantity - offered.units);
  return { ...named(line), shortBy, message: sentence(line, offered) };
}

/** The refusal of a line that is asked for through a channel which does not exist. */
export function noChannel(line: ShortLine, channelId: ChannelId): LineRejection {
  const message = `None of ${line.quantity} can be promised: there is no channel ${channelId}. Create it or use another.`;
  return { ...named(line), shortBy: line.quantity, message };
}
