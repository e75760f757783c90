import type { Database } from "../../platform/index.ts";
import { type AuditOptions, type AuditReport, auditLog } from "./auditor-service.ts";
import { type PublicKey, publicKeys } from "./keys-service.ts";
import { createProver, type Prover } from "./prover-service.ts";
import { createSealer, type Sealer, type SealerDeps } from "./sealer-service.ts";
import {
  checkStretch,
  type ExportedStretch,
  exportStretch,
  type StretchBounds,
  type StretchCheck,
  type StretchExport,
} from "./stretch-service.ts";

/** The seal of the log: what is written behind it, what it proves, and whether the log is still what was sealed. */
export type LogSeal = Sealer &
  Prover & {
    /** Every key that signed for this log, the one in use first. The first is made with the first checkpoint. */
    keys(): Promise<readonly PublicKey[]>;
    /** Hashes the whole log again and says what is not as it was sealed. */
    audit(options?: AuditOptions): Promise<AuditReport>;
    /** The facts of a closed stretch as lines that prove themselves. */
    exportStretch(stretch: StretchBounds): Promise<StretchExport>;
    /** Holds such lines against the seal of this log. */
    checkStretch(said: ExportedStretch, pages: AsyncIterable<readonly string[]>): Promise<StretchCheck>;
  };

/** Makes the seal over a database; nothing runs yet. */
export function createLogSeal(deps: SealerDeps): LogSeal {
  const database: Database = deps.database;
  return {
    ...createSealer(deps),
    ...createProver(database),
    keys: () => publicKeys(database),
    audit: (options) => auditLog(database, options),
    exportStretch: (stretch) => exportStretch(database, stretch),
    checkStretch: (said, pages) => checkStretch(database, said, pages),
  };
}
