import type { Examples } from "./open-api.ts";

const reservation = {
  reservationId: "019cadc6-9a80-7087-b1b6-f7c18abef759",
  channelId: "web",
  lineId: "1",
  itemId: "item-0042",
  locationId: "berlin",
  lot: "",
  quantity: 24,
  state: "held",
  expiresAt: "2026-03-02T09:15:00.000Z",
};
const movedReservation = {
  ...reservation,
  reservationId: "019cadc6-9a80-7087-b1b6-f7c18abef75a",
  locationId: "hamburg",
  cameFrom: reservation.reservationId,
};
const batched = {
  destination: { zone: "DE-20095" },
  lines: [{ lineId: "1", item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: 24, unit: "EA" } }],
};
const taking = { lineId: "1", itemId: "item-0042", locationId: "hamburg", units: 24 };
const planSum = { units: 24, wholeRequests: 1, parcels: 1, worth: [970] };
const allocated = {
  reservationId: reservation.reservationId,
  channelId: "web",
  lineId: "1",
  itemId: "item-0042",
  locationId: "berlin",
  lot: "",
  quantity: 24,
  state: "allocated",
};

/** Requests and answers of what promises, and of what may be promised. */
export const PROMISE_EXAMPLES: Examples = Object.freeze({
  reserve: {
    request: {
      channelId: "web",
      policy: "partial",
      ttlSeconds: 900,
      lines: [
        { lineId: "1", item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: 2, unit: "XCS" } },
        { lineId: "2", item: { scheme: "sku", value: "NUT-M8" }, quantity: { value: 500, unit: "EA" } },
      ],
    },
    answers: {
      201: {
        outcome: "partly-reserved",
        reservations: [reservation],
        rejections: [
          {
            lineId: "2",
            itemId: "item-0043",
            reason: "insufficient-stock",
            shortBy: 500,
            message: "None of 500 can be promised; wait for stock or choose another item.",
          },
        ],
        decidedAt: "2026-03-02T09:00:00.000Z",
      },
    },
  },
  readReservationHistory: { answers: { 200: { events: [] } } },
  reserveMany: {
    request: {
      requests: [
        {
          do: "reserve",
          idempotencyKey: "cart-7121",
          request: {
            channelId: "web",
            lines: [
              { lineId: "1", item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: 24, unit: "EA" } },
            ],
          },
        },
        { do: "allocate", reservationId: reservation.reservationId },
        { do: "release", reservationId: "019cadc6-9a80-7087-b1b6-000000000000" },
      ],
    },
    answers: {
      200: {
        done: 2,
        refused: 1,
        results: [
          {
            index: 0,
            status: 201,
            answer: {
              outcome: "reserved",
              reservations: [{ ...reservation, reservationId: "019cadc6-9a80-7087-b1b6-f7c18abef760" }],
              rejections: [],
              decidedAt: "2026-03-02T09:00:00.000Z",
            },
          },
          { index: 1, status: 200, reservation: allocated, already: false },
          {
            index: 2,
            status: 404,
            problem: {
              type: "/problems/not-found",
              title: "Not found",
              status: 404,
              code: "not-found",
              detail: "There is no reservation 019cadc6-9a80-7087-b1b6-000000000000. Check the id.",
              instance: "/process/v1/reservations/bulk",
              correlationId: "019cadc6-9a80-7000-9b6e-61d8a5f0e1aa",
            },
          },
        ],
      },
    },
  },
  readReservation: { answers: { 200: reservation } },
  allocateReservation: { answers: { 200: { reservation: allocated, already: false } } },
  releaseReservation: {
    answers: { 200: { reservation: { ...allocated, state: "released" }, already: false } },
  },
  setHoldLimit: {
    request: {
      openHoldsMax: 50,
      unitsPerItemMax: 240,
      shareMaxPermille: 200,
      because: "carts of the web shop",
    },
    answers: {
      200: { subject: "client:web-shop", openHoldsMax: 50, unitsPerItemMax: 240, shareMaxPermille: 200 },
    },
  },
  listHoldLimits: { answers: { 200: { limits: [{ subject: "client:web-shop", openHoldsMax: 50 }] } } },
  extendReservation: {
    request: { ttlSeconds: 1_800 },
    answers: {
      200: { reservation: { ...reservation, expiresAt: "2026-03-02T09:35:00.000Z" }, already: false },
    },
  },
  reduceReservation: {
    request: { keep: { value: 1, unit: "XCS" } },
    answers: { 200: { reservation: { ...reservation, quantity: 12 }, already: false } },
  },
  splitReservation: {
    request: { quantity: { value: 1, unit: "XCS" }, lineId: "1-b" },
    answers: {
      200: {
        reservation: { ...reservation, quantity: 12 },
        already: false,
        made: [{ ...movedReservation, lineId: "1-b", quantity: 12, locationId: reservation.locationId }],
      },
    },
  },
  moveReservation: {
    request: { locationId: movedReservation.locationId },
    answers: {
      200: {
        reservation: { ...reservation, state: "released" },
        already: false,
        made: [movedReservation],
      },
    },
  },
  confirmReservation: {
    request: { orderId: "po-4711" },
    answers: { 200: { reservation: { ...allocated, orderId: "po-4711" }, already: false } },
  },
  proposeSourcing: {
    body: { channelId: "web", requests: [batched] },
    answers: {
      200: {
        ...{ chosen: "solver", criteria: ["cost"], rules: { ...planSum, worth: [1_070] }, solver: planSum },
        ...{
          solverStatus: "optimal",
          plan: [[taking]],
          planByRules: [[{ ...taking, locationId: "berlin" }]],
        },
        ...{ versions: [{ positionId: "7", version: 12 }], bookVersion: 14 },
      },
    },
  },
  takeSourcing: {
    body: {
      ...{ channelId: "web", requests: [batched], plan: [[taking]], ttlSeconds: 900 },
      versions: [{ positionId: "7", version: 12 }],
    },
    answers: { 201: { requests: [{ reservations: [{ ...reservation, locationId: "hamburg" }] }] } },
  },
  quoteSourcing: {
    request: {
      channelId: "web",
      destination: { zone: "DE-20095" },
      lines: [
        { lineId: "1", item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: 24, unit: "EA" } },
      ],
    },
    answers: {
      200: {
        promised: [{ lineId: "1", itemId: "item-0042", locationId: "hamburg", lot: "", quantity: 24 }],
        rejections: [],
        sourcing: {
          rule: "sourcing/channel:web",
          version: 12,
          method: "exact",
          criteria: ["fewest-locations", "cost"],
          worth: [1, 970],
          parts: [
            {
              ...{ lineId: "1", itemId: "item-0042", wanted: 24, promised: 24 },
              locations: [
                { locationId: "berlin", reason: "ranked-lower", criterion: "cost", here: 1_070, chosen: 970 },
                { locationId: "hamburg", units: 24 },
                { locationId: "munich", reason: "below-shelf-life", here: 40 },
              ],
            },
          ],
        },
        bookVersion: 14,
        asOf: "2026-03-02T09:00:00.000Z",
      },
    },
  },
  queryAvailability: {
    request: {
      channelId: "web",
      items: [
        { scheme: "sku", value: "BOLT-M8" },
        { scheme: "gtin", value: "04012345678901" },
      ],
      locations: [
        { scheme: "code", value: "BER" },
        { scheme: "code", value: "LYO" },
      ],
      explain: true,
    },
    answers: {
      200: {
        channelId: "web",
        items: [
          {
            item: { scheme: "sku", value: "BOLT-M8" },
            itemId: "item-0042",
            sku: "BOLT-M8",
            availableToPromise: 94,
            atLocations: 94,
            locations: [
              { locationId: "berlin", availableToPromise: 93 },
              { locationId: "lyon", availableToPromise: 11 },
            ],
            formula: { available: 104, expiredHolds: 0, buffer: 5, protectedForOthers: 5 },
          },
        ],
        unknownItems: [{ scheme: "gtin", value: "04012345678901" }],
        unknownLocations: [],
        outsideNetwork: [],
        bookVersion: 3,
        asOf: "2026-03-02T09:00:00.000Z",
        sources: [
          {
            source: "/accounts/wms-berlin",
            locationIds: ["loc-ber"],
            heardAt: "2026-03-02T08:59:48.000Z",
            lagSeconds: 12,
          },
        ],
        shipping: [{ locationId: "loc-ber", next: "2026-03-02T15:00:00.000Z" }],
      },
    },
  },
  askStorefront: {
    answers: {
      200: {
        channelId: "web",
        items: [
          { itemId: "item-0042", sku: "BOLT-M8", state: "in-stock" },
          { itemId: "item-0043", sku: "NUT-M8", state: "by-date", availableFrom: "2026-03-09T07:00:00.000Z" },
        ],
        unknown: [{ scheme: "sku", value: "BOLT-M9" }],
      },
    },
  },
  askPartnerItems: {
    answers: {
      200: {
        items: [
          {
            ...{ name: "4711-A", itemId: "item-0042", sku: "BOLT-M8", available: 94 },
            next: { at: "2026-03-09T07:00:00.000Z", units: 500 },
          },
        ],
        unknown: ["4711-B"],
      },
    },
  },
  scanStock: {
    answers: {
      200: {
        locationId: "loc-ber",
        item: { itemId: "item-0042", sku: "BOLT-M8", description: "Bolt, M8" },
        read: { gtin: "04012345678901", lot: "L-7" },
        lots: [
          {
            ...{ positionId: "88", lot: "L-7", expiresOn: "2027-01-31", onHand: 118, available: 93, held: 5 },
            ...{ allocated: 20, picked: 0, setAside: 0, quarantined: 0, damaged: 0 },
          },
        ],
        toPick: [
          {
            ...{ orderId: "019cadc6-9a80-7001-8f00-2f6ac1a3c2bb", lineId: "1", lot: "L-7", units: 20 },
            promisedAt: "2026-03-02T08:30:00.000Z",
          },
        ],
      },
    },
  },
  startWhatIf: {
    request: {
      from: "2026-02-23T00:00:00Z",
      to: "2026-03-02T00:00:00Z",
      rules: "019cadc6-9a80-7001-8f00-2f6ac1a3c299",
    },
    answers: {
      202: {
        runId: "019cadc6-9a80-7001-8f00-2f6ac1a3c2aa",
        from: "2026-02-23T00:00:00.000Z",
        to: "2026-03-02T00:00:00.000Z",
        rules: "019cadc6-9a80-7001-8f00-2f6ac1a3c299",
        beside: "as-it-was",
        state: "waiting",
        transfers: 0,
        askedBy: "mara",
        askedAt: "2026-03-02T09:00:00.000Z",
      },
    },
  },
});
