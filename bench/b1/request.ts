/** Where reservations are asked for. */
export const RESERVATIONS_PATH = "/process/v1/reservations";

export const CHANNEL = "shop";
export const LOCATION = "wh-1";

/** What a buyer asks for: one unit of the item on sale, held while the payment is made. */
export function reservationBody(itemId: string): string {
  return JSON.stringify({
    channelId: CHANNEL,
    ttlSeconds: 900,
    lines: [
      {
        lineId: "1",
        item: { scheme: "id", value: itemId },
        quantity: { value: 1, unit: "EA" },
        locationId: LOCATION,
      },
    ],
  });
}

/** An answer of the length that the product's have, for the server that only answers. */
export const SAMPLE_ANSWER = JSON.stringify({
  outcome: "reserved",
  reservations: [
    {
      reservationId: "019ab000-0000-7000-8000-000000000000",
      channelId: CHANNEL,
      lineId: "1",
      itemId: "sale-01",
      locationId: LOCATION,
      lot: "",
      quantity: 1,
      state: "held",
      expiresAt: "2026-11-23T09:45:00.000Z",
    },
  ],
  rejections: [],
  decidedAt: "2026-11-23T09:30:00.000Z",
});
