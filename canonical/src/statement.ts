import { Type } from "typebox";
import { Instant } from "./ids.ts";
import { OrderStatement } from "./order.ts";
import { Measure } from "./quantity.ts";
import { Reference } from "./reference.ts";
import { Sequence } from "./snapshot.ts";
import { stockShapes } from "./stock.ts";
import { supplyShape } from "./supply.ts";

const entity = Type.String({
  minLength: 1,
  maxLength: 200,
  description: "What it is the version of, in the source's words.",
});
const closed = { additionalProperties: false } as const;

/**
 * Which state of something a statement tells, where its source numbers those instead of its messages. The field says how two are
 * compared: as numbers, as moments, or as texts byte by byte. Of one thing a source uses one of the three.
 */
export const Version = Type.Union(
  [
    Type.Object(
      { of: entity, number: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) },
      closed,
    ),
    Type.Object({ of: entity, instant: Instant }, closed),
    Type.Object({ of: entity, text: Type.String({ minLength: 1, maxLength: 200 }) }, closed),
  ],
  { title: "Version" },
);
export type Version = Type.Static<typeof Version>;

const slots = {
  item: Reference,
  location: Reference,
  quantity: Measure,
  total: Measure,
  delta: Measure,
};
const shapes = { ...stockShapes(slots), SupplyExpected: supplyShape(slots) };

function statement<Kind extends keyof typeof shapes & string>(kind: Kind) {
  return Type.Object(
    {
      type: Type.Literal(kind),
      /** Unique in its source, for ever: the first layer against duplicates. */
      id: Type.String({ minLength: 1, maxLength: 200 }),
      effectiveAt: Instant,
      sequence: Type.Optional(Sequence),
      version: Type.Optional(Version),
      data: shapes[kind],
    },
    { title: `${kind}Statement`, additionalProperties: false },
  );
}

/**
 * What a source says about stock, or about what will bring some, in its own references and units. A connector's mapping makes statements; nothing in
 * them has been looked up. `id` is the source's, `effectiveAt` is when it happened there.
 */
export const StockStatement = Type.Union(
  [
    statement("StockReceived"),
    statement("StockPicked"),
    statement("StockPickedShort"),
    statement("PickCancelled"),
    statement("StockPacked"),
    statement("ShipmentDispatched"),
    statement("StockCounted"),
    statement("StockAdjusted"),
    statement("TransferDispatched"),
    statement("TransferReceived"),
    statement("TransferLost"),
    statement("StockReturned"),
    statement("StockStatusChanged"),
    statement("LotChanged"),
    statement("StockConverted"),
    statement("SupplyExpected"),
  ],
  { title: "StockStatement" },
);
export type StockStatement = Type.Static<typeof StockStatement>;

/** Anything a source may say: about stock, or an order. */
export const Statement = Type.Union([StockStatement, OrderStatement], { title: "Statement" });
export type Statement = Type.Static<typeof Statement>;
