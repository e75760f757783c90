import { accountId } from "@crossdock/canonical";
import { type FakeRetailer, startFakeRetailer } from "@crossdock/connector-x12/fake";
import type { Company, Retailer } from "./company.ts";
import { nextNumber } from "./numbers.ts";
import { nextOrderNumber, type OrderNumbers } from "./order-numbers-service.ts";
import type { DemoParts, Run } from "./parts.ts";

/** Prefix of the keys of interchanges; the control number is at the end, padded. */
const INTERCHANGE_KEYS = "ISA:";
/** One file in so many is sent twice, under the same control numbers. */
const DUPLICATES = 0.1;

/** The simulated retailers, by the id of their account. */
export type Retailers = ReadonlyMap<string, FakeRetailer>;

/** Starts the retailers. Their control numbers and order numbers go on from those that the product has seen. */
export async function startRetailers(options: {
  readonly parts: DemoParts;
  readonly company: Company;
  readonly run: Run;
  readonly orderNumbers: OrderNumbers;
  readonly isLively: boolean;
}): Promise<Retailers> {
  const started = await Promise.all(
    options.company.retailers.map(async (retailer): Promise<[string, FakeRetailer]> => {
      return [retailer.accountId, await startOne(options, retailer)];
    }),
  );
  return new Map(started);
}

async function startOne(
  { parts, run, orderNumbers, isLively }: Parameters<typeof startRetailers>[0],
  retailer: Retailer,
): Promise<FakeRetailer> {
  const firstOrderNumber = nextOrderNumber(orderNumbers, retailer.accountId);
  const lastKey = await parts.integration.greatestKey(accountId(retailer.accountId), INTERCHANGE_KEYS);
  return startFakeRetailer({
    seed: `${run.seed}/${retailer.accountId}/${firstOrderNumber}`,
    isaId: retailer.isaId,
    stores: retailer.stores,
    spread: retailer.spreads,
    interchangesPerFile: retailer.interchangesPerFile,
    firstControlNumber: nextNumber(lastKey === undefined ? [] : [lastKey], 1),
    firstOrderNumber,
    duplicates: isLively ? DUPLICATES : 0,
    now: run.now,
  });
}
