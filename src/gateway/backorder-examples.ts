import type { Examples } from "./open-api.ts";

const backorder = {
  backorderId: "019cadc6-9a80-7087-b1b6-f7c18abef761",
  channelId: "web",
  orderId: "019cadc6-9a80-7087-b1b6-f7c18abef700",
  lineId: "2",
  itemId: "item-0042",
  orderedUnit: 12,
  quantity: 36,
  served: 12,
  state: "waiting",
  queuedAt: "2026-03-02T09:00:00.000Z",
  promisedAt: "2026-03-09T23:00:00.000Z",
  pegs: [
    {
      kind: "purchase-order",
      document: "PO-4711",
      line: "1",
      itemId: "item-0042",
      locationId: "berlin",
      units: 24,
      dueAt: "2026-03-09T23:00:00.000Z",
    },
  ],
};

/** Requests and answers of what waits for stock. */
export const BACKORDER_EXAMPLES: Examples = Object.freeze({
  listBackorders: { answers: { 200: { backorders: [backorder] } } },
  readBackorder: { answers: { 200: backorder } },
  cancelBackorder: {
    request: { because: "the customer bought elsewhere" },
    answers: { 200: { backorder: { ...backorder, state: "cancelled" }, already: false } },
  },
  reduceBackorder: {
    request: { waiting: { value: 1, unit: "XCS" }, because: "one case will do" },
    answers: { 200: { backorder: { ...backorder, quantity: 24 }, already: false } },
  },
  dateBackorder: {
    request: { until: "2026-03-20T00:00:00Z", because: "asked for by the customer" },
    answers: { 200: { backorder: { ...backorder, until: "2026-03-20T00:00:00.000Z" }, already: false } },
  },
});
