import type {
  Fact,
  ItemId,
  LocationId,
  Measure,
  Quantity,
  Reference,
  StockStatement,
} from "@crossdock/canonical";
import type { ResolvedItem } from "../governance/index.ts";
import { conditionsExceed, stockedObstacle } from "./obstacle.ts";
import type { Translation } from "./translation.ts";

/** What a record names. */
export type Named = { readonly items: readonly Reference[]; readonly locations: readonly Reference[] };

/** The item and location references of a stock statement. */
export function stockReferences({ type, data }: StockStatement): Named {
  switch (type) {
    case "ShipmentDispatched": {
      const items = data.cartons.flatMap((carton) => carton.lines.map(({ item }) => item));
      return { items, locations: [data.location] };
    }
    case "TransferDispatched":
    case "TransferReceived":
    case "TransferLost":
      return { items: [data.item], locations: [data.from, data.to] };
    case "SupplyExpected": {
      const { item, location, from } = data;
      return { items: [item], locations: from === undefined ? [location] : [location, from] };
    }
    case "StockConverted":
      return { items: [data.from.item, data.to.item], locations: [data.location] };
    default:
      return { items: [data.item], locations: [data.location] };
  }
}

/** The fact of a stock statement. The translation has the obstacles when there is none. */
export function stockFact(translation: Translation, { type, data }: StockStatement): Fact | undefined {
  switch (type) {
    case "StockReceived":
      return receiptFact(translation, data);
    case "StockPicked":
      return movement(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "StockPickedShort":
      return movement(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "PickCancelled":
      return movement(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "StockPacked":
      return movement(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "StockReturned":
      return movement(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "StockStatusChanged":
      return movement(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "LotChanged":
      return movement(translation, { ...data, lot: data.fromLot }, ({ lot, ...moved }) => ({
        type,
        data: { ...data, ...moved, ...(lot === undefined ? {} : { fromLot: lot }) },
      }));
    case "TransferDispatched":
      return transfer(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "TransferReceived":
      return transfer(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "TransferLost":
      return transfer(translation, data, (moved) => ({ type, data: { ...data, ...moved } }));
    case "StockConverted":
      return conversionFact(translation, data);
    case "StockCounted":
      return countFact(translation, data);
    case "StockAdjusted":
      return adjustmentFact(translation, data);
    case "ShipmentDispatched":
      return shipmentFact(translation, data);
    case "SupplyExpected":
      return supplyFact(translation, data);
    default:
      return type satisfies never;
  }
}

type DataOf<Kind extends StockStatement["type"]> = Extract<StockStatement, { readonly type: Kind }>["data"];

type Stocked = { readonly item: Reference; readonly lot?: string | undefined };
type Amount = Stocked & { readonly quantity: Measure };
/** `lot`: the one that a person has said, where the record names none. */
type Goods = { readonly item: ItemId; readonly quantity: Quantity } & LotSaid;
type LotSaid = { readonly lot?: string };

/** At least one unit of an item. */
function goods(translation: Translation, amount: Amount): Goods | undefined {
  const { item: reference, quantity: measure } = amount;
  const item = translation.item(reference);
  const quantity = translation.amount(measure, { reference, item, least: 1 });
  if (item === undefined || quantity === undefined) return undefined;
  const stocked = stockedAs(translation, amount, { item, units: quantity });
  return stocked === undefined ? undefined : { item: item.itemId, quantity, ...stocked };
}

/**
 * How so many units of an item can be stocked: as they are named, or under the lot that a person has said. Undefined when they cannot be:
 * nothing is stocked of a kit, and a lot may have to be named.
 */
export function stockedAs(
  translation: Translation,
  { item: reference, lot = "" }: Stocked,
  { item, units }: { readonly item: ResolvedItem; readonly units: number },
): LotSaid | undefined {
  const said = lot === "" && item.tracking === "lot" ? translation.lotSaid(reference) : undefined;
  const obstacle = stockedObstacle(reference, item, { lot: said ?? lot, units: Math.abs(units) });
  if (obstacle === undefined) return said === undefined ? {} : { lot: said };
  translation.refuse(obstacle);
  return undefined;
}

/** A receipt is of what came; what was expected is kept beside it. */
function receiptFact(translation: Translation, data: DataOf<"StockReceived">): Fact | undefined {
  const { expected: measure, ...rest } = data;
  return movement(translation, data, (moved) => {
    if (measure === undefined) return { type: "StockReceived", data: { ...rest, ...moved } };
    const reference = data.item;
    const expected = translation.amount(measure, { reference, item: translation.item(reference), least: 0 });
    return expected === undefined
      ? undefined
      : { type: "StockReceived", data: { ...rest, ...moved, expected } };
  });
}

function movement(
  translation: Translation,
  data: Amount & { readonly location: Reference },
  factOf: (moved: Goods & { readonly location: LocationId }) => Fact | undefined,
): Fact | undefined {
  const moved = goods(translation, data);
  const location = translation.location(data.location);
  return moved === undefined || location === undefined ? undefined : factOf({ ...moved, location });
}

function transfer(
  translation: Translation,
  data: DataOf<"TransferDispatched" | "TransferReceived" | "TransferLost">,
  factOf: (moved: Goods & { readonly from: LocationId; readonly to: LocationId }) => Fact,
): Fact | undefined {
  const moved = goods(translation, data);
  const [from, to] = [translation.location(data.from), translation.location(data.to)];
  return moved === undefined || from === undefined || to === undefined
    ? undefined
    : factOf({ ...moved, from, to });
}

function conversionFact(translation: Translation, data: DataOf<"StockConverted">): Fact | undefined {
  const [taken, given] = [goods(translation, data.from), goods(translation, data.to)];
  const location = translation.location(data.location);
  if (taken === undefined || given === undefined || location === undefined) return undefined;
  const [from, to] = [
    { ...data.from, ...taken },
    { ...data.to, ...given },
  ];
  return { type: "StockConverted", data: { ...data, location, from, to } };
}

/** A count may find nothing. */
function countFact(translation: Translation, data: DataOf<"StockCounted">): Fact | undefined {
  const item = translation.item(data.item);
  const location = translation.location(data.location);
  const { conditions: parts, ...whole } = data;
  const units = (measure: Measure) => translation.amount(measure, { reference: data.item, item, least: 0 });
  const counted = units(data.counted);
  const quarantined = parts === undefined ? undefined : units(parts.quarantined);
  const damaged = parts === undefined ? undefined : units(parts.damaged);
  if (item === undefined || location === undefined || counted === undefined) return undefined;
  const stocked = stockedAs(translation, data, { item, units: counted });
  if (stocked === undefined) return undefined;
  const fact = { ...whole, ...stocked, item: item.itemId, location, counted };
  if (parts === undefined) return { type: "StockCounted", data: fact };
  if (quarantined === undefined || damaged === undefined) return undefined;
  if (quarantined + damaged > counted) {
    translation.refuse(conditionsExceed(data.item, { counted, quarantined, damaged }));
    return undefined;
  }
  return { type: "StockCounted", data: { ...fact, conditions: { quarantined, damaged } } };
}

function adjustmentFact(translation: Translation, data: DataOf<"StockAdjusted">): Fact | undefined {
  const item = translation.item(data.item);
  const location = translation.location(data.location);
  const delta = translation.delta(data.delta, { reference: data.item, item });
  if (item === undefined || location === undefined || delta === undefined) return undefined;
  const stocked = stockedAs(translation, data, { item, units: delta });
  if (stocked === undefined) return undefined;
  return { type: "StockAdjusted", data: { ...data, ...stocked, item: item.itemId, location, delta } };
}

/** A shipment is one fact: with any line unknown, none of it has left yet as far as the books go. */
function shipmentFact(translation: Translation, data: DataOf<"ShipmentDispatched">): Fact | undefined {
  const location = translation.location(data.location);
  const cartons = data.cartons.map((carton) => ({
    ...carton,
    lines: carton.lines.flatMap((line) => {
      const moved = goods(translation, line);
      return moved === undefined ? [] : [{ ...line, ...moved }];
    }),
  }));
  if (location === undefined || translation.obstacles.length > 0) return undefined;
  return { type: "ShipmentDispatched", data: { ...data, location, cartons } };
}

/** What is to come has no lot yet. There may be nothing more to come. */
function supplyFact(translation: Translation, data: DataOf<"SupplyExpected">): Fact | undefined {
  const { from: origin, ...line } = data;
  const item = translation.item(data.item);
  const location = translation.location(data.location);
  const from = origin === undefined ? undefined : translation.location(origin);
  const units = translation.amount(data.quantity, { reference: data.item, item, least: 0 });
  if (item === undefined || location === undefined || units === undefined) return undefined;
  if (origin !== undefined && from === undefined) return undefined;
  const obstacle = stockedObstacle(data.item, { ...item, tracking: "none" }, { lot: "", units });
  if (obstacle !== undefined) {
    translation.refuse(obstacle);
    return undefined;
  }
  const lane = from === undefined ? {} : { from };
  return { type: "SupplyExpected", data: { ...line, ...lane, item: item.itemId, location, quantity: units } };
}
