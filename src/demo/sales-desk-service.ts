import { checker, ReservationAnswer } from "@crossdock/canonical";
import type { Client } from "./client-service.ts";
import type { DeskWish } from "./demand.ts";
import type { Problems } from "./problems.ts";

/** Promises that the desk keeps for customers who have not made up their minds; then the oldest is given back. */
const KEPT_MAX = 20;
const CHANNEL = "api";
const PATH = "/process/v1/reservations";

const readAnswer = checker(ReservationAnswer);

/** The sales desk: reserves over the API, and keeps, gives back or forgets what it holds. */
export type SalesDesk = { reserve(wish: DeskWish): Promise<void> };

/** Opens the desk. `newKey` makes an idempotency key for each wish. */
export function openSalesDesk(client: Client, problems: Problems, newKey: () => string): SalesDesk {
  const kept: string[] = [];

  async function step(method: "POST" | "DELETE", path: string): Promise<void> {
    const answer = await client.ask({ method, path });
    // A hold that has run out in between is nobody's fault: that is what a hold is for.
    if (answer !== undefined && answer.status >= 400 && answer.status !== 409 && answer.status !== 410)
      problems.add(`${method} ${path} was answered ${answer.status}`);
  }

  async function keep(id: string): Promise<void> {
    await step("POST", `${PATH}/${id}/allocate`);
    kept.push(id);
    const oldest = kept.length > KEPT_MAX ? kept.shift() : undefined;
    if (oldest !== undefined) await step("DELETE", `${PATH}/${oldest}`);
  }

  return {
    async reserve({ item, quantity, ttlSeconds, ending }) {
      const line = {
        lineId: "1",
        item: { scheme: "sku", value: item.sku },
        quantity: { value: quantity, unit: "EA" },
      };
      const body = { channelId: CHANNEL, ttlSeconds, lines: [line] };
      const answer = await client.ask({ method: "POST", path: PATH, body, idempotencyKey: newKey() });
      if (answer === undefined || answer.status !== 201) return;
      const read = readAnswer(answer.body);
      if (!read.ok) return problems.add("the answer to a reservation is not what was documented");
      for (const { reservationId } of read.value.reservations) {
        if (ending === "allocate") await keep(reservationId);
        if (ending === "release") await step("DELETE", `${PATH}/${reservationId}`);
      }
    },
  };
}
