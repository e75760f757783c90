/** A process that posts for the warehouses: takes orders from its parent, carries them out one after the other. */
import { Agent, request } from "node:http";
import { DELIVERY_ID_HEADER, signatureHeaders } from "@crossdock/connector-wms";
import { serveOrders } from "../load/child-process.ts";
import type { DeliveryToPost, Posted, PostOrder, PostResult } from "./posting.ts";

type Ready = DeliveryToPost & {
  readonly headers: Readonly<Record<string, string>>;
  readonly dueAfterMs: number;
};

const now = () => performance.timeOrigin + performance.now();

/** Signs everything beforehand: what a warehouse's computer spends on that is not what is measured. */
function readied({ deliveries, pace }: PostOrder): readonly Ready[] {
  const at = new Date();
  let events = 0;
  return deliveries.map((delivery) => {
    const headers = {
      ...signatureHeaders(delivery.secret, at, delivery.body),
      [DELIVERY_ID_HEADER]: delivery.deliveryId,
      "content-type": "application/json",
      "content-length": String(delivery.body.length),
    };
    const dueAfterMs = pace.is === "closed" ? 0 : (events * 1_000) / pace.eventsPerSecond;
    events += delivery.events;
    return { ...delivery, headers, dueAfterMs };
  });
}

async function post(order: PostOrder): Promise<PostResult> {
  const lanes = [...Map.groupBy(readied(order), ({ lane }) => lane).values()];
  const agent = new Agent({ keepAlive: true, maxSockets: lanes.length });
  const posted: Posted[] = [];
  let refusal: string | undefined;
  const before = process.cpuUsage();
  const startedAt = now();

  async function work(lane: readonly Ready[]): Promise<void> {
    for (const delivery of lane) {
      const { dueAfterMs, deliveryId } = delivery;
      const waitMs = startedAt + dueAfterMs - now();
      if (waitMs > 0) await pause(waitMs);
      const dueAt = order.pace.is === "closed" ? now() : startedAt + dueAfterMs;
      const { status, text } = await send(agent, order.port, delivery);
      posted.push({ deliveryId, dueAt, answeredAt: now(), status });
      if (status !== 200 && status !== 202) refusal ??= `${status} ${text.slice(0, 300)}`;
    }
  }

  await Promise.all(lanes.map(work));
  agent.destroy();
  const used = process.cpuUsage(before);
  return { startedAt, posted, refusal, micros: used.user + used.system };
}

function send(
  agent: Agent,
  port: number,
  { path, headers, body }: Ready,
): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const asked = request({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (answer) => {
    let text = "";
    answer.setEncoding("utf8");
    answer.on("data", (chunk: string) => {
      text += chunk;
    });
    answer.on("error", reject);
    answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
  });
  asked.on("error", reject);
  asked.end(body);
  return promise;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}

serveOrders(post);
