import { type AccountId, accountId, referenceText } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import type { Resolutions } from "../governance/index.ts";
import type { Clock, Database, Queryable, Transaction, Wakeup } from "../platform/index.ts";
import {
  endLotsSaid,
  insertLotsSaid,
  type LotSaidRow,
  selectLotPeriods,
  selectLotsSaid,
  selectStandingLots,
} from "./lot-said-store.ts";
import type { WaitingGroup, WaitingPeriod } from "./parked-store.ts";
import { REFERENCES_TOPIC } from "./topics.ts";
import { effectiveAtOf, type Translated } from "./translate.ts";
import type { LotsSaid } from "./translation.ts";

/** A lot that somebody has said of units of which an account names none. */
export type LotSaid = {
  readonly accountId: AccountId;
  readonly waitsFor: string;
  readonly lot: string;
  readonly validFrom: Date;
  /** Undefined: until somebody ends it. */
  readonly validTo: Date | undefined;
  readonly by: string;
  readonly at: Date;
};

/** A lot to say of what an account says of an item without one. */
export type LotToSay = {
  readonly accountId: AccountId;
  readonly waitsFor: string;
  readonly lot: string;
  /** From when on; absent: from the first moment that what waits speaks of. */
  readonly validFrom?: string | undefined;
  /** Whether it holds for what is said later as well; up to the last moment that what waits speaks of otherwise. */
  readonly isOnward: boolean;
  readonly by: string;
};

/** Lots of units whose source names none. */
export type LotsOfUnits = {
  /** Says lots of what waits for one; what waits goes on by itself. Undefined in the place of what nothing waits for. */
  sayLots(lots: readonly LotToSay[]): Promise<readonly (LotSaid | undefined)[]>;
  /** Ends what holds from some moment on: what the account says later waits again. False when nothing did. */
  endLot(name: {
    readonly accountId: AccountId;
    readonly waitsFor: string;
    readonly by: string;
  }): Promise<boolean>;
  /** What holds until somebody ends it, by account and name. */
  standingLots(page: {
    readonly accountIds?: readonly AccountId[] | undefined;
    readonly after?: { readonly accountId: string; readonly waitsFor: string } | undefined;
    readonly limit: number;
  }): Promise<readonly LotSaid[]>;
};

/** Opens what is said of units without a lot. */
export function createLotsOfUnits({
  database,
  clock,
  wakeup,
}: {
  readonly database: Database;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
}): LotsOfUnits {
  return {
    async sayLots(lots) {
      if (lots.length === 0) return [];
      const rows = lots.map((lot) => ({ ...lot, validFrom: lot.validFrom, at: clock.now() }));
      const said = await database.transaction(async (tx) => {
        tx.afterCommit(() => wakeup.signal(REFERENCES_TOPIC));
        return insertLotsSaid(tx, rows);
      });
      const byName = new Map(said.map((row) => [nameOf(row.account_id, row.waits_for), toLotSaid(row)]));
      return lots.map((lot) => byName.get(nameOf(lot.accountId, lot.waitsFor)));
    },
    endLot: async (name) => (await endLotsSaid(database, { ...name, at: clock.now() })).length > 0,
    standingLots: async ({ after = { accountId: "", waitsFor: "" }, ...page }) =>
      (await selectStandingLots(database, { ...page, after })).map(toLotSaid),
  };
}

const nameOf = (account: string, waitsFor: string): string => JSON.stringify([account, waitsFor]);

const toLotSaid = (row: LotSaidRow): LotSaid => ({
  ...{ accountId: accountId(row.account_id), waitsFor: row.waits_for, lot: row.lot },
  ...{ validFrom: row.valid_from, validTo: row.valid_to ?? undefined, by: row.said_by, at: row.said_at },
});

type Translatable = { readonly accountId: AccountId; readonly mapped: MappedRecord };

/**
 * Translates records, and those again that lack a lot which somebody has said. Costs a look-up only where a lot is missing: a record
 * that lacks several is looked up once for each.
 */
export async function translateWithLots<Each extends Translatable>(
  tx: Transaction,
  records: readonly Each[],
  translate: (record: Each, lots?: LotsSaid) => Translated,
): Promise<readonly Translated[]> {
  const translations = records.map((record) => translate(record));
  const lots = new Map<number, Map<string, string>>();
  let lacking = records.flatMap((record, index) => lackOf(record, index, translations[index]));
  while (lacking.length > 0) {
    const found = await selectLotsSaid(tx, lacking);
    lacking = found.flatMap(({ place, lot }) => {
      const lack = lacking[place];
      const record = lack && records[lack.index];
      if (lack === undefined || record === undefined) return [];
      const known = lots.get(lack.index) ?? new Map<string, string>();
      lots.set(lack.index, known.set(lack.waitsFor, lot));
      const again = translate(record, known);
      translations[lack.index] = again;
      // What lacks the same lot still cannot be helped by it.
      return lackOf(record, lack.index, again).filter(({ waitsFor }) => !known.has(waitsFor));
    });
  }
  return translations;
}

/** The lot that a record lacks, if it lacks one. */
function lackOf({ accountId, mapped }: Translatable, index: number, translated: Translated | undefined) {
  const at = effectiveAtOf(mapped);
  if (translated?.is !== "obstructed" || at === undefined) return [];
  const { waitsFor } = translated.obstacle;
  if (waitsFor?.kind !== "lot") return [];
  return [{ index, accountId, waitsFor: referenceText(waitsFor.reference), at }];
}

/**
 * The periods in which lots that are waited for are known: those that people have said, account by account; and all the time for an item
 * that nobody tracks any more.
 */
export async function lotPeriods(
  database: Queryable,
  groups: readonly WaitingGroup[],
  resolutions: Resolutions,
): Promise<readonly WaitingPeriod[]> {
  if (groups.length === 0) return [];
  const said = Map.groupBy(
    await selectLotPeriods(
      database,
      groups.map((group) => group.waits_for),
    ),
    (row) => row.waits_for,
  );
  return groups.flatMap(({ waits_for: waitsFor }) => {
    const name = { kind: "lot", waitsFor } as const;
    const moments = resolutions.itemMoments(waitsFor);
    const tracking = new Set(
      moments.map((from) => resolutions.at(from).items.get(waitsFor)?.tracking ?? "unknown"),
    );
    if (tracking.has("none")) {
      return [{ ...name, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }];
    }
    return tracking.has("lot")
      ? withoutOverlaps(said.get(waitsFor) ?? []).map((row) => ({ ...name, ...row }))
      : [];
  });
}

type Period = { readonly accountId: string; readonly from: number; readonly to: number };

/** Periods of one name as periods that do not overlap: what waits is to be found once. They are in the order of accounts and beginnings. */
function withoutOverlaps(
  rows: readonly Pick<LotSaidRow, "account_id" | "valid_from" | "valid_to">[],
): readonly Period[] {
  const periods: Period[] = [];
  for (const { account_id: account, valid_from: since, valid_to: until } of rows) {
    const period = {
      accountId: account,
      from: since.getTime(),
      to: until?.getTime() ?? Number.POSITIVE_INFINITY,
    };
    const last = periods.at(-1);
    if (last === undefined || last.accountId !== account || last.to < period.from) periods.push(period);
    else periods.splice(-1, 1, { ...last, to: Math.max(last.to, period.to) });
  }
  return periods;
}
