import type { KeptAnswer, KeyedAnswersPort } from "../../src/gateway/index.ts";
import type { Ids } from "../../src/platform/index.ts";

/** First answers in memory, with the rules of the store but without its clock. */
export function memoryKeyedAnswers(ids: Ids): KeyedAnswersPort & { readonly size: () => number } {
  type Row = { readonly fingerprint: string; readonly claim: string; answer?: KeptAnswer };
  const rows = new Map<string, Row>();
  return {
    size: () => rows.size,
    async claim({ clientId, key }, fingerprint) {
      const row = rows.get(`${clientId}/${key}`);
      if (row === undefined) {
        const claim = ids.next();
        rows.set(`${clientId}/${key}`, { fingerprint, claim });
        return { is: "claimed", claim };
      }
      if (row.fingerprint !== fingerprint) return { is: "reused" };
      return row.answer === undefined ? { is: "in-flight" } : { is: "answered", answer: row.answer };
    },
    async keep({ clientId, key }, claim, answer) {
      const row = rows.get(`${clientId}/${key}`);
      if (row?.claim === claim) row.answer = answer;
    },
    async keepWithin(_tx, { clientId, key }, claim, answer) {
      const row = rows.get(`${clientId}/${key}`);
      if (row?.claim !== claim) throw new Error(`the key ${key} was taken over`);
      row.answer = answer;
    },
    async release({ clientId, key }, claim) {
      if (rows.get(`${clientId}/${key}`)?.claim === claim) rows.delete(`${clientId}/${key}`);
    },
  };
}
