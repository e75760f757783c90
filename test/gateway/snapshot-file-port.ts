import { text } from "node:stream/consumers";
import type { SnapshotFileRequest, SnapshotFilesPort } from "../../src/gateway/index.ts";
import { warehouse } from "./ports.ts";

/** Files in memory: what was asked, and an answer that depends on what is in the file. */
export function memorySnapshotFiles(): SnapshotFilesPort & {
  readonly asked: { readonly request: SnapshotFileRequest; readonly texts: readonly string[] }[];
} {
  const asked: { request: SnapshotFileRequest; texts: string[] }[] = [];
  return {
    asked,
    async importFile(file, request) {
      const texts = [await text(file.open()), await text(file.open())];
      asked.push({ request, texts });
      const [whole = ""] = texts;
      if (request.accountId !== warehouse) return { is: "unknown-account" };
      if (!whole.startsWith("sku")) return { is: "unreadable", problem: "No column is the item." };
      if (whole.includes("-1"))
        return { is: "faulty", faultCount: 7, faults: [{ line: 2, message: "-1 is below zero" }] };
      const { snapshotId, isRehearsal } = request;
      const snapshot = { location: "WH1", snapshotId, lines: 1 };
      const taken = { pages: 1, duplicates: 0, parked: 0, linesParked: 0 };
      const is = isRehearsal ? "rehearsed" : "taken";
      return {
        is: "done",
        answer: { is, lines: 1, columns: { item: "sku" }, ignored: [], snapshots: [{ ...snapshot, taken }] },
      };
    },
  };
}
