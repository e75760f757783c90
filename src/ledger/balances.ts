import type { Status } from "@crossdock/canonical";

/** Units in each status. */
export type Balances = Readonly<Record<Status, number>>;

/** No units anywhere. */
export const NOTHING: Balances = {
  available: 0,
  held: 0,
  allocated: 0,
  picked: 0,
  "channel-reserved": 0,
  quarantined: 0,
  damaged: 0,
  "in-transit": 0,
};
