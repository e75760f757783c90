import type { Fact } from "@crossdock/canonical";
import { quantityDelta } from "@crossdock/canonical";
import { createFactLog, createLogSeal, type FactLog, type LogSeal } from "../../../src/backbone/index.ts";
import {
  createSecretBox,
  type Database,
  localWakeup,
  openLeases,
  type SecretBox,
  silentLog,
  systemIds,
} from "../../../src/platform/index.ts";
import { type ManualClock, manualClock } from "../../support/clock.ts";
import { stock, warehouse, widget } from "../../support/core.ts";

/** A log with its seal, over one database. */
export type SealedLog = {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly log: FactLog;
  readonly seal: LogSeal;
  /** Appends so many facts in one transaction, and waits until they are settled. */
  append(count: number): Promise<void>;
};

export const secretBox = createSecretBox(Buffer.alloc(32, 7));

export function openSealedLog(database: Database, box: SecretBox = secretBox): SealedLog {
  const clock = manualClock();
  const ids = systemIds();
  const wakeup = localWakeup();
  const deps = { database, clock, ids, wakeup, log: silentLog, secretBox: box };
  const log = createFactLog(deps);
  const seal = createLogSeal({ ...deps, leases: openLeases(deps) });
  let settles = 0;
  return {
    database,
    clock,
    log,
    seal,
    async append(count) {
      const facts = Array.from({ length: count }, (_, at) => ({
        fact: factOf(at),
        at: clock.now(),
        correlationId: `journey-${at}`,
      }));
      const numbered = await log.number(facts);
      await database.transaction(async (tx) => log.append(tx, numbered));
      settles += 1;
      const name = `settle-${settles}-${ids.next()}`;
      await log.subscribe({ name, types: [], rewindable: true, handle: async () => undefined }).drain();
    },
  };
}

/** Facts of unlike shapes, with text beyond ASCII in some. */
function factOf(at: number): Fact {
  if (at % 3 === 0) return stock.received(at + 1);
  if (at % 3 === 1) return stock.counted(at);
  const reason = `Bruch \u{1F4A5} "${at}" \u2028`;
  const data = { item: widget, location: warehouse, delta: quantityDelta(-at), reason };
  return { type: "StockAdjusted", data };
}
