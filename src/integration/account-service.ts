import type { AccountId } from "@crossdock/canonical";
import type { Account, Connector } from "@crossdock/connector-kit";
import type { Clock, Database, Queryable, SecretBox } from "../platform/index.ts";
import { Terminal } from "../platform/index.ts";
import {
  type AccountChange,
  type AccountRefusal,
  type AccountSummary,
  type AccountToCreate,
  type InstalledConnectors,
  refusalOf,
  secretsOf,
  secretsSubject,
  summaryOf,
  toAccount,
} from "./account.ts";
import {
  insertAccount,
  type RuleChangeRow,
  type SealedAccountRow,
  selectAccount,
  selectAccountPage,
  selectRuleChanges,
  updateAccount,
} from "./account-store.ts";
import { changesOfRules, type DuplicateRules } from "./duplicates.ts";
import { integrationErrors } from "./errors.ts";

/** Accounts kept ready in memory. With more, all are forgotten and opened again as they are used. */
const MEMORY_MAX = 1_000;

/** Who changes accounts when nobody in particular does: the commands that set an installation up. */
const SET_UP = { clientId: "set-up", correlationId: "set-up" };

/** An account together with the connector that it is of. */
export type ConnectedAccount = {
  readonly account: Account;
  readonly connector: Connector;
  readonly enabled: boolean;
  readonly duplicates: DuplicateRules;
};

/** What came of creating or changing an account. `exists`: nothing was changed, an account of that id is there already. */
export type AccountAnswer =
  | { readonly created: AccountSummary }
  | { readonly changed: AccountSummary }
  | { readonly exists: AccountSummary }
  | { readonly refused: AccountRefusal };

/** Configured connections, with their secrets sealed in the database. */
export type Accounts = {
  /** Creates an account, or says that there is one of that id. */
  create(account: AccountToCreate): Promise<AccountAnswer>;
  /** Changes an account; every process uses the change with its next message. */
  change(accountId: AccountId, change: AccountChange): Promise<AccountAnswer>;
  get(accountId: AccountId): Promise<AccountSummary | undefined>;
  /** A page of accounts by id. */
  list(page: { readonly after?: string; readonly limit: number }): Promise<readonly AccountSummary[]>;
  /** Changes of what is done with what looks like a duplicate, the newest first. */
  ruleChanges(page: {
    readonly accountId: AccountId;
    readonly before: number | undefined;
    readonly limit: number;
  }): Promise<readonly RuleChangeRow[]>;
  /** The account as its connector sees it; undefined when there is none. Throws when its connector is not installed. */
  load(accountId: AccountId): Promise<Account | undefined>;
  /** The account with its connector, read in a transaction where one is given. */
  connect(accountId: string, queryable?: Queryable): Promise<ConnectedAccount | undefined>;
};

export type AccountsOptions = {
  readonly database: Database;
  readonly clock: Clock;
  readonly secrets: SecretBox;
  readonly connectors: InstalledConnectors;
};

type Memory = Map<string, { readonly version: number; readonly connected: ConnectedAccount }>;

/** Opens the accounts. */
export function createAccounts(options: AccountsOptions): Accounts {
  const { database, connectors } = options;
  const memory: Memory = new Map();

  const connect = async (accountId: string, queryable: Queryable = database) => {
    const row = await selectAccount(queryable, accountId);
    return row === undefined ? undefined : remembered(options, memory, row);
  };

  return {
    create: (account) => create(options, account),
    change: (accountId, change) => changeAccount(options, accountId, change),
    async get(accountId) {
      const row = await selectAccount(database, accountId);
      return row === undefined ? undefined : summaryOf(row, manifestOf(connectors, row.connector));
    },
    async list({ after = "", limit }) {
      const rows = await selectAccountPage(database, { after, limit });
      return rows.map((row) => summaryOf(row, manifestOf(connectors, row.connector)));
    },
    ruleChanges: (page) => selectRuleChanges(database, page),
    load: async (accountId) => (await connect(accountId))?.account,
    connect,
  };
}

const manifestOf = (connectors: InstalledConnectors, name: string) =>
  connectors.get(name)?.connector.manifest;

/** The row is read every time and costs one look-up by key; opening its secrets is what the memory saves. */
function remembered(options: AccountsOptions, memory: Memory, row: SealedAccountRow): ConnectedAccount {
  const known = memory.get(row.account_id);
  if (known?.version === row.version) return known.connected;
  const installed = options.connectors.get(row.connector);
  if (installed === undefined) {
    const message = `account ${row.account_id} is of the connector "${row.connector}", which is not installed`;
    throw new Terminal(integrationErrors.connectorMissing, message, {
      fields: { accountId: row.account_id, connector: row.connector },
    });
  }
  const secrets = secretsOf(options.secrets.open(row.secrets, secretsSubject(row.account_id)));
  const connected = {
    account: toAccount(row, secrets),
    connector: installed.connector,
    enabled: row.enabled,
    duplicates: row.duplicates,
  };
  if (memory.size >= MEMORY_MAX) memory.clear();
  memory.set(row.account_id, { version: row.version, connected });
  return connected;
}

async function create(options: AccountsOptions, account: AccountToCreate): Promise<AccountAnswer> {
  const { database, clock, connectors } = options;
  const refused = refusalOf(connectors, account);
  if (refused !== undefined) return { refused };
  const row = await insertAccount(database, {
    accountId: account.accountId,
    connector: account.connector,
    channelId: account.channelId ?? null,
    settings: account.settings,
    secrets: options.secrets.seal(account.secrets, secretsSubject(account.accountId)),
    secretNames: Object.keys(account.secrets).toSorted(),
    enabled: account.enabled ?? true,
    duplicates: account.duplicates ?? {},
    changes: changesOfRules({}, account.duplicates ?? {}),
    by: SET_UP,
    at: clock.now(),
  });
  if (row !== undefined) return { created: summaryOf(row, manifestOf(connectors, row.connector)) };
  const present = await selectAccount(database, account.accountId);
  if (present === undefined) throw new Error(`account ${account.accountId} was there and is gone`);
  return { exists: summaryOf(present, manifestOf(connectors, present.connector)) };
}

async function changeAccount(
  options: AccountsOptions,
  accountId: AccountId,
  change: AccountChange,
): Promise<AccountAnswer> {
  const { database, clock, connectors } = options;
  const row = await selectAccount(database, accountId);
  if (row === undefined) {
    return { refused: { reason: "unknown-account", message: `There is no account ${accountId}.` } };
  }
  const present = Object.fromEntries(secretsOf(options.secrets.open(row.secrets, secretsSubject(accountId))));
  const secrets = { ...present, ...change.secrets };
  const settings = "settings" in change ? change.settings : row.settings;
  const duplicates = { ...row.duplicates, ...change.duplicates };
  const refused = refusalOf(connectors, { connector: row.connector, settings, secrets, duplicates });
  if (refused !== undefined) return { refused };
  const changed = await updateAccount(database, {
    accountId,
    connector: row.connector,
    channelId: change.channelId ?? row.channel_id,
    settings,
    secrets: options.secrets.seal(secrets, secretsSubject(accountId)),
    secretNames: Object.keys(secrets).toSorted(),
    enabled: change.enabled ?? row.enabled,
    duplicates,
    changes: changesOfRules(row.duplicates, duplicates),
    by: change.by ?? SET_UP,
    at: clock.now(),
    version: row.version,
  });
  // Somebody else was quicker: look at what they made of it, and change that.
  if (changed === undefined) return changeAccount(options, accountId, change);
  return { changed: summaryOf(changed, manifestOf(connectors, row.connector)) };
}
