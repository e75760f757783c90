import type { AuditPort } from "../../src/gateway/services.ts";
import { NOW } from "./ports.ts";

/** A log of one fact, which is signed once that was asked for. */
export function memoryAudit(): AuditPort {
  const note = "crossdock/test\n1\nAAAA\n\n— crossdock/test AAAA\n";
  let signed: { size: number; root: Buffer; note: string; signed_at: Date } | undefined;
  return {
    latestCheckpoint: async () => signed,
    async checkpoint() {
      signed = { size: 1, root: Buffer.alloc(32), note, signed_at: new Date(NOW) };
      return signed;
    },
    keys: async () => [{ verifier: "crossdock/test+00000000+AAAA", createdAt: new Date(NOW) }],
    async proveFact(name) {
      if (!("position" in name) || name.position.transaction !== 8) return undefined;
      if (signed === undefined) return "not-yet";
      const format = "crossdock-inclusion-proof/1";
      return { format, index: 0, size: 1, leaf: "{}", hashes: [], checkpoint: note };
    },
    async proveConsistency(from, to) {
      if (from > to || to > 1) return undefined;
      return {
        format: "crossdock-consistency-proof/1",
        from,
        to,
        fromRoot: "AAAA",
        toRoot: "AAAA",
        hashes: [],
      };
    },
    async exportFacts({ first }) {
      if (signed === undefined || first > 0) return undefined;
      return (async function* lines() {
        yield "head";
        yield "fact";
      })();
    },
  };
}
