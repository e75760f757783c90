import {
  type FactData,
  type ItemId,
  type LocationId,
  type Place,
  type Quantity,
  quantity,
  type StockFactType,
} from "@crossdock/canonical";
import {
  CONVERSION,
  COUNT_VARIANCE,
  CUSTOMER,
  inTransit,
  type Movement,
  placeAt,
  SCRAP,
  SUPPLIER,
  type TransferReason,
} from "./movement.ts";

/** What a type of fact does to stock: one row of the table. */
export type MovementRule<Data> = {
  /** The location whose owner may state it: where the goods physically are when it happens. */
  readonly statedAt: (data: Data) => LocationId;
  /** What it moves, with both sides named. */
  readonly moves: (data: Data) => readonly Movement[];
  /** What happens when a fact that should have come before it has not. */
  readonly ahead: string;
};

type Data = { readonly [Type in StockFactType]: FactData<Type> };
type Rules = { readonly [Type in StockFactType]: MovementRule<Data[Type]> };
/** A stock fact whose type and data the compiler follows together through the table. */
type FactOf<Type extends StockFactType> = {
  [Each in Type]: { readonly type: Each; readonly data: Data[Each] };
}[Type];

type Moved = { readonly lot?: string | undefined; readonly item: ItemId; readonly quantity: Quantity };
type Way = { readonly from: Place; readonly to: Place; readonly reason: TransferReason };

/** The movement of one amount of one item. */
const move = ({ item, lot = "", quantity: units }: Moved, { from, to, reason }: Way): Movement => ({
  itemId: item,
  lot,
  from,
  to,
  quantity: units,
  reason,
});

const here = ({ location }: { readonly location: LocationId }): LocationId => location;

/** Units stop being what they were at one place, and begin to be something else at the same place. */
const become = (taken: Moved, given: Moved, { at, reason }: { at: Place; reason: TransferReason }) => [
  move(taken, { from: at, to: CONVERSION, reason }),
  move(given, { from: CONVERSION, to: at, reason }),
];

const NOTHING_BEFORE = "Nothing has to come before it.";
const BELOW_ZERO =
  "It moves all the same; the status that it takes from is below zero until what should have come before is heard of.";

/**
 * What every stock fact moves. The second time a fact moves nothing: the log knows its source and id, the ledger its number. A
 * movement that a count had seen is corrected with count variance, whatever its type (docs/decisions/0010).
 */
export const MOVEMENT_RULES: Rules = {
  StockReceived: {
    statedAt: here,
    moves: (data) => {
      const to = placeAt(data.location, data.status ?? "available");
      return [move(data, { from: SUPPLIER, to, reason: "receipt" })];
    },
    ahead: NOTHING_BEFORE,
  },
  StockPicked: {
    statedAt: here,
    moves: (data) => [pickMovement(data)],
    ahead:
      "Of an order that nobody has promised it takes what is available, and the promise begins with it (0014). After its shipment it moves nothing.",
  },
  StockPickedShort: {
    statedAt: here,
    moves: (data) => {
      const { location, orderLine } = data;
      const [from, to] = [placeAt(location, "available"), placeAt(location, "quarantined")];
      return [{ ...move(data, { from, to, reason: "short-pick" }), use: { step: "short", orderLine } }];
    },
    ahead:
      "The units are quarantined, out of what is available where the line has no promise there; a promise that is made later gives them up at once.",
  },
  PickCancelled: {
    statedAt: here,
    moves: (data) => [putBackMovement(data)],
    ahead:
      "For an order line it waits for its pick, which then moves nothing; what it says is quarantined or damaged is so at once. For none, picked is below zero until the pick is heard of.",
  },
  StockPacked: {
    statedAt: here,
    // It says in which carton picked units are.
    moves: () => [],
    ahead: "It moves nothing, before its pick as after it.",
  },
  ShipmentDispatched: {
    statedAt: here,
    moves: (data) => shipmentMovements(data),
    ahead:
      "For an order line it takes what was picked and then what was promised or is available (0009). For none it takes what was picked, which is below zero until the pick is heard of.",
  },
  StockCounted: {
    statedAt: here,
    // What it means depends on the balance at its time: see count.ts.
    moves: () => [],
    ahead: "It posts the difference to what is known as of its time; what comes later is corrected.",
  },
  StockAdjusted: {
    statedAt: here,
    moves: (data) => adjustmentMovements(data),
    ahead: BELOW_ZERO,
  },
  TransferDispatched: {
    statedAt: ({ from }) => from,
    moves: (data) => {
      const { from, to } = data;
      return [
        move(data, { from: placeAt(from, "available"), to: inTransit(from, to), reason: "transfer-out" }),
      ];
    },
    ahead: BELOW_ZERO,
  },
  TransferReceived: {
    statedAt: ({ to }) => to,
    moves: (data) => {
      const { from, to } = data;
      return [move(data, { from: inTransit(from, to), to: placeAt(to, "available"), reason: "transfer-in" })];
    },
    ahead: "It is on hand at once; the lane is below zero until the dispatch is heard of.",
  },
  TransferLost: {
    statedAt: ({ to }) => to,
    moves: (data) => [
      move(data, { from: inTransit(data.from, data.to), to: SCRAP, reason: "transfer-loss" }),
    ],
    ahead: "The lane is below zero until the dispatch is heard of.",
  },
  StockReturned: {
    statedAt: here,
    moves: (data) => {
      const to = placeAt(data.location, data.status ?? "available");
      return [move(data, { from: CUSTOMER, to, reason: "return" })];
    },
    ahead: "It is on hand at once. It never takes a shipment back: what has left for a line has left.",
  },
  StockStatusChanged: {
    statedAt: here,
    moves: (data) => {
      const { location, from, to } = data;
      if (from === to) return [];
      return [
        move(data, { from: placeAt(location, from), to: placeAt(location, to), reason: "status-change" }),
      ];
    },
    ahead: BELOW_ZERO,
  },
  LotChanged: {
    statedAt: here,
    moves: ({ item, location, fromLot, toLot, quantity: units, status = "available" }) => {
      if (fromLot === toLot) return [];
      const amount = { item, quantity: units };
      const at = placeAt(location, status);
      return become({ ...amount, lot: fromLot }, { ...amount, lot: toLot }, { at, reason: "lot-change" });
    },
    ahead: BELOW_ZERO,
  },
  StockConverted: {
    statedAt: here,
    moves: ({ location, from, to, status = "available" }) =>
      become(from, to, { at: placeAt(location, status), reason: "conversion" }),
    ahead: BELOW_ZERO,
  },
};

function pickMovement(data: FactData<"StockPicked">): Movement {
  const { location, orderLine } = data;
  const [from, to] = [placeAt(location, "available"), placeAt(location, "picked")];
  const picked = move(data, { from, to, reason: "pick" });
  return orderLine === undefined ? picked : { ...picked, use: { step: "pick", orderLine } };
}

function putBackMovement(data: FactData<"PickCancelled">): Movement {
  const { location, orderLine, status = "available" } = data;
  const [from, to] = [placeAt(location, "picked"), placeAt(location, status)];
  const back = move(data, { from, to, reason: "put-back" });
  return orderLine === undefined ? back : { ...back, use: { step: "put-back", orderLine } };
}

function shipmentMovements({ location, cartons }: FactData<"ShipmentDispatched">): Movement[] {
  const way = { from: placeAt(location, "picked"), to: CUSTOMER, reason: "shipment" } as const;
  return cartons
    .flatMap(({ lines }) => lines)
    .map((line) => {
      const shipped = move(line, way);
      const { orderLine } = line;
      return orderLine === undefined ? shipped : { ...shipped, use: { step: "ship", orderLine } };
    });
}

function adjustmentMovements(data: FactData<"StockAdjusted">): Movement[] {
  if (data.delta === 0) return [];
  const shelf = placeAt(data.location, data.status ?? "available");
  const amount = { item: data.item, lot: data.lot, quantity: quantity(Math.abs(data.delta)) };
  return data.delta < 0
    ? [move(amount, { from: shelf, to: SCRAP, reason: "scrap" })]
    : [move(amount, { from: COUNT_VARIANCE, to: shelf, reason: "adjustment" })];
}

/** What a fact moves, as movements with both sides named. */
export function movementsOf<Type extends StockFactType>(fact: FactOf<Type>): readonly Movement[] {
  return MOVEMENT_RULES[fact.type].moves(fact.data);
}

/** The location whose owner may state a fact: where the goods physically are when it happens. */
export function statedLocation<Type extends StockFactType>(fact: FactOf<Type>): LocationId {
  return MOVEMENT_RULES[fact.type].statedAt(fact.data);
}
