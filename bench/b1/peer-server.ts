import Fastify from "fastify";
import { type Static, Type } from "typebox";
import { RESERVATIONS_PATH } from "./request.ts";

/** What a peer understands of a reservation request: one line of one item at one location. */
const PeerRequest = Type.Object({
  lines: Type.Array(
    Type.Object({
      item: Type.Object({ value: Type.String() }),
      quantity: Type.Object({ value: Type.Number() }),
      locationId: Type.String(),
    }),
    { minItems: 1, maxItems: 1 },
  ),
  ttlSeconds: Type.Integer(),
});

/** A request as a peer decides it. */
export type PeerDemand = {
  readonly key: string;
  readonly itemId: string;
  readonly locationId: string;
  readonly quantity: number;
  readonly ttlSeconds: number;
};

/** A promise as a peer keeps it. */
export type PeerReservation = {
  readonly reservation_id: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly quantity: string;
  readonly expires_at: Date;
};

/** Gives the promise, the one that was made under the key before, or undefined when there is not enough. */
export type PeerDecide = (demand: PeerDemand) => Promise<PeerReservation | undefined>;

/**
 * Serves a peer over the same framework and the same form of request as the product, so that only the way of deciding differs. Peers
 * keep no refusals, no log and no ledger, which makes them cheaper than what the product promises.
 */
export async function servePeer(decide: PeerDecide): Promise<void> {
  const app = Fastify();
  app.get("/health/ready", () => ({ ready: true }));
  app.post<{ Body: Static<typeof PeerRequest> }>(
    RESERVATIONS_PATH,
    { schema: { body: PeerRequest } },
    async (request, reply) => {
      const [line] = request.body.lines;
      const key = request.headers["idempotency-key"];
      if (line === undefined || typeof key !== "string")
        return reply.code(400).send({ code: "invalid-request" });
      const demand = { itemId: line.item.value, locationId: line.locationId, quantity: line.quantity.value };
      const made = await decide({ key, ...demand, ttlSeconds: request.body.ttlSeconds });
      if (made === undefined) return reply.code(409).send({ code: "insufficient-stock" });
      return reply.code(201).send({ outcome: "reserved", reservations: [made] });
    },
  );
  await listen(app);
}

type Listening = {
  listen(options: { host: string; port: number }): Promise<unknown>;
  close(): PromiseLike<unknown>;
};

/** Listens where the benchmark says, and stops when it says so. */
export async function listen(app: Listening): Promise<void> {
  process.once("SIGTERM", () => {
    app.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
  await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
}
