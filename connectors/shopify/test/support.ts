import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type AccountId, accountId, itemId, quantity } from "@crossdock/canonical";
import type { Account, ConnectorIo, PublicationRow } from "@crossdock/connector-kit";
import { type LoopbackIoOptions, loopbackIo } from "@crossdock/connector-kit/testing";
import type { FakeAccount } from "@crossdock/connector-shopify/fake";

/** The vendors' contracts, where they are at hand: they are not part of this repository. */
export const contracts: string | undefined = [
  process.env.CROSSDOCK_CONTRACTS,
  fileURLToPath(new URL("../../../../shared/contracts", import.meta.url)),
].find((folder) => folder !== undefined && existsSync(`${folder}/shopify/admin-graphql`));

/** Reason for skipping what needs the contracts; false when they are there. */
export const withoutContracts: string | false =
  contracts === undefined &&
  "Shopify's published schemas are not at hand: set CROSSDOCK_CONTRACTS to their folder";

/** Options for a fake that validates where it can. */
export const validation = contracts === undefined ? {} : { contracts };

export const ACCOUNT_ID: AccountId = accountId("shop-1");

/** An account as the product would hand it to the connector. */
export function accountOf(account: FakeAccount, settings: object = {}): Account {
  const secrets: Readonly<Record<string, string>> = account.secrets;
  return {
    accountId: ACCOUNT_ID,
    settings: { ...account.settings, ...settings },
    secret: (name) => {
      const value = secrets[name];
      if (value === undefined) throw new Error(`the account has no secret ${name}`);
      return value;
    },
  };
}

/** The IO of the tests, with keys that count up, so that a test can name them. */
export function countingIo(options: LoopbackIoOptions = {}): ConnectorIo {
  let keys = 0;
  return loopbackIo({
    newKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
    ...options,
  });
}

/** The IO of the tests, that first lets something happen before the n-th call of a root field is sent. */
export function ioBefore(field: string, nth: number, happens: () => void): ConnectorIo {
  const io = countingIo();
  let calls = 0;
  return {
    ...io,
    http: (request) => {
      if (String(request.body).includes(`${field}(`)) calls += 1;
      if (calls === nth) {
        calls += 1;
        happens();
      }
      return io.http(request);
    },
  };
}

/** A row to publish. The item's id comes from the listing, so that outcomes are easy to find. */
export function row(listing: string, value: number, believed?: number): PublicationRow {
  return {
    itemId: itemId(`item-${listing.replaceAll(/\W/g, "")}`),
    listing,
    quantity: quantity(value),
    believed: believed === undefined ? undefined : quantity(believed),
  };
}
