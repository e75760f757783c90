import { createHash } from "node:crypto";
import { checker, problemsText } from "@crossdock/canonical";
import { type FakeAnswer, type FakeCall, jsonAnswer } from "@crossdock/connector-kit/testing";
import { type WmsRelease, wmsReleaseSchema } from "../release.ts";
import { authenticateCall } from "./gate.ts";

type ReleaseLine = WmsRelease["lines"][number];

/** An order on the floor. It takes one step at a time: picked, packed, shipped. */
export type FloorOrder = {
  readonly release: WmsRelease;
  /** What was picked so far. By the line itself: the parts of a kit share their line's id. */
  readonly picked: Map<ReleaseLine, number>;
  /** What was looked for in vain: nobody looks for it again. */
  readonly short: Map<ReleaseLine, number>;
  /** What was packed, carton by carton. */
  readonly cartons: PackedCarton[];
  step: "released" | "picked" | "packed";
  attempts: number;
};

export type PackedCarton = {
  readonly sscc: string;
  readonly lines: { readonly line: ReleaseLine; readonly quantity: number }[];
};

/** Orders on the floor at once, unless it is said otherwise. A building has no more room, and says so with 503. */
export const ORDERS_OPEN_MAX = 2_000;
/** Releases that are remembered after they are done, to recognise a repetition. The oldest is forgotten first. */
export const RELEASES_KEPT_MAX = 10_000;
const BUSY_SECONDS = 30;

const checkRelease = checker(wmsReleaseSchema);

export type OrderDesk = {
  /** Answers `POST /orders` as the interface says. */
  handle(call: FakeCall): FakeAnswer;
  /** Orders that are not shipped yet, oldest first. */
  open(): readonly FloorOrder[];
  /**
   * The open order by its release id, or the oldest by its order id: an order that is released in two parts is two orders
   * here. Throws a RangeError when there is none.
   */
  find(id: string): FloorOrder;
  close(order: FloorOrder): void;
  /** How many different releases were taken. */
  taken(): number;
};

export type OrderDeskOptions = {
  readonly code: string;
  readonly secrets: readonly string[];
  readonly stocks: (sku: string) => boolean;
  readonly ordersOpenMax: number;
};

/** Takes releases: checks the signature, recognises repetitions by their key, refuses what the building cannot do. */
export function orderDesk(options: OrderDeskOptions): OrderDesk {
  const open = new Map<string, FloorOrder>();
  const known = new Map<string, string>();
  let taken = 0;

  function take(key: string, hash: string, release: WmsRelease): FakeAnswer {
    const unknown = release.lines.find(({ sku }) => sku === undefined || !options.stocks(sku));
    if (release.warehouse !== options.code)
      return refusal(422, `this is ${options.code}, not ${release.warehouse}`);
    if (unknown !== undefined) {
      return refusal(422, `line ${unknown.lineId}: ${unknown.sku ?? unknown.gtin} is not stocked here`);
    }
    if (open.size >= options.ordersOpenMax) {
      return jsonAnswer(503, { message: "the floor is full" }, { "retry-after": String(BUSY_SECONDS) });
    }
    known.set(key, hash);
    for (const oldest of known.size > RELEASES_KEPT_MAX ? known.keys().take(1) : []) known.delete(oldest);
    taken += 1;
    open.set(key, {
      release,
      picked: new Map(),
      short: new Map(),
      cartons: [],
      step: "released",
      attempts: 0,
    });
    return jsonAnswer(202, { reference: `${options.code}-${key}` });
  }

  return {
    handle(call) {
      if (call.method !== "POST" || call.path !== "/orders")
        return refusal(404, "there is POST /orders only");
      const problem = authenticateCall(call, options.secrets);
      if (problem !== undefined) return refusal(401, problem);
      const checked = checkRelease(parse(call.body));
      if (!checked.ok) return refusal(400, problemsText(checked.problems));
      const key = call.headers["idempotency-key"] ?? "";
      if (key !== checked.value.releaseId) return refusal(400, "idempotency-key must be the releaseId");
      const hash = createHash("sha256").update(call.body).digest("hex");
      const first = known.get(key);
      if (first === undefined) return take(key, hash, checked.value);
      if (first !== hash) return refusal(422, `release ${key} is known with another content`);
      return jsonAnswer(409, { message: `release ${key} is known`, reference: `${options.code}-${key}` });
    },
    open: () => [...open.values()],
    find(id) {
      const found = open.get(id) ?? open.values().find(({ release }) => release.orderId === id);
      if (found === undefined) throw new RangeError(`order ${id} is not on the floor`);
      return found;
    },
    close: ({ release }) => {
      open.delete(release.releaseId);
    },
    taken: () => taken,
  };
}

function refusal(status: number, message: string): FakeAnswer {
  return jsonAnswer(status, { message });
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
}
