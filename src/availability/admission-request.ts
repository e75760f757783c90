import type {
  ChannelId,
  ItemId,
  LineId,
  LineRejection,
  LocationId,
  Lot,
  OrderId,
  PromisePolicy,
  Quantity,
  ShipTo,
  SourcingExplanation,
} from "@crossdock/canonical";
import type { Totals } from "./fulfilment.ts";
import type { Taken } from "./shelf.ts";

/** A line to be promised. A kit's components say what one unit of the line takes; a plain item has itself as its only one. */
export type AdmissionLine = {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly quantity: Quantity;
  /** Base units that were ordered as one, a case of twelve say: each location is promised whole ones. Divides `quantity`. */
  readonly orderedUnit: Quantity;
  readonly components: readonly { readonly itemId: ItemId; readonly quantity: number }[];
  readonly locationId?: LocationId | undefined;
  readonly lot?: Lot | undefined;
  /** Locations that the line may come from at most; absent: any number. */
  readonly locationsMax?: number | undefined;
  /** When it is wanted, and until when it waits, where what is missing of it does. */
  readonly needBy?: string | undefined;
  readonly waitUntil?: string | undefined;
};

/** A request as admission decides it: everything resolved, every quantity in base units. */
export type AdmissionRequest = {
  readonly channelId: ChannelId;
  readonly policy: PromisePolicy;
  readonly lines: readonly AdmissionLine[];
  readonly orderId?: OrderId | undefined;
  /** Locations that all lines together may come from at most; absent: any number. */
  readonly locationsMax?: number | undefined;
  /** Where it goes; absent: nobody has said. */
  readonly destination?: ShipTo | undefined;
  /** Whether it is to be said why locations were chosen or not. */
  readonly explain?: boolean | undefined;
  /** What was picked or shipped for the order before it came. */
  readonly early?: readonly EarlyUnits[] | undefined;
  /** Lines that were refused before admission (an unknown item, a lossy unit). With `all-or-nothing` they refuse the rest. */
  readonly refused: readonly LineRejection[];
};

/** What happened to units of an order line at a place before the order was heard of. */
export type EarlyUnits = Totals & {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly positionId: number;
};

/** One promise: so many units of one position for one line. */
export type Promised = Taken & {
  /** Units of it that had left before, or were not found: they were taken from what is available then, and are not taken again. */
  readonly early?: EarlyUnits | undefined;
  /** Units of it that need not be kept, because as many had left from elsewhere. They are not taken either. */
  readonly replaced?: number | undefined;
  /** Units of it that came out of what is set aside for the channel. */
  readonly fenced?: number | undefined;
};

/** What is decided of one request. */
export type Decision = {
  readonly promised: readonly Promised[];
  readonly rejections: readonly LineRejection[];
  /** Why from there, where that was asked for. */
  readonly sourcing?: SourcingExplanation | undefined;
};

/** Why a request is not decided at all: its key was used for something else, or nobody sells through its channel. */
export type AdmissionRefusal = {
  readonly refused: "key-reused" | "unknown-channel";
  readonly message: string;
};

/** Whether lines are promised what there is of them, whatever becomes of the rest. */
export const takesParts = ({ policy }: Pick<AdmissionRequest, "policy">): boolean =>
  policy === "partial" || policy === "backorder";
