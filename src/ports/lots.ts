import { accountSource, itemId } from "@crossdock/canonical";
import type { LotDisagreement, LotsPort } from "../gateway/index.ts";
import type { LotDisagreement as DisagreementRow, Lots } from "../governance/index.ts";
import { numberCursor } from "./cursor.ts";

function toView(row: DisagreementRow): LotDisagreement {
  return {
    disagreementNumber: String(row.statement_number),
    ...{ itemId: itemId(row.item_id), sku: row.sku, lot: row.lot, measure: "expires-on" },
    kept: {
      ...(row.kept_on === null ? {} : { expiresOn: row.kept_on }),
      ...(row.kept_source === null ? {} : { source: row.kept_source }),
      ...(row.kept_number === null ? {} : { factNumber: String(row.kept_number) }),
    },
    stated: {
      ...{ expiresOn: row.stated_on, source: row.source, factId: row.fact_id },
      factNumber: String(row.event_number),
      effectiveAt: row.effective_at.toISOString(),
      recordedAt: row.recorded_at.toISOString(),
    },
    ...(row.differs_since === null ? {} : { since: row.differs_since.toISOString() }),
    ...conclusion(row),
  };
}

function conclusion({
  concluded_at: at,
  concluded_by: by,
  because,
  taken,
}: DisagreementRow): Pick<LotDisagreement, "state"> & Partial<LotDisagreement> {
  if (at === null || by === null || because === null) return { state: "open" };
  const take = taken === true ? "theirs" : "ours";
  return { state: "concluded", concluded: { take, at: at.toISOString(), by, because } };
}

/** What receipts say of lots, as the gateway asks for it. */
export function lotsPort(lots: Lots): LotsPort {
  return {
    async disagreements({ after: cursor, limit, accountIds, state, itemId: item }) {
      const after = numberCursor(cursor);
      if (after === "bad-cursor") return after;
      const sources = accountIds?.map(accountSource);
      const rows = await lots.disagreements({ state, itemId: item, sources, after: after ?? 0, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        rows: rows.map(toView),
        next: last === undefined ? undefined : String(last.statement_number),
      };
    },
    async conclude(disagreementNumber, { take, because, caller, accountIds }) {
      const number = Number(disagreementNumber);
      const seen = await lots.disagreement(number);
      if (seen === undefined || accountIds?.map(accountSource).includes(seen.source) === false)
        return undefined;
      const changer = { by: caller.clientId, correlationId: caller.correlationId };
      const made = await lots.conclude({ number, take: take === "theirs", because, changer });
      if (made === undefined) return undefined;
      const disagreement = toView(made.disagreement);
      if (made.is === "refused") return { outcome: "refused", detail: made.detail, disagreement };
      return { outcome: made.is === "already" ? "already-settled" : "settled", disagreement };
    },
  };
}
