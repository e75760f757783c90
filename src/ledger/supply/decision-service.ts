import type { Fact, SupplyVerdict } from "@crossdock/canonical";
import type { FactLog } from "../../backbone/index.ts";
import type { Clock, Database, Transaction } from "../../platform/index.ts";
import { type LineKey, type LineToDecide, lockLine, upsertDecision } from "./store.ts";

export type DecisionDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
};

/** What a person decides about a line. `until`: the new date of what is kept, or until when that it is overdue is ignored. */
export type SupplyDecision = LineKey & {
  readonly verdict: SupplyVerdict;
  readonly until: Date | undefined;
  readonly by: string;
  readonly because: string;
  readonly correlationId: string;
};

export type DecisionOutcome =
  | { readonly is: "decided"; readonly already: boolean }
  | { readonly is: "unknown-line" | "not-open" | "until-past" | "until-missing" };

/**
 * Decides about a line as its source dates it now. The fact and the decision commit together; deciding the same again changes nothing. When
 * the source gives the line another date the decision is void, and where that has passed as well somebody is asked anew.
 */
export function decideSupply(
  { database, clock, factLog }: DecisionDeps,
  asked: SupplyDecision,
): Promise<DecisionOutcome> {
  return database.transaction(async (tx): Promise<DecisionOutcome> => {
    const line = await lockLine(tx, asked);
    const now = clock.now();
    const refused = refusalOf(asked, line, now);
    if (refused !== undefined || line === undefined) return { is: refused ?? "unknown-line" };
    const until = asked.verdict === "cancel" ? undefined : asked.until;
    if (line.decision === asked.verdict && line.until?.getTime() === until?.getTime()) {
      return { is: "decided", already: true };
    }
    await write({ factLog, tx }, { ...asked, until }, { expectedAt: line.expected_at, at: now });
    return { is: "decided", already: false };
  });
}

function refusalOf(
  { verdict, until }: SupplyDecision,
  line: LineToDecide | undefined,
  now: Date,
): "unknown-line" | "not-open" | "until-past" | "until-missing" | undefined {
  if (line === undefined) return "unknown-line";
  if (!line.is_open) return "not-open";
  if (verdict === "cancel") return undefined;
  if (until === undefined) return "until-missing";
  return until <= now ? "until-past" : undefined;
}

async function write(
  { factLog, tx }: { readonly factLog: FactLog; readonly tx: Transaction },
  asked: SupplyDecision,
  { expectedAt, at }: { readonly expectedAt: Date; readonly at: Date },
): Promise<void> {
  const { source, kind, document, line, verdict, until, by, because, correlationId } = asked;
  const fact: Fact = {
    type: "SupplyDecided",
    data: {
      ...{ source, kind, number: document, line, expectedAt: expectedAt.toISOString(), decision: verdict },
      ...(until === undefined ? {} : { until: until.toISOString() }),
      ...{ by, because },
    },
  };
  const numbered = await factLog.number([{ fact, at, correlationId }]);
  factLog.append(tx, numbered);
  const eventNumber = numbered[0]?.number;
  if (eventNumber === undefined) throw new Error(`the decision about ${document} of ${source} got no number`);
  upsertDecision(tx, asked, { expectedAt, verdict, until, by, because, at, eventNumber });
}
