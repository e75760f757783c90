import type { FactLog } from "../../backbone/index.ts";
import type { Queryable } from "../../platform/index.ts";
import type { Numbered } from "../count.ts";
import { isPage } from "../gather-service.ts";
import { rowsOf } from "../snapshot.ts";
import { selectPageFacts } from "../snapshot-page-store.ts";
import { type HeldRow, selectUnaccepted, selectWords, type WordRow, type WordsAsked } from "./store.ts";

/** Pages of an unaccepted snapshot that are read for one item; of a larger one its number is not known. */
const PAGES_READ_MAX = 200;
/** Pages read at once. */
const PAGES_AT_ONCE = 20;

/** What a system says of one lot. `said` is undefined where the books took its word for everything: then it is what they came to. */
export type Word = {
  readonly lot: string;
  readonly said: number | undefined;
  readonly at: Date;
  readonly factNumber: number | undefined;
  readonly watermark: Numbered | undefined;
};

/** What a system says of a subject, lot by lot, and how its word was taken. */
export type Words = {
  readonly is: "claim" | "count" | "unaccepted";
  readonly words: readonly Word[];
  /** The latest of their moments: what lots without a word of their own are held against. */
  readonly at: Date;
  readonly watermark: Numbered | undefined;
};

/** What a system said last of a subject; undefined when it has said nothing. A snapshot that nobody accepted is its word all the same. */
export async function wordsOf(
  factLog: FactLog,
  tx: Queryable,
  asked: WordsAsked,
): Promise<Words | undefined> {
  const rows = await selectWords(tx, asked);
  const latest = latestOf(rows);
  const held = await selectUnaccepted(tx, { ...asked, after: latest?.said_at });
  const unaccepted = held === undefined ? undefined : await wordsOfSnapshot(factLog, tx, { asked, held });
  if (unaccepted !== undefined) return unaccepted;
  if (latest === undefined) return undefined;
  const words = await Promise.all(rows.map((row) => wordOf(factLog, tx, { row, source: asked.source })));
  return {
    is: takenAs(rows, latest),
    words,
    at: latest.said_at,
    watermark: words.find((word) => word.lot === latest.lot)?.watermark,
  };
}

function takenAs(rows: readonly WordRow[], latest: WordRow): Words["is"] {
  if (rows.some((row) => row.said_as === "case")) return "unaccepted";
  return latest.said_as.startsWith("claim") ? "claim" : "count";
}

const latestOf = (rows: readonly WordRow[]): WordRow | undefined =>
  rows.reduce<WordRow | undefined>(
    (latest, row) => (latest === undefined || row.said_at > latest.said_at ? row : latest),
    undefined,
  );

async function wordOf(
  factLog: FactLog,
  tx: Queryable,
  { row, source }: { readonly row: WordRow; readonly source: string },
): Promise<Word> {
  const { lot, said_at: at, event_number: factNumber } = row;
  const kept = numbered(source, row);
  const word = { lot, at, said: row.said ?? undefined, factNumber: factNumber ?? undefined };
  if (kept !== undefined || factNumber === null || !row.said_as.startsWith("claim"))
    return { ...word, watermark: kept };
  // What a claim had seen is not kept with its number: its page says it.
  const [fact] = await factLog.factsByNumber(tx, [factNumber]);
  const watermark = fact !== undefined && isPage(fact) ? fact.data.watermark : undefined;
  return { ...word, watermark: watermark === undefined ? undefined : { source, ...watermark } };
}

type Marked = { readonly watermark_stream: string | null; readonly watermark_number: number | null };

const numbered = (source: string, row: Marked): Numbered | undefined => {
  const { watermark_stream: stream, watermark_number: number } = row;
  return stream === null || number === null ? undefined : { source, stream, number };
};

async function wordsOfSnapshot(
  factLog: FactLog,
  tx: Queryable,
  { asked, held }: { readonly asked: WordsAsked; readonly held: HeldRow },
): Promise<Words | undefined> {
  const { snapshot_number: snapshotNumber, pages_come: pages, taken_at: at } = held;
  if (pages > PAGES_READ_MAX) return undefined;
  const counted = new Map<string, { said: number; factNumber: number }>();
  for (let after = 0; ; ) {
    const numbers = await selectPageFacts(tx, snapshotNumber, { after, limit: PAGES_AT_ONCE });
    const facts = await factLog.factsByNumber(tx, numbers);
    for (const row of facts.filter(isPage).flatMap(rowsOf)) {
      if (row.itemId !== asked.itemId || row.lot !== (asked.lot ?? row.lot)) continue;
      const known = counted.get(row.lot)?.said ?? 0;
      counted.set(row.lot, { said: known + row.counted, factNumber: row.eventNumber });
    }
    const last = numbers.at(-1);
    if (last === undefined || numbers.length < PAGES_AT_ONCE) break;
    after = last;
  }
  if (counted.size === 0 && held.scope === "partial") return undefined;
  if (counted.size === 0) counted.set(asked.lot ?? "", { said: 0, factNumber: 0 });
  const watermark = numbered(asked.source, held);
  const words = [...counted].map(([lot, { said, factNumber }]): Word => {
    return { lot, said, at, watermark, factNumber: factNumber === 0 ? undefined : factNumber };
  });
  return { is: "unaccepted", words, at, watermark };
}
