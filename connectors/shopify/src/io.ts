import type {
  Account,
  ConnectorIo,
  Delivery,
  ObservedRow,
  PublicationAnswer,
  PublicationRow,
  Rendered,
} from "@crossdock/connector-kit";
import { type AdminAnswer, type AdminCall, adminRequest, DENIED_WAIT_MS, readAnswer } from "./admin.ts";
import {
  type LinePage,
  readCreated,
  readLevels,
  readOpenLines,
  readOrder,
  readShippedLines,
  type ShopOrder,
} from "./answers.ts";
import {
  ACTIVATE,
  CREATE_FULFILLMENT,
  READ_LEVELS,
  READ_OPEN_LINES,
  READ_ORDER,
  READ_SHIPPED_LINES,
  SET_QUANTITIES,
} from "./documents.ts";
import {
  afterCall,
  beginPublication,
  type CallStep,
  nextStep,
  publicationAnswer,
  ROWS_PER_CALL,
} from "./publisher.ts";
import { type ShopifySettings, settingsOf } from "./settings.ts";
import {
  type FulfillmentInput,
  type OpenWork,
  outstanding,
  ownShipments,
  parsePlan,
  planFulfillments,
  type ShipmentPlan,
  shippable,
} from "./shipment.ts";

/** Pages that are read of one list; 100 lines each, and an order has at most 500. */
const PAGES_MAX = 10;
/** Wait until the shop has routed a new order to its locations. */
const ROUTING_WAIT_MS = 30_000;

type Session = { readonly io: ConnectorIo; readonly settings: ShopifySettings; readonly accessToken: string };

function sessionOf(io: ConnectorIo, account: Account): Session {
  return { io, settings: settingsOf(account), accessToken: account.secret("accessToken") };
}

async function callAdmin(session: Session, call: AdminCall): Promise<AdminAnswer> {
  return readAnswer(await session.io.http(adminRequest(call, session.settings, session.accessToken)));
}

/** Publishes rows: one call after the other, as the pure part in `publisher.ts` decides. */
export async function publish(
  rows: readonly PublicationRow[],
  io: ConnectorIo,
  account: Account,
): Promise<PublicationAnswer> {
  const session = sessionOf(io, account);
  const { costReserve } = session.settings;
  let state = beginPublication(rows);
  while (true) {
    const step = nextStep(state, costReserve);
    if (step.do === "stop") return publicationAnswer(state, step, costReserve);
    const key = (step.do === "set" ? step.key : undefined) ?? io.newKey();
    const answer = await callAdmin(session, callOf(step, session.settings.locationId, key));
    state = afterCall(state, step, answer, key);
  }
}

function callOf(step: CallStep, locationId: string, key: string): AdminCall {
  switch (step.do) {
    case "read":
      return {
        document: READ_LEVELS,
        variables: { ids: step.rows.map(({ listing }) => listing), locationId },
      };
    case "activate": {
      const { listing: inventoryItemId, quantity: available } = step.row;
      return { document: ACTIVATE, variables: { inventoryItemId, locationId, available, key } };
    }
    case "set":
      return { document: SET_QUANTITIES, variables: { input: setInput(step.rows, locationId, key), key } };
    default:
      return step satisfies never;
  }
}

/** The reference is a gid with our name, which Shopify shows in the item's inventory history. */
function setInput(rows: Extract<CallStep, { do: "set" }>["rows"], locationId: string, key: string): object {
  return {
    name: "available",
    reason: "correction",
    referenceDocumentUri: `gid://crossdock/Publication/${key}`,
    quantities: rows.map(({ listing: inventoryItemId, quantity, from }) => ({
      inventoryItemId,
      locationId,
      quantity,
      changeFromQuantity: from,
    })),
  };
}

/** What the shop shows now. A listing that it does not have, or that could not be read, is left out. */
export async function observe(
  listings: readonly string[],
  io: ConnectorIo,
  account: Account,
): Promise<readonly ObservedRow[]> {
  const session = sessionOf(io, account);
  const { locationId } = session.settings;
  const observed: ObservedRow[] = [];
  for (let start = 0; start < listings.length; start += ROWS_PER_CALL) {
    const ids = listings.slice(start, start + ROWS_PER_CALL);
    const answer = await callAdmin(session, { document: READ_LEVELS, variables: { ids, locationId } });
    if (answer.is !== "data") break;
    for (const [listing, level] of readLevels(answer.data) ?? []) {
      if ("shows" in level) observed.push({ listing, shows: level.shows });
    }
  }
  return observed;
}

/** A value, or how the delivery ends without it. */
type Got<Value> = { readonly value: Value } | { readonly ends: Delivery };

/**
 * Puts a shipment on the shop's order. It may run twice: what an earlier attempt put there is recognised by its tracking
 * number and not sent again.
 */
export async function deliver(rendered: Rendered, io: ConnectorIo, account: Account): Promise<Delivery> {
  const plan = parsePlan(rendered.body);
  if (plan === undefined) return refusal("the rendered bytes are no plan of a shipment");
  const session = sessionOf(io, account);
  const found = await findOrder(session, plan);
  if ("ends" in found) return found.ends;
  const order = found.value;
  const own = ownShipments(order, plan);
  const shipped = await readPages(session, {
    document: READ_SHIPPED_LINES,
    ids: own,
    read: readShippedLines,
  });
  if ("ends" in shipped) return shipped.ends;
  const lines = outstanding(
    plan,
    shipped.value.flatMap((list) => list.lines),
  );
  if (lines.length === 0) return delivered(own);
  const work = await findWork(session, order);
  if ("ends" in work) return work.ends;
  const planned = planFulfillments(plan, lines, work.value);
  return "refused" in planned ? refusal(planned.refused) : createAll(session, planned.calls);
}

const refusal = (reason: string): Delivery => ({ delivered: false, outcome: "refused", reason });
const delivered = (ids: readonly string[]): Delivery => {
  const [reference] = ids;
  return reference === undefined ? { delivered: true } : { delivered: true, reference };
};

async function findOrder(session: Session, plan: ShipmentPlan): Promise<Got<ShopOrder>> {
  const answer = await callAdmin(session, { document: READ_ORDER, variables: { id: plan.orderId } });
  if (answer.is !== "data") return { ends: afterRead(answer) };
  const found = readOrder(answer.data);
  if (found === undefined) return { ends: afterRead({ is: "unknown", reason: "the answer holds no order" }) };
  const { order } = found;
  if (order === null) {
    return { ends: refusal(`the shop has no ${plan.orderId}, or the app may not read orders of that age`) };
  }
  if (order.cancelledAt) return { ends: refusal(`${plan.orderId} was cancelled in the shop`) };
  if (order.fulfillmentOrders.nodes.length === 0) {
    const reason = "the shop has not routed the order to a location yet";
    return { ends: { delivered: false, outcome: "retry", reason, afterMs: ROUTING_WAIT_MS } };
  }
  return { value: order };
}

async function findWork(session: Session, order: ShopOrder): Promise<Got<readonly OpenWork[]>> {
  const open = shippable(order, session.settings.locationId);
  const ids = open.map(({ id }) => id);
  const lists = await readPages(session, { document: READ_OPEN_LINES, ids, read: readOpenLines });
  if ("ends" in lists) return lists;
  const value = open.map(({ id, assignedLocation }) => ({
    fulfillmentOrderId: id,
    locationId: assignedLocation.location?.id,
    lines: lists.value.flatMap((list) => (list.id === id ? list.lines : [])),
  }));
  return { value };
}

/** Reads the lines of each of the ids, page by page. */
async function readPages<Line>(
  session: Session,
  list: {
    readonly document: string;
    readonly ids: readonly string[];
    readonly read: (data: unknown) => LinePage<Line> | undefined;
  },
): Promise<Got<readonly { readonly id: string; readonly lines: readonly Line[] }[]>> {
  const value: { id: string; lines: readonly Line[] }[] = [];
  for (const id of list.ids) {
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const variables = { id, after: after ?? null };
      const answer = await callAdmin(session, { document: list.document, variables });
      if (answer.is !== "data") return { ends: afterRead(answer) };
      const lines = list.read(answer.data);
      if (lines === undefined) return { ends: afterRead({ is: "unknown", reason: `${id} cannot be read` }) };
      value.push({ id, lines: lines.lines });
      after = lines.after;
      if (after === undefined) break;
    }
  }
  return { value };
}

async function createAll(session: Session, calls: readonly FulfillmentInput[]): Promise<Delivery> {
  const ids: string[] = [];
  for (const fulfillment of calls) {
    const answer = await callAdmin(session, { document: CREATE_FULFILLMENT, variables: { fulfillment } });
    if (answer.is === "unknown") return { delivered: false, outcome: "unknown", reason: answer.reason };
    if (answer.is !== "data") return afterRead(answer);
    const created = readCreated(answer.data);
    if (created === undefined) {
      return { delivered: false, outcome: "unknown", reason: "the answer does not say what was created" };
    }
    if ("refused" in created) return refusal(created.refused);
    ids.push(created.id);
  }
  return delivered(ids);
}

/** How a delivery ends when a call without effect failed. */
function afterRead(answer: Exclude<AdminAnswer, { is: "data" }>): Delivery {
  switch (answer.is) {
    case "throttled":
      return { delivered: false, outcome: "retry", reason: "Shopify throttles us", afterMs: answer.afterMs };
    case "unsent":
    case "unknown":
      return { delivered: false, outcome: "retry", reason: answer.reason };
    case "denied":
      return { delivered: false, outcome: "retry", reason: answer.reason, afterMs: DENIED_WAIT_MS };
    case "refused":
      return refusal(answer.reason);
    default:
      return answer satisfies never;
  }
}
