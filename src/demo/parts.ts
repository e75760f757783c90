import type { Availabilities } from "../availability/index.ts";
import type { FactLog } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Integration } from "../integration/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Orchestration } from "../orchestration/index.ts";
import type { Clock, Database, Log, Metrics } from "../platform/index.ts";

/** The parts of the product through whose doors the demonstration is set up and looked at. Its traffic comes over HTTP. */
export type DemoParts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "text">;
  readonly factLog: Pick<FactLog, "read" | "positionBefore">;
  readonly governance: Governance;
  readonly ledger: Pick<Ledger, "positionPage">;
  readonly availability: Availabilities;
  readonly integration: Pick<
    Integration,
    "accounts" | "enqueue" | "document" | "backlog" | "streams" | "greatestKey"
  >;
  readonly orchestration: Pick<Orchestration, "orderPage">;
};

/** Who takes part in the demonstration, with the number of this run: nobody repeats the ids of an earlier one. */
export type Run = {
  readonly seed: string;
  /** Rises from start to start. It is in ids that must not come twice, and decides nothing else: that follows from the seed. */
  readonly number: number;
  readonly now: () => Date;
};
