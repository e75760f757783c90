import { createHash } from "node:crypto";
import type { MasterKind, MasterRecord } from "@crossdock/canonical";
import type { Database, KeepAnswer, Transaction } from "../platform/index.ts";
import { templateOf } from "./columns.ts";
import { FileRefused } from "./file-refused.ts";
import { readMasterFile } from "./file-service.ts";
import { inTime } from "./import-order.ts";
import type { ImportRow, PlacedRecord } from "./import-row.ts";
import type { MasterOutcome } from "./master-outcome.ts";
import { changeMaster, type MasterDeps, type Stated, weighMaster } from "./master-service.ts";
import {
  analyzeMaster,
  type ChangeRow,
  type LocationRow,
  type LotRow,
  selectChanges,
  selectLocationPage,
  selectLotsOf,
  settleIn,
  takeChangeTurn,
} from "./master-store.ts";

/** In whose name master data is changed. */
export type Changer = { readonly by: string; readonly correlationId?: string | undefined };

/** A file of statements, in batches that fit into memory. */
export type MasterImport = {
  readonly batches: AsyncIterable<readonly ImportRow[]>;
  readonly changer: Changer;
  /**
   * What a rehearsal showed. The file is taken only if it would do exactly that; absent: it is rehearsed, and nothing is changed.
   */
  readonly token?: string | undefined;
  /** Whether a file with refused rows is taken without them. */
  readonly skipRefused?: boolean;
  /** Told of each row: first of those that do not say from when, in their order, then of the others in the order of their beginnings. */
  readonly onRow: (place: number, outcome: MasterOutcome) => void;
};

/** What an import came to. */
export type ImportReport = {
  /** `rehearsed`: nothing was changed. `applied`: all of it was. `differs`: it would not do what was shown. `refused`: rows are wrong. */
  readonly is: "rehearsed" | "applied" | "differs" | "refused";
  readonly counts: Readonly<Record<MasterOutcome["outcome"], number>>;
  /** Stands for everything that the import does, row by row, with what was there before. */
  readonly token: string;
};

/** Master data by statements, each of which is looked at before it is taken. */
export type MasterChanges = {
  /** One outcome a statement, in order. Refused ones change nothing and stop none of their neighbours; all others are kept together. */
  stateMaster(
    records: readonly MasterRecord[],
    changer: Changer,
    keep?: KeepAnswer<readonly MasterOutcome[]>,
  ): Promise<readonly MasterOutcome[]>;
  /** The same in a transaction of the caller, which takes the turn: other changes of master data wait until it has ended. */
  stateMasterWithin(
    tx: Transaction,
    records: readonly MasterRecord[],
    changer: Changer,
  ): Promise<readonly MasterOutcome[]>;
  /** What statements would come to, one upon the other. Nothing is changed, and nobody waits. */
  weighMaster(tx: Transaction, records: readonly MasterRecord[]): Promise<readonly MasterOutcome[]>;
  /** Takes or rehearses a whole file in one transaction. */
  importMaster(given: MasterImport): Promise<ImportReport>;
  /** The same for a file of a kind, CSV or XLSX. `problem`: it cannot be read as one. */
  importMasterFile(
    given: Omit<MasterImport, "batches"> & { readonly kind: MasterKind; readonly bytes: Uint8Array },
  ): Promise<ImportReport | { readonly problem: string }>;
  /** A file of a kind with its headings and one line that shows what goes where. */
  masterTemplate(kind: MasterKind): string;
  /** What was changed, the newest first. */
  masterHistory(page: {
    readonly itemId?: string | undefined;
    readonly locationId?: string | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<readonly ChangeRow[]>;
  lotsOf(
    itemId: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly LotRow[]>;
  locationPage(page: { readonly after: string; readonly limit: number }): Promise<readonly LocationRow[]>;
};

/** Opens the changing of master data. `saved` is called after each change. */
export function masterChanges(
  deps: MasterDeps & { readonly database: Database; readonly saved: () => void },
): MasterChanges {
  const { database, clock, saved } = deps;
  return {
    async stateMaster(records, changer, keep) {
      const now = clock.now();
      const outcomes = await database.transaction(async (tx) => {
        await takeChangeTurn(tx, changer, now);
        const made = await changeMaster(deps, tx, { records: placed(records), stated: new Map(), now });
        await keep?.(tx, made);
        return made;
      });
      saved();
      return outcomes;
    },
    async stateMasterWithin(tx, records, changer) {
      const now = clock.now();
      await takeChangeTurn(tx, changer, now);
      tx.afterCommit(saved);
      return changeMaster(deps, tx, { records: placed(records), stated: new Map(), now });
    },
    async weighMaster(tx, records) {
      const given = { records: placed(records), stated: new Map(), now: clock.now() };
      return (await weighMaster(deps, tx, given)).outcomes;
    },
    importMaster: (given) => importMaster(deps, given),
    async importMasterFile({ kind, bytes, ...given }) {
      try {
        return await importMaster(deps, { ...given, batches: readMasterFile(kind, bytes) });
      } catch (error) {
        if (error instanceof FileRefused) return { problem: error.message };
        throw error;
      }
    },
    masterTemplate: templateOf,
    masterHistory: (page) => selectChanges(database, page),
    lotsOf: (itemId, page) => selectLotsOf(database, itemId, page),
    locationPage: (page) => selectLocationPage(database, page),
  };
}

const placed = (records: readonly MasterRecord[]): readonly PlacedRecord[] =>
  records.map((record, place) => ({ record, place }));

/** Ends a transaction that is only to be looked at. It carries the report out. */
class Rehearsed extends Error {
  readonly report: ImportReport;

  constructor(report: ImportReport) {
    super("a rehearsal ends without its changes");
    this.report = report;
  }
}

/**
 * A rehearsal does all that the import does and then takes it back, so that what it shows is what happens. The token is made of every
 * outcome with what was there before; a file that does something else by then is not taken.
 */
async function importMaster(
  deps: MasterDeps & { readonly database: Database; readonly saved: () => void },
  given: MasterImport,
): Promise<ImportReport> {
  try {
    const report = await deps.database.transaction(async (tx) => {
      const done = await takeRows(deps, tx, given);
      const is = verdict(given, done);
      if (is !== "applied") throw new Rehearsed({ ...done, is });
      return { ...done, is };
    });
    deps.saved();
    return report;
  } catch (error) {
    if (error instanceof Rehearsed) return error.report;
    throw error;
  }
}

function verdict(
  { token, skipRefused = false }: MasterImport,
  done: Omit<ImportReport, "is">,
): ImportReport["is"] {
  if (token === undefined) return "rehearsed";
  if (token !== done.token) return "differs";
  return done.counts.refused > 0 && !skipRefused ? "refused" : "applied";
}

async function takeRows(
  deps: MasterDeps,
  tx: Transaction,
  { batches, changer, onRow }: MasterImport,
): Promise<Omit<ImportReport, "is">> {
  const now = deps.clock.now();
  await takeChangeTurn(tx, changer, now);
  settleIn(tx);
  const digest = createHash("sha256");
  const counts = { created: 0, changed: 0, unchanged: 0, refused: 0 };
  const stated: Stated = new Map();
  let batchNumber = 0;
  for await (const rows of inTime(batches)) {
    // Each time there may be twice as much as before: plans for half as many rows are still good, and the last count costs the most.
    if (Number.isInteger(Math.log2(batchNumber + 1))) await analyzeMaster(tx);
    batchNumber += 1;
    const records = rows.filter((row): row is PlacedRecord => "record" in row);
    const outcomes = await changeMaster(deps, tx, { records, stated, now });
    const taken = outcomes.values();
    for (const row of rows) {
      const outcome = "refused" in row ? row.refused : taken.next().value;
      if (outcome === undefined) throw new Error(`row ${row.place} got no outcome`);
      counts[outcome.outcome] += 1;
      // An id that is made for something new is another one every time.
      digest.update(`${row.place} ${JSON.stringify({ ...outcome, id: undefined })}\n`);
      onRow(row.place, outcome);
    }
  }
  return { counts, token: digest.digest("base64url") };
}
