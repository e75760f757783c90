import { type MasterRecord, type Reference, referenceText } from "@crossdock/canonical";
import type { Caller, DecisionResult, Reach, UnresolvedDecision } from "../gateway/index.ts";
import type { Governance, MasterOutcome } from "../governance/index.ts";
import type { Awaited, Integration } from "../integration/index.ts";
import type { Database } from "../platform/index.ts";
import { decideLots, type LotDecision } from "./lot-decisions.ts";

type Parts = {
  readonly integration: Integration;
  readonly governance: Governance;
  readonly database: Database;
};

type Batch = Reach & { readonly decisions: readonly UnresolvedDecision[]; readonly caller: Caller };
type Result = Omit<DecisionResult, "index">;

/** A decision that changes master data. */
type Meaning = Exclude<UnresolvedDecision, { readonly decide: "ignore" | "heed" | "lot" | "create-lot" }>;

const refused = (reason: string, detail: string): Result => ({ outcome: "refused", reason, detail });

/**
 * Carries decisions out. What changes master data is stated together, in one transaction and in the name of whoever decides; then names are
 * ignored or heeded, one after the other. Whoever waits for a name is woken by the master data.
 */
export async function decideNames(parts: Parts, batch: Batch): Promise<readonly Result[]> {
  const { decisions, accountIds } = batch;
  const isReached = ({ accountId }: UnresolvedDecision) => accountIds?.includes(accountId) !== false;
  const reached = decisions.filter(isReached);
  const stated = await stateMeanings(parts, reached.filter(isMeaning), batch.caller);
  const lots = await stateLots(parts, reached.filter(isAboutLot), batch.caller);
  const results: Result[] = [];
  for (const decision of decisions) {
    if (!isReached(decision)) results.push(nothingWaits(decision));
    else if (isMeaning(decision)) results.push(stated.get(decision) ?? nothingWaits(decision));
    else if (isAboutLot(decision)) results.push(lots.get(decision) ?? nothingWaits(decision));
    else results.push(await listenOrNot(parts, decision, batch.caller));
  }
  return results;
}

const isMeaning = (decision: UnresolvedDecision): decision is Meaning =>
  decision.decide !== "ignore" && decision.decide !== "heed" && !isAboutLot(decision);

const isAboutLot = (decision: UnresolvedDecision): decision is LotDecision =>
  decision.decide === "lot" || decision.decide === "create-lot";

/** Says lots of what waits for one. A name that nothing waits for is left out. */
async function stateLots(
  parts: Parts,
  decisions: readonly LotDecision[],
  caller: Caller,
): Promise<ReadonlyMap<LotDecision, Result>> {
  if (decisions.length === 0) return new Map();
  const names = new Map((await parts.integration.awaited(decisions)).map((name) => [keyOf(name), name]));
  const waiting = decisions.flatMap((decision) => {
    const awaited = decision.kind === "lot" ? names.get(keyOf(decision)) : undefined;
    return awaited === undefined ? [] : [{ decision, awaited }];
  });
  const decided = await decideLots(parts, waiting, caller);
  const wrong = decisions
    .filter((each) => each.kind !== "lot")
    .map((each) => [each, wrongKind(each)] as const);
  return new Map([...decided, ...wrong]);
}

const nothingWaits = ({ accountId, waitsFor }: UnresolvedDecision): Result =>
  refused(
    "nothing-waits",
    `Nothing of ${accountId} waits for ${waitsFor}, or not any more. Look at the list again.`,
  );

async function listenOrNot(
  { integration }: Parts,
  decision: Exclude<UnresolvedDecision, Meaning | LotDecision>,
  caller: Caller,
): Promise<Result> {
  const { accountId, kind, waitsFor } = decision;
  const name = { accountId, kind, waitsFor };
  if (decision.decide === "heed") {
    const isHeeded = await integration.heedName(name);
    const isEnded = kind === "lot" && (await integration.endLot({ ...name, by: caller.clientId }));
    return { outcome: isHeeded || isEnded ? "done" : "unchanged" };
  }
  const done = await integration.ignoreName({ ...name, because: decision.because, by: caller.clientId });
  return done === "unknown-account" ? nothingWaits(decision) : { outcome: "done", ...done };
}

/** States what names mean. A decision is done when all of its statements were taken. */
async function stateMeanings(
  { integration, governance, database }: Parts,
  decisions: readonly Meaning[],
  caller: Caller,
): Promise<ReadonlyMap<Meaning, Result>> {
  if (decisions.length === 0) return new Map();
  const awaited = new Map((await integration.awaited(decisions)).map((name) => [keyOf(name), name]));
  const known = await knownNames(governance, database, decisions);
  const results = new Map<Meaning, Result>();
  const records: MasterRecord[] = [];
  const placeOf = new Map<Meaning, { readonly from: number; readonly to: number }>();
  for (const decision of decisions) {
    const name = awaited.get(keyOf(decision));
    const statement = name === undefined ? nothingWaits(decision) : statementsOf(decision, name, known);
    if ("outcome" in statement) {
      results.set(decision, statement);
      continue;
    }
    placeOf.set(decision, { from: records.length, to: records.length + statement.records.length });
    records.push(...statement.records);
  }
  const changer = { by: caller.clientId, correlationId: caller.correlationId };
  const outcomes = records.length === 0 ? [] : await governance.stateMaster(records, changer);
  for (const [decision, { from, to }] of placeOf) results.set(decision, toResult(outcomes.slice(from, to)));
  return results;
}

const keyOf = ({
  accountId,
  kind,
  waitsFor,
}: Pick<UnresolvedDecision, "accountId" | "kind" | "waitsFor">): string =>
  JSON.stringify([accountId, kind, waitsFor]);

/** Which SKUs and codes, of those that new things are to have, something has already. */
async function knownNames(
  governance: Governance,
  database: Database,
  decisions: readonly Meaning[],
): Promise<ReadonlySet<string>> {
  const items = decisions.flatMap((each) =>
    each.decide === "create-item" ? [{ scheme: "sku", value: each.sku }] : [],
  );
  const locations = decisions.flatMap((each) =>
    each.decide === "create-location" ? [{ scheme: "code", value: each.code }] : [],
  );
  const { now } = await governance.resolve(database, { items, locations });
  return new Set([
    ...items.map(referenceText).filter((text) => now.items.get(text) !== undefined),
    ...locations.map(referenceText).filter((text) => now.locations.get(text) !== undefined),
  ]);
}

type Statements = { readonly records: readonly MasterRecord[] };

function statementsOf(decision: Meaning, awaited: Awaited, known: ReadonlySet<string>): Statements | Result {
  const { reference, others, unit } = awaited;
  const said = decision.validFrom === undefined ? {} : { validFrom: decision.validFrom };
  if (decision.decide === "unit") {
    if (unit === undefined) return wrongKind(decision);
    const { factor } = decision;
    return { records: [{ kind: "item-unit", item: reference, unit, factor, ...said }] };
  }
  if (unit !== undefined || decision.kind === "lot") return wrongKind(decision);
  const chosen = "name" in decision ? decision.name : undefined;
  const name = [reference, ...others].find(
    (each) => chosen === undefined || referenceText(each) === referenceText(chosen),
  );
  if (name === undefined) {
    return refused("not-that-name", `What waits does not wait for ${referenceText(chosen ?? reference)}.`);
  }
  switch (decision.decide) {
    case "alias":
      return { records: [nameRecord(decision.kind, { name, target: decision.target, said })] };
    case "create-item":
      return decision.kind === "item" ? newItem(decision, { name, said, known }) : wrongKind(decision);
    case "create-location":
      return decision.kind === "location"
        ? newLocation(decision, { name, said, known })
        : wrongKind(decision);
    default:
      return decision satisfies never;
  }
}

const wrongKind = ({ decide, kind }: Pick<UnresolvedDecision, "decide" | "kind">): Result =>
  refused("wrong-kind", `What is unknown is of the kind ${kind}, for which ${decide} is no decision.`);

type Said = { readonly validFrom?: string };

function nameRecord(
  kind: Meaning["kind"],
  { name, target, said }: { readonly name: Reference; readonly target: Reference; readonly said: Said },
): MasterRecord {
  return kind === "location"
    ? { kind: "location-name", location: target, ...name, ...said }
    : { kind: "item-name", item: target, ...name, ...said };
}

type Named = { readonly name: Reference; readonly said: Said; readonly known: ReadonlySet<string> };
type Making<Kind extends Meaning["decide"]> = Extract<Meaning, { readonly decide: Kind }>;

function newItem(decision: Making<"create-item">, { name, said, known }: Named): Statements | Result {
  const { sku, description, baseUnit, tracking } = decision;
  const target = { scheme: "sku", value: sku };
  if (known.has(referenceText(target))) return alreadyThere(target, "an item");
  const item: MasterRecord = {
    ...{ kind: "item", sku },
    ...(description === undefined ? {} : { description }),
    ...(baseUnit === undefined ? {} : { baseUnit }),
    ...(tracking === undefined ? {} : { tracking }),
  };
  // What it goes by leads to it anyhow.
  if (referenceText(name) === referenceText(target)) return { records: [item] };
  return { records: [item, nameRecord("item", { name, target, said })] };
}

function newLocation(decision: Making<"create-location">, { name, said, known }: Named): Statements | Result {
  const { code, called, type, timeZone } = decision;
  const target = { scheme: "code", value: code };
  if (known.has(referenceText(target))) return alreadyThere(target, "a location");
  const location: MasterRecord = {
    ...{ kind: "location", code, name: called ?? code, timeZone },
    ...(type === undefined ? {} : { type }),
  };
  if (referenceText(name) === referenceText(target)) return { records: [location] };
  return { records: [location, nameRecord("location", { name, target, said })] };
}

const alreadyThere = (target: Reference, what: string): Result =>
  refused("already-there", `There is ${what} ${referenceText(target)}. Say that the name means it instead.`);

function toResult(outcomes: readonly MasterOutcome[]): Result {
  const [first] = outcomes;
  const id = first?.id === undefined ? {} : { id: first.id };
  const bad = outcomes.find((each) => each.outcome === "refused");
  if (bad?.outcome === "refused") return { ...refused(bad.reason, bad.detail), ...id };
  const isSame = outcomes.every((each) => each.outcome === "unchanged");
  return { outcome: isSame ? "unchanged" : "done", ...id };
}
