import type { FakeShopify } from "@crossdock/connector-shopify/fake";
import { type Client, openClient } from "./client-service.ts";
import { type Company, type CompanySize, DEMO, makeCompany } from "./company.ts";
import { readHoldings } from "./holdings-service.ts";
import { type OrderNumbers, readOrderNumbers } from "./order-numbers-service.ts";
import type { DemoParts, Run } from "./parts.ts";
import { collectProblems, type Problems } from "./problems.ts";
import { untilDigested } from "./quiet-service.ts";
import { releaseAgain } from "./releases-service.ts";
import { type Retailers, startRetailers } from "./retailers-service.ts";
import { connectAccounts, type DemoAccount, isLoaded, listItems, loadCompany } from "./seed-service.ts";
import { startShop } from "./shop-service.ts";
import { startWarehouses, type Warehouses } from "./warehouses-service.ts";

/** How long the work of an earlier run may take to be finished before the simulated systems go on from it. */
const DIGESTION_MS_MAX = 30_000;

export type SimulationOptions = {
  readonly parts: DemoParts;
  /** Where the product answers, and the key to ask it with. */
  readonly url: string;
  readonly key: string;
  readonly run: Run;
  readonly size?: CompanySize;
  /** Whether anything happens beside orders, and whether messages go astray on their way. */
  readonly isLively: boolean;
  /** Resolves when the product has understood what it was sent. Default: looks until it has. */
  readonly digested?: () => Promise<unknown>;
};

/** The company with its simulated shop, warehouses and retailers, connected to the product. Nothing happens by itself. */
export type Simulation = {
  readonly company: Company;
  readonly run: Run;
  /** How far the orders had come before this run. */
  readonly orderNumbers: OrderNumbers;
  readonly parts: DemoParts;
  readonly client: Client;
  readonly shop: FakeShopify;
  readonly warehouses: Warehouses;
  readonly retailers: Retailers;
  readonly problems: Problems;
  readonly startedAt: Date;
  /** Whether the database was empty before. */
  readonly isNew: boolean;
  /**
   * Has the warehouses report their opening stock, where they have not, and lists the items of the shop and the retailers once
   * that has been understood, so that each is told once. Gives how many receipts there were.
   */
  open(): Promise<number>;
  /** Ends running requests and closes every simulated system. */
  close(): Promise<void>;
};

/**
 * Starts the simulated systems and configures their accounts. Where there is an earlier run's data, they go on from it. The
 * product must answer at its address.
 */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  const { parts, run } = options;
  const company = makeCompany(run.seed, options.size);
  const startedAt = run.now();
  const problems = collectProblems((text) => parts.log.warn({ event: "demo.problem", problem: text }));
  const ending = new AbortController();
  const client = openClient({ url: options.url, key: options.key, end: ending.signal });
  const isNew = !(await isLoaded(parts));
  const digested = options.digested ?? (() => untilDigested(parts, patience(ending.signal)));
  if (!isNew) await digested();
  const orderNumbers = await readOrderNumbers(parts, company);
  const vendors = await startVendors({ ...options, company, orderNumbers, client });
  const close = async () => {
    ending.abort();
    await closeVendors(vendors);
  };
  try {
    await introduce({ parts, company, run, client, isNew }, vendors);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    company,
    run,
    orderNumbers,
    parts,
    client,
    problems,
    startedAt,
    isNew,
    ...vendors,
    async open() {
      const receipts = await vendors.warehouses.open();
      if (receipts > 0) await digested();
      await listItems(parts, company);
      return receipts;
    },
    close,
  };
}

type Introduction = Pick<Simulation, "parts" | "company" | "run" | "client" | "isNew">;

/** Makes the product and the simulated systems known to one another. */
async function introduce(
  { parts, company, run, client, isNew }: Introduction,
  vendors: Vendors,
): Promise<void> {
  if (isNew) await loadCompany(parts, company, vendors.shop.items());
  await connectAccounts(parts, accountsOf(company, vendors));
  for (const [accountId, retailer] of vendors.retailers) {
    retailer.sendTo({ url: client.messagesUrl(accountId), headers: client.authorization });
  }
  if (!isNew) await releaseAgain(parts, company, run);
}

const patience = (end: AbortSignal) => AbortSignal.any([end, AbortSignal.timeout(DIGESTION_MS_MAX)]);

type Vendors = Pick<Simulation, "shop" | "warehouses" | "retailers">;

async function startVendors(
  options: SimulationOptions & Pick<Simulation, "company" | "orderNumbers" | "client">,
): Promise<Vendors> {
  const { parts, company } = options;
  const [shop, retailers, warehouses] = await Promise.all([
    startShop(options),
    startRetailers(options),
    readHoldings(parts, company).then((holdings) => startWarehouses({ ...options, holdings })),
  ]);
  return { shop, retailers, warehouses };
}

async function closeVendors({ shop, warehouses, retailers }: Vendors): Promise<void> {
  const parties = [...retailers.values()].map((retailer) => retailer.close());
  await Promise.all([shop.close(), warehouses.close(), ...parties]);
}

/** A retailer is told of its stock every quarter of an hour; whoever watches a demonstration has not got as long. */
const ADVICE_INTERVAL_MINUTES = 1;

/** The shop's account comes last: that it is there says that everything is. */
function accountsOf(company: Company, { shop, warehouses, retailers }: Vendors): readonly DemoAccount[] {
  return [
    ...warehouses.accounts.map((account) => ({ ...account, connector: "wms" })),
    ...company.retailers.flatMap(({ accountId, channelId }) => {
      const account = retailers.get(accountId)?.account;
      if (account === undefined) return [];
      const settings = { ...account.settings, adviceIntervalMinutes: ADVICE_INTERVAL_MINUTES };
      return [{ accountId, channelId, connector: "x12", ...account, settings }];
    }),
    { accountId: DEMO.shopAccount, channelId: DEMO.shopChannel, connector: "shopify", ...shop.account },
  ];
}
