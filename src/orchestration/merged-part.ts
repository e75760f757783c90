import { type FactData, itemId, quantity } from "@crossdock/canonical";

type Shipment = FactData<"ShipmentDispatched">;

/** A part of a line, and the names that units of its item had before they were merged into it. */
export type NamedPart = {
  readonly lineId: string;
  readonly itemId: string;
  readonly wasItemIds: readonly string[];
  /** Of each of these names, how many base units of the part's item one base unit was. */
  readonly wasUnits: readonly number[];
};

/** Whether a part is of an item, under the name that it has or one that it had. */
export const isOf = (part: NamedPart, item: string): boolean =>
  part.itemId === item || part.wasItemIds.includes(item);

/** A shipment of one order with what its parts are called now: a warehouse may know a merged item by its old name. */
export function underPartNames(shipment: Shipment, parts: readonly NamedPart[]): Shipment {
  if (parts.every(({ wasItemIds }) => wasItemIds.length === 0)) return shipment;
  const cartons = shipment.cartons.map((carton) => ({
    ...carton,
    lines: carton.lines.map((line) => {
      const part = parts.find(
        ({ lineId, wasItemIds }) => lineId === line.orderLine?.lineId && wasItemIds.includes(line.item),
      );
      const units = part?.wasUnits[part.wasItemIds.indexOf(line.item)];
      if (part === undefined || units === undefined) return line;
      return { ...line, item: itemId(part.itemId), quantity: quantity(line.quantity * units) };
    }),
  }));
  return { ...shipment, cartons };
}
