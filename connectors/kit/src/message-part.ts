/**
 * One independently processed part of a delivery: a webhook is one part, a file with three interchanges is three.
 * Joined in order, the parts' bytes are the delivery's bytes.
 */
export type MessagePart = {
  /**
   * What makes a second delivery recognisable: the webhook's event id, the interchange's sender, receiver and control number.
   * At most 200 characters. The same key with other bytes is suspect: it is stored, parked and never applied by itself.
   */
  readonly key: string;
  /** What it is, for operators and metrics: `orders/create`, `850`, `events`. */
  readonly kind: string;
  readonly body: Uint8Array;
};
