import type { SupplyFileRequest, SupplyFilesPort } from "../../src/gateway/index.ts";

/** Files whose text says what becomes of them; what was asked is kept. */
export type MemorySupplyFiles = SupplyFilesPort & { readonly asked: SupplyFileRequest[] };

export function memorySupplyFiles(): MemorySupplyFiles {
  const asked: SupplyFileRequest[] = [];
  return {
    asked,
    async importFile(request) {
      asked.push(request);
      const text = Buffer.from(request.bytes).toString();
      if (request.accountId === "nobody") return { is: "unknown-account" };
      if (text === "damaged") return { is: "unreadable", problem: "It is damaged." };
      if (text === "wrong") {
        return { is: "faulty", faults: [{ line: 2, column: "unit", message: "is wrong" }], faultCount: 1 };
      }
      const counts = { created: 1, changed: 0, unchanged: 0, outdated: 0, waiting: 0 };
      const is = request.isRehearsal ? "rehearsed" : "taken";
      return { is: "done", answer: { is, lines: 1, ...counts, results: [], more: 0 } };
    },
    template: () => "number,item\r\n",
  };
}
