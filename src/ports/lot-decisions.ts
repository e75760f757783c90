import { type MasterRecord, type Reference, referenceText } from "@crossdock/canonical";
import type { Caller, DecisionResult, UnresolvedDecision } from "../gateway/index.ts";
import type { Governance, LotNamed, MasterOutcome } from "../governance/index.ts";
import type { Awaited, Integration } from "../integration/index.ts";
import type { Database } from "../platform/index.ts";

type Parts = {
  readonly integration: Integration;
  readonly governance: Governance;
  readonly database: Database;
};

/** A decision about units of which no lot is named. */
export type LotDecision = Extract<UnresolvedDecision, { readonly decide: "lot" | "create-lot" }>;

type Result = Omit<DecisionResult, "index">;

const refused = (reason: string, detail: string): Result => ({ outcome: "refused", reason, detail });

/**
 * Says of which lots units are. Lots that are made are stated first, together and in the name of whoever decides; then the lots are said of
 * what waits. Whoever repeats a decision that broke off in between finds the lot there, as it was to be made, and goes on.
 */
export async function decideLots(
  { integration, governance, database }: Parts,
  decisions: readonly { readonly decision: LotDecision; readonly awaited: Awaited }[],
  caller: Caller,
): Promise<ReadonlyMap<LotDecision, Result>> {
  if (decisions.length === 0) return new Map();
  const named = decisions.map(({ decision, awaited }) => ({ item: awaited.reference, lot: decision.lot }));
  const known = await governance.lotsNamed(database, named);
  const results = new Map<LotDecision, Result>();
  const going: {
    readonly decision: LotDecision;
    readonly item: LotNamed["item"];
    readonly record?: MasterRecord;
  }[] = [];
  for (const [place, { decision, awaited }] of decisions.entries()) {
    const found = known[place];
    const refusal = refusalOf(decision, awaited.reference, found);
    if (refusal !== undefined) results.set(decision, refusal);
    else if (found !== undefined) going.push({ decision, item: found.item, ...recordOf(decision, found) });
  }
  const records = going.flatMap(({ record }) => record ?? []);
  const changer = { by: caller.clientId, correlationId: caller.correlationId };
  const outcomes = (records.length === 0 ? [] : await governance.stateMaster(records, changer)).values();
  const made = going.flatMap((each) => {
    const outcome: MasterOutcome | undefined = each.record && outcomes.next().value;
    if (outcome?.outcome !== "refused") return [each];
    results.set(each.decision, refused(outcome.reason, outcome.detail));
    return [];
  });
  const said = await integration.sayLots(
    made.map(({ decision: { accountId, waitsFor, lot, validFrom, onward } }) => ({
      ...{ accountId, waitsFor, lot, validFrom, isOnward: onward === true, by: caller.clientId },
    })),
  );
  for (const [place, { decision, item }] of made.entries()) {
    const { accountId, waitsFor } = decision;
    results.set(
      decision,
      said[place] === undefined
        ? refused("nothing-waits", `Nothing of ${accountId} waits for the lot of ${waitsFor} any more.`)
        : { outcome: "done", id: item.itemId },
    );
  }
  return results;
}

function refusalOf(
  decision: LotDecision,
  reference: Reference,
  found: LotNamed | undefined,
): Result | undefined {
  const name = referenceText(reference);
  if (found === undefined) return refused("unknown-item", `${name} means no item any more.`);
  const { item, lot } = found;
  if (item.tracking !== "lot") {
    const detail = `${name} is not tracked by lot but by ${item.tracking === "serial" ? "serial number, of which each is of one unit" : "nothing"}.`;
    return refused("not-by-lot", detail);
  }
  if (decision.decide === "lot") {
    const detail = `${name} has no lot ${decision.lot}. Make it, with the day on which it expires.`;
    return lot === undefined ? refused("unknown-lot", detail) : undefined;
  }
  const isOther = (said: string | undefined, kept: string | null | undefined) =>
    said !== undefined && said !== (kept ?? undefined);
  if (
    lot !== undefined &&
    (isOther(decision.expiresOn, lot.expires_on) || isOther(decision.madeOn, lot.made_on))
  ) {
    const detail = `There is a lot ${decision.lot} of ${name}, which expires on ${lot.expires_on ?? "no day"} and was made on ${lot.made_on ?? "no day"}. Say that the units are of that one, or give the new lot another number.`;
    return refused("already-there", detail);
  }
  return undefined;
}

/** What has to be stated first. */
function recordOf(decision: LotDecision, { item, lot }: LotNamed): { readonly record?: MasterRecord } {
  if (decision.decide === "lot" || lot !== undefined) return {};
  const { expiresOn, madeOn } = decision;
  return {
    record: {
      ...{ kind: "lot", item: { scheme: "id", value: item.itemId }, lot: decision.lot },
      ...(expiresOn === undefined ? {} : { expiresOn }),
      ...(madeOn === undefined ? {} : { madeOn }),
    },
  };
}
