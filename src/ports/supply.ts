import type { Availabilities } from "../availability/index.ts";
import type { SupplyPort } from "../gateway/index.ts";
import type { Ledger } from "../ledger/index.ts";

/** Supply, as the gateway asks for it. */
export function supplyPort(availability: Availabilities, ledger: Ledger): SupplyPort {
  return {
    list: ({ after = "", ...page }) => availability.dated.list({ after, ...page }),
    decide: ({ decision: verdict, until, caller, ...line }) =>
      ledger.supply.decide({
        ...{ ...line, verdict, until: until === undefined ? undefined : new Date(until) },
        ...{ by: caller.clientId, correlationId: caller.correlationId },
      }),
  };
}
