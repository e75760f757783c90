import type { FactLog, LoggedFact, Subscriber } from "../backbone/index.ts";
import type { Clock, Database, Transaction } from "../platform/index.ts";
import { type LotStatement, lotStatementIn, withStatements } from "./lot-days.ts";
import { lotColumns, settleLots, toStatement } from "./lot-settling-service.ts";
import {
  concludeStatements,
  type DisagreementPage,
  type LotDisagreement,
  putStatements,
  selectConcludedDisagreements,
  selectDisagreement,
  selectMeantItems,
  selectOpenDisagreements,
  selectStatements,
} from "./lot-store.ts";
import type { Changer, MasterChanges } from "./master-changes-service.ts";
import { takeChangeTurn } from "./master-store.ts";
import { EVERYWHERE } from "./ownership.ts";
import type { Ownership } from "./ownership-service.ts";

/** The reader that learns of lots from receipts; master data that it changes is changed in this name. */
export const LOTS_SUBSCRIBER = "lots";

/** Facts taken in one transaction: while it lasts, other changes of master data wait. */
const FACTS_MAX = 500;

/** What somebody decided about a disagreement. */
export type LotConclusion = {
  readonly number: number;
  /** Whether the lot takes the day that the receipt says; it keeps its own otherwise. */
  readonly take: boolean;
  readonly because: string;
  readonly changer: Changer;
};

/**
 * `concluded`: it is decided now. `already`: it was before, and stays so. `refused`: the lot cannot have that day.
 */
export type LotConcluded =
  | { readonly is: "concluded" | "already"; readonly disagreement: LotDisagreement }
  | { readonly is: "refused"; readonly detail: string; readonly disagreement: LotDisagreement };

/** What receipts say of lots: it makes and completes master data, and what contradicts that waits for a person (docs/decisions/0056). */
export type Lots = {
  readonly subscriber: Subscriber;
  /** Days that receipts say and lots have not, the oldest first. */
  disagreements(
    page: DisagreementPage & { readonly state: "open" | "concluded" },
  ): Promise<readonly LotDisagreement[]>;
  disagreement(number: number): Promise<LotDisagreement | undefined>;
  /**
   * Keeps the day of a lot or takes the other, in the name of whoever decides. From then on master data states it. Undefined: there is none
   * of that number, or not any more, because the lot has that day by now.
   */
  conclude(conclusion: LotConclusion): Promise<LotConcluded | undefined>;
};

export type LotsDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: Pick<FactLog, "subscribe">;
  readonly governance: Pick<Ownership & MasterChanges, "owners" | "stateMasterWithin">;
};

/** Opens what receipts say of lots. */
export function createLots(deps: LotsDeps): Lots {
  const { database } = deps;
  return {
    subscriber: deps.factLog.subscribe({
      name: LOTS_SUBSCRIBER,
      types: ["StockReceived"],
      wantedFacts: FACTS_MAX,
      // Whoever says the same again adds nothing.
      rewindable: true,
      handle: (tx, facts) => takeReceipts(deps, tx, facts),
    }),
    disagreements: ({ state, ...page }) =>
      state === "open"
        ? selectOpenDisagreements(database, page)
        : selectConcludedDisagreements(database, page),
    disagreement: (number) => selectDisagreement(database, number),
    conclude: (conclusion) => database.transaction((tx) => conclude(deps, tx, conclusion)),
  };
}

async function takeReceipts(
  { clock, governance }: LotsDeps,
  tx: Transaction,
  facts: readonly LoggedFact[],
): Promise<void> {
  const said = facts.flatMap((fact) => lotStatementIn(fact) ?? []);
  if (said.length === 0) return;
  const now = clock.now();
  await takeChangeTurn(tx, { by: LOTS_SUBSCRIBER }, now);
  const named = [...new Set(said.map(({ itemId }) => itemId))];
  const meant = new Map((await selectMeantItems(tx, named)).map((row) => [row.named, row.item_id]));
  const owners = await governance.owners(tx, "item-master", [EVERYWHERE]);
  const told = said.map(
    (statement): LotStatement => ({
      ...statement,
      // Units of an item that has become another are moved on to that one, and so is what is said of their lots.
      itemId: meant.get(statement.itemId) ?? statement.itemId,
      byOwner: owners.at(EVERYWHERE, statement.effectiveAt) === statement.source,
    }),
  );
  const known = (await selectStatements(tx, lotColumns(told))).map(toStatement);
  const { changed } = withStatements(known, told);
  await writeStatements(tx, changed);
  await settleLots(tx, changed, now);
}

async function writeStatements(tx: Transaction, statements: readonly LotStatement[]): Promise<void> {
  if (statements.length === 0) return;
  await putStatements(tx, {
    itemIds: statements.map(({ itemId }) => itemId),
    lots: statements.map(({ lot }) => lot),
    sources: statements.map(({ source }) => source),
    byOwner: statements.map(({ byOwner }) => byOwner),
    expiresOn: statements.map(({ expiresOn }) => expiresOn ?? null),
    effectiveAt: statements.map(({ effectiveAt }) => new Date(effectiveAt)),
    factIds: statements.map(({ factId }) => factId),
    factNumbers: statements.map(({ factNumber }) => factNumber),
    recordedAt: statements.map(({ recordedAt }) => recordedAt),
  });
}

async function conclude(
  { clock, governance }: LotsDeps,
  tx: Transaction,
  { number, take, because, changer }: LotConclusion,
): Promise<LotConcluded | undefined> {
  const at = clock.now();
  await takeChangeTurn(tx, changer, at);
  const found = await selectDisagreement(tx, number);
  if (found === undefined) return undefined;
  if (found.concluded_at !== null) return { is: "already", disagreement: found };
  const { item_id: itemId, lot, stated_on: stated, kept_on: kept } = found;
  const expiresOn = take ? stated : kept;
  if (expiresOn !== null) {
    const record = { kind: "lot", item: { scheme: "id", value: itemId }, lot, expiresOn } as const;
    const [outcome] = await governance.stateMasterWithin(tx, [record], changer);
    if (outcome?.outcome === "refused") return { is: "refused", detail: outcome.detail, disagreement: found };
  }
  const conclusion = { by: changer.by, because, at };
  await concludeStatements(tx, { itemId, lot, day: stated }, { ...conclusion, taken: take });
  // Who takes the other day has looked at the one that the lot had, too.
  if (take && kept !== null)
    await concludeStatements(tx, { itemId, lot, day: kept }, { ...conclusion, taken: false });
  return { is: "concluded", disagreement: (await selectDisagreement(tx, number)) ?? found };
}
