/** Words between the benchmark and the process that posts a shift for the warehouses. */

/** When the next delivery is posted. */
export type Pace =
  /** As soon as the warehouse's last one was acknowledged. */
  | { readonly is: "closed" }
  /** At a fixed rate whatever the answers do; late ones count from when they were due. */
  | { readonly is: "open"; readonly eventsPerSecond: number };

export type DeliveryToPost = {
  readonly lane: number;
  readonly path: string;
  readonly secret: string;
  readonly deliveryId: string;
  readonly body: Uint8Array;
  readonly events: number;
};

/** What the process is told to post. Each lane has one delivery in flight, as a warehouse does. */
export type PostOrder = {
  readonly port: number;
  readonly deliveries: readonly DeliveryToPost[];
  readonly pace: Pace;
};

/** Times in milliseconds since 1970, with fractions. */
export type Posted = {
  readonly deliveryId: string;
  readonly dueAt: number;
  readonly answeredAt: number;
  readonly status: number;
};

export type PostResult = {
  readonly startedAt: number;
  readonly posted: readonly Posted[];
  /** An answer that was neither 200 nor 202, for whoever wonders. */
  readonly refusal: string | undefined;
  /** Processor time of the process while it posted. */
  readonly micros: number;
};
