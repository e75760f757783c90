import type { Fact, Rule } from "@crossdock/canonical";
import { ruleKey } from "@crossdock/canonical";
import type { FactLog } from "../../backbone/index.ts";
import type { Clock, Database, Transaction, Wakeup } from "../../platform/index.ts";
import { BOOK_TOPIC } from "./memory-service.ts";
import {
  insertChannels,
  insertVersion,
  lockBook,
  type RuleChange,
  selectRealChanges,
  type VersionToMake,
  writeRules,
} from "./store.ts";

export type VersionDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
  readonly factLog: FactLog;
};

/** Why and by whom a version is made. */
export type Making = Omit<VersionToMake, "version" | "rulesChanged"> & {
  /** The version that holds, whose turn the transaction has. */
  readonly active: number;
};

/** Makes the next version of the book out of changes, and gives it; undefined where they change nothing. Must have the book's turn. */
export async function makeVersion(
  { clock, wakeup, factLog }: Omit<VersionDeps, "database">,
  tx: Transaction,
  changes: readonly RuleChange[],
  { active, ...making }: Making,
): Promise<number | undefined> {
  const real = new Set(await selectRealChanges(tx, changes));
  if (real.size === 0) return undefined;
  const at = clock.now();
  const version = active + 1;
  const made: VersionToMake = { ...making, version, rulesChanged: real.size };
  const written = changes.filter(({ key }) => real.has(key));
  await insertChannels(
    tx,
    written.flatMap(({ rule }) =>
      rule?.kind === "channel" ? [{ channelId: rule.channel, name: rule.name }] : [],
    ),
    at,
  );
  await insertVersion(tx, made, at);
  await writeRules(tx, version, written);
  const own = { fact: activatedFact(made), at, correlationId: making.correlationId };
  factLog.append(tx, await factLog.number([own]));
  tx.afterCommit(() => wakeup.signal(BOOK_TOPIC));
  return version;
}

function activatedFact({ draftId, restores, approvedBy, ...made }: VersionToMake): Fact {
  const { version, how, rulesChanged, by, because } = made;
  return {
    type: "RuleBookActivated",
    data: {
      ...{ version, how, rulesChanged, by, because },
      ...(draftId === undefined ? {} : { draftId }),
      ...(restores === undefined ? {} : { restores }),
      ...(approvedBy === undefined ? {} : { approvedBy }),
    },
  };
}

const SET_UP = { by: "set-up", because: "It was loaded at set-up.", correlationId: "set-up" };

/**
 * Puts rules into force at set-up: nobody is asked, and what the book says of other keys stays. Doing it again changes nothing. Gives the
 * version that holds then.
 */
export async function loadRules(deps: VersionDeps, rules: readonly Rule[]): Promise<number> {
  return deps.database.transaction(async (tx) => {
    const active = await lockBook(tx);
    const changes = new Map(
      rules.map((rule): [string, RuleChange] => {
        const key = ruleKey(rule);
        return [key, { key, rule }];
      }),
    );
    const nothing = { draftId: undefined, restores: undefined, approvedBy: undefined };
    const making: Making = { ...SET_UP, ...nothing, how: "loaded", active };
    return (await makeVersion(deps, tx, [...changes.values()], making)) ?? active;
  });
}
