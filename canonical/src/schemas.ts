import type { TSchema } from "typebox";
import { Availability } from "./availability.ts";
import { OutboundDocument } from "./document.ts";
import { CloudEvent, factSchemaPath } from "./envelope.ts";
import { FACT_TYPES, FACTS } from "./fact.ts";
import { Order } from "./order.ts";
import { Reservation, ReservationAnswer, ReservationRequest } from "./reservation.ts";
import { SnapshotStatement } from "./snapshot.ts";
import { Statement, StockStatement } from "./statement.ts";

const JSON_SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** Shared schemas by the path under which they are published. */
const SHARED: Readonly<Record<string, TSchema>> = {
  "/schemas/Availability/1": Availability,
  "/schemas/CloudEvent/1": CloudEvent,
  "/schemas/Order/1": Order,
  "/schemas/OutboundDocument/1": OutboundDocument,
  "/schemas/Reservation/1": Reservation,
  "/schemas/ReservationAnswer/1": ReservationAnswer,
  "/schemas/ReservationRequest/1": ReservationRequest,
  "/schemas/SnapshotStatement/1": SnapshotStatement,
  "/schemas/Statement/1": Statement,
  "/schemas/StockStatement/1": StockStatement,
};

/** Every published JSON Schema by its path, with `$schema` and `$id`: what the server serves and what partners build against. */
export function publishedSchemas(): ReadonlyMap<string, object> {
  const facts = FACT_TYPES.map((type): [string, TSchema] => [factSchemaPath(type), FACTS[type]]);
  return new Map(
    [...Object.entries(SHARED), ...facts].map(([path, schema]) => [
      path,
      { $schema: JSON_SCHEMA_DIALECT, $id: path, ...schema },
    ]),
  );
}
