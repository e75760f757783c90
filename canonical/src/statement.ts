import { Type } from "typebox";
import { Instant } from "./ids.ts";
import { OrderStatement } from "./order.ts";
import { Measure } from "./quantity.ts";
import { Reference } from "./reference.ts";
import { Sequence } from "./snapshot.ts";
import { stockShapes } from "./stock.ts";

const shapes = stockShapes({ item: Reference, location: Reference, quantity: Measure, delta: Measure });

function statement<Kind extends keyof typeof shapes & string>(kind: Kind) {
  return Type.Object(
    {
      type: Type.Literal(kind),
      /** Unique in its source, for ever: the first layer against duplicates. */
      id: Type.String({ minLength: 1, maxLength: 200 }),
      effectiveAt: Instant,
      sequence: Type.Optional(Sequence),
      data: shapes[kind],
    },
    { title: `${kind}Statement`, additionalProperties: false },
  );
}

/**
 * What a source says about stock, in its own references and units. A connector's mapping makes statements; nothing in
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
  ],
  { title: "StockStatement" },
);
export type StockStatement = Type.Static<typeof StockStatement>;

/** Anything a source may say: about stock, or an order. */
export const Statement = Type.Union([StockStatement, OrderStatement], { title: "Statement" });
export type Statement = Type.Static<typeof Statement>;
