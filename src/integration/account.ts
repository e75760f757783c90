import {
  type AccountId,
  accountId,
  type ChannelId,
  type CheckProblem,
  channelId,
  checker,
  problemsText,
} from "@crossdock/canonical";
import type { Account, Connector, Manifest, Ordering } from "@crossdock/connector-kit";
import { type DuplicateRules, problemOfRules } from "./duplicates.ts";

/** What is needed to configure an account. Settings are of the connector's schema; secrets are named in its manifest. */
export type AccountToCreate = {
  readonly accountId: AccountId;
  readonly connector: string;
  readonly channelId?: ChannelId | undefined;
  readonly settings: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  /** Default: true. A disabled account takes nothing in and sends nothing. */
  readonly enabled?: boolean | undefined;
  /** What is done with what looks like a duplicate, by kind of statement. Absent kinds have the default. */
  readonly duplicates?: DuplicateRules | undefined;
};

/** What may change of an account. What is absent stays; secrets and rules about duplicates are replaced one by one. */
export type AccountChange = {
  readonly channelId?: ChannelId | undefined;
  readonly settings?: unknown;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly enabled?: boolean | undefined;
  readonly duplicates?: DuplicateRules | undefined;
  /** Who changes it, for what is written down about its rules. Absent: whoever sets the installation up. */
  readonly by?: { readonly clientId: string; readonly correlationId: string } | undefined;
};

/** An account as it may be shown: which secrets it has and lacks, and never what they are. */
export type AccountSummary = {
  readonly accountId: AccountId;
  readonly connector: string;
  readonly channelId: ChannelId | undefined;
  readonly settings: unknown;
  readonly secretNames: readonly string[];
  /** Declared by the connector and not given. Some are needed only with certain settings. */
  readonly secretsMissing: readonly string[];
  readonly enabled: boolean;
  readonly duplicates: DuplicateRules;
  /** What its source gives to put its messages in order by, as its connector declares. */
  readonly ordering: Ordering;
  readonly version: number;
  readonly createdAt: Date;
};

/** Why an account cannot be configured like this. */
export type AccountRefusal = {
  readonly reason:
    | "unknown-connector"
    | "wrong-settings"
    | "unknown-secret"
    | "wrong-duplicates"
    | "unknown-account";
  readonly message: string;
};

/** A connector with the compiled check of its accounts' settings. */
export type InstalledConnector = {
  readonly connector: Connector;
  readonly checkSettings: (settings: unknown) => readonly CheckProblem[];
};

export type InstalledConnectors = ReadonlyMap<string, InstalledConnector>;

/** Prepares connectors, by name. Two of one name are a mistake of the composition and throw a TypeError. */
export function installConnectors(connectors: readonly Connector[]): InstalledConnectors {
  const installed = new Map<string, InstalledConnector>();
  for (const connector of connectors) {
    const { name, settings } = connector.manifest;
    if (installed.has(name)) throw new TypeError(`two connectors are called ${name}`);
    const check = checker(settings);
    const checkSettings = (value: unknown) => {
      const checked = check(value);
      return checked.ok ? [] : checked.problems;
    };
    installed.set(name, { connector, checkSettings });
  }
  return installed;
}

/** Says what is wrong with an account's settings and secrets; undefined when it can be used. */
export function refusalOf(
  connectors: InstalledConnectors,
  account: Pick<AccountToCreate, "connector" | "settings" | "secrets" | "duplicates">,
): AccountRefusal | undefined {
  const installed = connectors.get(account.connector);
  if (installed === undefined) {
    const known = [...connectors.keys()].join(", ");
    return {
      reason: "unknown-connector",
      message: `There is no connector "${account.connector}"; there are ${known}.`,
    };
  }
  const problems = installed.checkSettings(account.settings);
  if (problems.length > 0) return { reason: "wrong-settings", message: problemsText(problems) };
  const { secrets } = installed.connector.manifest;
  const strangers = Object.keys(account.secrets).filter((name) => !Object.hasOwn(secrets, name));
  if (strangers.length > 0) {
    const message = `${account.connector} has no secret ${strangers.join(", ")}; it has ${Object.keys(secrets).join(", ")}.`;
    return { reason: "unknown-secret", message };
  }
  const message = problemOfRules(account.duplicates ?? {});
  return message === undefined ? undefined : { reason: "wrong-duplicates", message };
}

/** An account's row without its secrets. */
export type AccountRow = {
  readonly account_id: string;
  readonly connector: string;
  readonly channel_id: string | null;
  readonly settings: unknown;
  readonly secret_names: readonly string[];
  readonly enabled: boolean;
  readonly duplicates: DuplicateRules;
  readonly version: number;
  readonly created_at: Date;
};

/** An account as it may be shown. A connector that is gone has no manifest, and then nothing counts as missing. */
export function summaryOf(row: AccountRow, manifest: Manifest | undefined): AccountSummary {
  const declared = Object.keys(manifest?.secrets ?? {});
  return {
    accountId: accountId(row.account_id),
    connector: row.connector,
    channelId: row.channel_id === null ? undefined : channelId(row.channel_id),
    settings: row.settings,
    secretNames: row.secret_names,
    secretsMissing: declared.filter((name) => !row.secret_names.includes(name)),
    enabled: row.enabled,
    duplicates: row.duplicates,
    ordering: manifest?.ordering ?? "none",
    version: row.version,
    createdAt: row.created_at,
  };
}

/** An account as its connector sees it. Secrets come out by name only, so that a dump of the account shows none. */
export function toAccount(row: AccountRow, secrets: ReadonlyMap<string, string>): Account {
  return {
    accountId: accountId(row.account_id),
    channelId: row.channel_id === null ? undefined : channelId(row.channel_id),
    settings: row.settings,
    secret(name) {
      const secret = secrets.get(name);
      if (secret === undefined) throw new TypeError(`account ${row.account_id} has no secret "${name}"`);
      return secret;
    },
  };
}

/** Reads what was sealed: names and texts. Anything else is not ours and gives no secret. */
export function secretsOf(opened: unknown): ReadonlyMap<string, string> {
  if (typeof opened !== "object" || opened === null) return new Map();
  const texts = Object.entries(opened).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return new Map(texts);
}

/** What secrets of an account are bound to: sealed text that is copied to another account does not open there. */
export const secretsSubject = (id: string): string => `integration.account/${id}`;
