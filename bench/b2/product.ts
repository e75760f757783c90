import { lineId } from "@crossdock/canonical";
import { openDatabase, sql } from "../../src/platform/index.ts";
import { verify } from "../../src/verify/index.ts";
import { openParts } from "../product-parts.ts";
import type { Contestant } from "./contestant.ts";
import { CHANNEL } from "./fill.ts";

/** How often the product looks for holds that have run out. */
const SWEEP_MS = 1_000;

/** The product as it is wired, asked in this process, over a database that has been filled. */
export async function openProduct(url: string): Promise<Contestant> {
  const database = await openDatabase(url, { applicationName: "b2", statementTimeoutMs: 300_000 });
  const { availability, clock } = openParts(database);
  return {
    name: "crossdock",
    role: "product",
    share: 1,
    async place({ key, items, ttlSeconds }) {
      const lines = items.map((value, at) => ({
        lineId: lineId(String(at + 1)),
        item: { scheme: "id" as const, value },
        quantity: { value: 1, unit: "EA" },
      }));
      const request = { channelId: CHANNEL, policy: "all-or-nothing" as const, ttlSeconds, lines };
      const answer = await availability.reserve(request, { clientId: "bench", key, correlationId: key });
      if ("refused" in answer) throw new Error(answer.message);
      const { reservations } = answer.answer;
      return reservations.length === 0 ? undefined : reservations.map(({ reservationId }) => reservationId);
    },
    async cancel(placed) {
      await availability.step(placed, { step: "release", reason: "cancelled", correlationId: "bench" });
    },
    beside() {
      let sweeping: Promise<unknown> = Promise.resolve();
      const timer = setInterval(() => {
        sweeping = sweeping.then(() => availability.sweep());
      }, SWEEP_MS);
      return {
        async stop() {
          clearInterval(timer);
          await sweeping;
        },
      };
    },
    async audit({ placed, cancelled }) {
      const released = new Set(cancelled.flat());
      const rows = await database.query<{ id: string; state: string }>(sql`
        select reservation_id as id, state::text as state from availability.reservation
        where reservation_id = any (${placed.flat()}::text[])`);
      const wrong = rows.filter(({ id, state }) =>
        released.has(id) ? state !== "released" : state !== "held" && state !== "expired",
      );
      const missing = placed.flat().length - rows.length;
      return [
        ...(missing === 0 ? [] : [`${missing} promises are not in the database`]),
        ...(wrong.length === 0
          ? []
          : [`${wrong.length} promises are in another state than they were left in`]),
      ];
    },
    async verify() {
      const report = await verify(database, { now: clock.now() });
      return report.failed === 0 ? [] : [`the oracle found ${report.failed} offences`];
    },
    close: () => database.close(),
  };
}
