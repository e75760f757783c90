import { accountId, channelId } from "@crossdock/canonical";
import type { FakeItem } from "@crossdock/connector-shopify/fake";
import type { AccountToCreate } from "../integration/index.ts";
import { Terminal } from "../platform/index.ts";
import { type Company, DEMO, type DemoItem, rangeOf } from "./company.ts";
import { demoErrors } from "./errors.ts";
import type { DemoParts } from "./parts.ts";
import { itemsInShop, shopAliases } from "./shop-service.ts";

/** Aliases saved at a time. */
const ALIASES_PER_CALL = 5_000;

/** Whether the company is in the database already. The shop's account is made last, so it stands for all of it. */
export async function isLoaded(parts: DemoParts): Promise<boolean> {
  return (await parts.integration.accounts.get(accountId(DEMO.shopAccount))) !== undefined;
}

/** Loads the master data, channels and rules. Doing it again changes nothing. */
export async function loadCompany(
  { governance, availability }: DemoParts,
  company: Company,
  listed: readonly FakeItem[],
): Promise<void> {
  await governance.saveLocations(company.warehouses);
  await governance.saveItems(company.items);
  const aliases = [...company.aliases, ...shopAliases(company, listed)];
  for (let from = 0; from < aliases.length; from += ALIASES_PER_CALL) {
    await governance.saveAliases(aliases.slice(from, from + ALIASES_PER_CALL));
  }
  await governance.saveOwnership(company.ownership);
  await governance.stateMaster(company.calendars, { by: DEMO.client });
  await availability.saveChannels(company.channels);
  await availability.saveRules(company.rules);
}

/**
 * Lists what the shop and the retailers sell: from now on the shop is told what it may sell, and the retailers (846) what they may
 * order. Doing it again changes nothing.
 */
export async function listItems({ availability }: DemoParts, company: Company): Promise<void> {
  const list = (account: string, channel: string, items: readonly DemoItem[]) =>
    availability.listOnAccount(
      accountId(account),
      channelId(channel),
      items.map((item) => item.itemId),
    );
  await list(DEMO.shopAccount, DEMO.shopChannel, itemsInShop(company));
  for (const retailer of company.retailers) {
    await list(retailer.accountId, retailer.channelId, rangeOf(company, retailer));
  }
}

/** An account of a simulated system, as it is at this start: its address and its secrets are new every time. */
export type DemoAccount = {
  readonly accountId: string;
  readonly connector: string;
  readonly channelId?: string;
  readonly settings: unknown;
  readonly secrets: Readonly<Record<string, string>>;
};

/** Creates accounts, or changes those that are there to the present addresses and secrets. */
export async function connectAccounts(
  { integration }: DemoParts,
  accounts: readonly DemoAccount[],
): Promise<void> {
  for (const account of accounts) {
    const id = accountId(account.accountId);
    const { connector, settings, secrets } = account;
    const channel = account.channelId === undefined ? {} : { channelId: channelId(account.channelId) };
    const wanted: AccountToCreate = { accountId: id, connector, settings, secrets, ...channel };
    const made = await integration.accounts.create(wanted);
    const answer = "exists" in made ? await integration.accounts.change(id, { settings, secrets }) : made;
    if ("refused" in answer) {
      throw new Terminal(demoErrors.accountRefused, `account ${id}: ${answer.refused.message}`);
    }
  }
}
