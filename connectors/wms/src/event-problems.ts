import {
  type CheckProblem,
  checker,
  isRealMoment,
  type MasterRecord,
  unstorable,
} from "@crossdock/canonical";
import { type WmsEvent, type WmsEventType, wmsEventSchemas } from "./event-schema.ts";

/** An event that can be trusted, or what is wrong with it. `at` is a JSON pointer into the event. */
export type ReadEvent =
  | { readonly ok: true; readonly event: WmsEvent }
  | { readonly ok: false; readonly reason: string; readonly problems: readonly CheckProblem[] };

/** How much of an unknown type is repeated in the message. */
const ECHO_LENGTH_MAX = 40;

const CHECKS = {
  receipt: checker(wmsEventSchemas.receipt),
  pick: checker(wmsEventSchemas.pick),
  "short-pick": checker(wmsEventSchemas["short-pick"]),
  "put-back": checker(wmsEventSchemas["put-back"]),
  pack: checker(wmsEventSchemas.pack),
  ship: checker(wmsEventSchemas.ship),
  count: checker(wmsEventSchemas.count),
  adjustment: checker(wmsEventSchemas.adjustment),
  "transfer-out": checker(wmsEventSchemas["transfer-out"]),
  "transfer-in": checker(wmsEventSchemas["transfer-in"]),
  "transfer-lost": checker(wmsEventSchemas["transfer-lost"]),
  return: checker(wmsEventSchemas.return),
  "status-change": checker(wmsEventSchemas["status-change"]),
  "lot-change": checker(wmsEventSchemas["lot-change"]),
  convert: checker(wmsEventSchemas.convert),
  master: checker(wmsEventSchemas.master),
} as const satisfies Record<WmsEventType, unknown>;

function isEventType(name: unknown): name is WmsEventType {
  return typeof name === "string" && Object.hasOwn(CHECKS, name);
}

/** Reads one event of a batch from the warehouse with the given code. Says everything that is wrong with it. */
export function readEvent(value: unknown, warehouse: string): ReadEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, reason: "bad-event", problems: [{ at: "", message: "is not an object" }] };
  }
  const type = "type" in value ? value.type : undefined;
  if (!isEventType(type)) return { ok: false, reason: "unknown-event-type", problems: [typeProblem(type)] };
  const checked = CHECKS[type](value);
  const problems = checked.ok
    ? ruleProblems(checked.value, warehouse)
    : schemaProblems(type, value, checked.problems);
  if (checked.ok && problems.length === 0) return { ok: true, event: checked.value };
  return { ok: false, reason: "bad-event", problems };
}

function typeProblem(type: unknown): CheckProblem {
  const known = Object.keys(CHECKS).join(", ");
  if (type === undefined) return { at: "/type", message: `is missing, and must be one of ${known}` };
  const given = typeof type === "string" ? JSON.stringify(type.slice(0, ECHO_LENGTH_MAX)) : "no text";
  return { at: "/type", message: `is ${given}, and must be one of ${known}` };
}

/**
 * The checker's problems in words that name the mend: one per place, with the description of what should be there. The
 * checker's own words are about the schema's alternatives, which a warehouse has never seen.
 */
function schemaProblems(
  type: WmsEventType,
  value: object,
  problems: readonly CheckProblem[],
): CheckProblem[] {
  const schema = wmsEventSchemas[type];
  const missing = schema.required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => ({ at: `/${name}`, message: "is missing" }));
  const places = [...new Set(problems.map(({ at }) => at))].filter((at) => at !== "/");
  const wrong = places.map((at) => {
    const said = problems.filter((problem) => problem.at === at).map(({ message }) => message);
    if (said.includes("schema is false")) return { at, message: `is not a field of ${type} events` };
    const description = descriptionAt(schema, at);
    return { at, message: description === undefined ? said.join(", ") : `should be this: ${description}` };
  });
  return [...missing, ...wrong];
}

/** What the schema says about the place that a JSON pointer leads to. */
function descriptionAt(schema: unknown, pointer: string): string | undefined {
  let at = schema;
  for (const step of pointer.split("/").slice(1)) {
    at = /^\d+$/.test(step) ? member(at, "items") : member(member(at, "properties"), step);
  }
  const description = member(at, "description");
  return typeof description === "string" ? description : undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

type Named = { readonly sku?: string; readonly gtin?: string };
type ForLine = { readonly orderId?: string; readonly lineId?: string };

/** What is wrong with an event that fits its schema: rules between its fields, and days that no calendar has. */
function ruleProblems(event: WmsEvent, warehouse: string): CheckProblem[] {
  const moments = [momentProblem("/occurredAt", event.occurredAt)];
  switch (event.type) {
    case "receipt": {
      const expiry = event.expiresAt === undefined ? undefined : momentProblem("/expiresAt", event.expiresAt);
      return problemsOf(nameProblem("", event), expiry, ...moments);
    }
    case "count":
    case "adjustment":
    case "short-pick":
      return problemsOf(nameProblem("", event), ...moments);
    case "pick":
    case "put-back":
    case "pack":
    case "return":
      return problemsOf(nameProblem("", event), lineProblem("", event), ...moments);
    case "ship":
      return problemsOf(...shipmentProblems(event), ...moments);
    case "transfer-out":
      return problemsOf(
        nameProblem("", event),
        event.to === warehouse ? { at: "/to", message: "is the warehouse itself" } : undefined,
        event.expectedAt === undefined ? undefined : momentProblem("/expectedAt", event.expectedAt),
        ...moments,
      );
    case "transfer-in":
    case "transfer-lost": {
      const isItself = event.from === warehouse;
      const place = isItself ? { at: "/from", message: "is the warehouse itself" } : undefined;
      return problemsOf(nameProblem("", event), place, ...moments);
    }
    case "status-change": {
      const isSame = event.from === event.to;
      const change = isSame ? { at: "/to", message: "is the same as `from`" } : undefined;
      return problemsOf(nameProblem("", event), change, ...moments);
    }
    case "lot-change": {
      const isSame = event.fromLot === event.toLot;
      const change = isSame ? { at: "/toLot", message: "is the same as `fromLot`" } : undefined;
      return problemsOf(nameProblem("", event), change, ...moments);
    }
    case "convert":
      return problemsOf(nameProblem("/from", event.from), nameProblem("/to", event.to), ...moments);
    case "master":
      return problemsOf(unstorableProblem(event.record), ...validityProblems(event.record), ...moments);
    default:
      return event satisfies never;
  }
}

/** The record may have any text that master data may have, but for what nobody can store. */
function unstorableProblem(record: MasterRecord): CheckProblem | undefined {
  const message = unstorable(record);
  return message === undefined ? undefined : { at: "/record", message };
}

function validityProblems(record: MasterRecord): (CheckProblem | undefined)[] {
  if (!("validFrom" in record || "validTo" in record)) return [];
  return [
    record.validFrom === undefined || record.validFrom === "always"
      ? undefined
      : momentProblem("/record/validFrom", record.validFrom),
    record.validTo === undefined ? undefined : momentProblem("/record/validTo", record.validTo),
  ];
}

function problemsOf(...problems: readonly (CheckProblem | undefined)[]): CheckProblem[] {
  return problems.filter((problem) => problem !== undefined);
}

function nameProblem(at: string, { sku, gtin }: Named): CheckProblem | undefined {
  if (sku === undefined && gtin === undefined)
    return { at: `${at}/sku`, message: "is missing, and so is `gtin`" };
  // Two names may disagree, and nothing here could say which of them is meant.
  const isBoth = sku !== undefined && gtin !== undefined;
  return isBoth ? { at: `${at}/gtin`, message: "is given beside `sku`; give one of them" } : undefined;
}

function lineProblem(at: string, { orderId, lineId }: ForLine): CheckProblem | undefined {
  if ((orderId === undefined) === (lineId === undefined)) return undefined;
  const missing = orderId === undefined ? "orderId" : "lineId";
  return { at: `${at}/${missing}`, message: "is missing: an order's line needs `orderId` and `lineId`" };
}

type Shipment = Extract<WmsEvent, { readonly type: "ship" }>;

function shipmentProblems({ orderId, cartons }: Shipment): (CheckProblem | undefined)[] {
  return cartons.flatMap(({ lines }, carton) =>
    lines.flatMap((line, index) => {
      const at = `/cartons/${carton}/lines/${index}`;
      const isForOrder = line.orderId !== undefined || line.lineId !== undefined;
      const order = line.orderId ?? orderId;
      const full = { ...line, ...(order === undefined ? {} : { orderId: order }) };
      return [nameProblem(at, line), isForOrder ? lineProblem(at, full) : undefined];
    }),
  );
}

/** The pattern of an instant lets 31 February and offsets of a day pass; a moment that exists is asked for here. */
function momentProblem(at: string, moment: string): CheckProblem | undefined {
  return isRealMoment(moment) ? undefined : { at, message: "is a moment that no calendar has" };
}
