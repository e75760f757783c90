import { type LogPosition, subscriberLags } from "../backbone/index.ts";
import { type Census, countFacts, NOTHING_COUNTED } from "./census.ts";
import { pause } from "./client-service.ts";
import type { DemoParts } from "./parts.ts";
import type { Simulation } from "./simulation-service.ts";
import { type Figures, fitted, sampleSum, summaryText } from "./summary.ts";

/** Facts read at a time, and pages read for one line: after a long pause the rest is read for the next ones. */
const PAGE_FACTS = 2_000;
const PAGES_MAX = 20;
/** How often the line is renewed where it can be rewritten, and how often a new line is written where it cannot. */
const LIVE_EVERY_MS = 1_000;
const PLAIN_EVERY_MS = 10_000;
const COLUMNS_DEFAULT = 200;

/** Where the line is shown. */
export type Screen = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

type Reading = { readonly census: Census; readonly position: LogPosition | undefined; readonly atMs: number };

/** Puts the figures together, from the log, the metrics and what the simulated systems complain of. */
export function createFigures(simulation: Simulation): () => Promise<Figures> {
  const { parts, startedAt } = simulation;
  let last: Reading = { census: NOTHING_COUNTED, position: undefined, atMs: startedAt.getTime() };
  return async () => {
    const nowMs = parts.clock.now().getTime();
    const before = last;
    last = { ...(await readOn(parts, before, startedAt)), atMs: nowMs };
    const [metrics, untold, lags] = await Promise.all([
      parts.metrics.text(),
      parts.availability.untold(),
      subscriberLags(parts.database),
    ]);
    const { census } = last;
    const seconds = Math.max(0.001, (nowMs - before.atMs) / 1_000);
    return {
      uptimeMs: nowMs - startedAt.getTime(),
      orders: {
        received: census.ordersReceived,
        promised: census.ordersPromised,
        shipped: census.ordersShipped,
      },
      factsPerSecond: (census.facts - before.census.facts) / seconds,
      holds: census.holds.size,
      channels: {
        told: census.told,
        waiting: untold.listings,
        oldestMs: Math.max(0, nowMs - (untold.oldestSince?.getTime() ?? nowMs)),
      },
      lag: lags.reduce((worst, lag) => (lag.facts > worst.facts ? lag : worst), { facts: 0, seconds: 0 }),
      ...countsOf(metrics),
      problems: problemsOf(simulation),
    };
  };
}

/** Reads the log on from where it was read to, from the start of the simulation at first. */
async function readOn(
  { factLog }: DemoParts,
  { census, position }: Reading,
  startedAt: Date,
): Promise<Omit<Reading, "atMs">> {
  let counted = census;
  // An empty log has no position, and neither has one to which nothing was added since.
  let at = position ?? (await factLog.positionBefore(startedAt));
  for (let page = 0; at !== undefined && page < PAGES_MAX; page += 1) {
    const read = await factLog.read({ after: at, limit: PAGE_FACTS });
    counted = countFacts(counted, read.facts);
    at = read.end;
    if (read.isLast) break;
  }
  return { census: counted, position: at };
}

function countsOf(metrics: string): Pick<Figures, "documents" | "parked" | "duplicates"> {
  const documents = (outcome: string) =>
    sampleSum(metrics, "crossdock_integration_documents_total", { outcome });
  const messages = sampleSum(metrics, "crossdock_integration_messages_total", { answer: "duplicate" });
  const records = sampleSum(metrics, "crossdock_integration_records_total", { outcome: "duplicate" });
  return {
    documents: { sent: documents("delivered"), refused: documents("refused") },
    parked: sampleSum(metrics, "crossdock_integration_parked_records", {}),
    duplicates: messages + records,
  };
}

function problemsOf({ problems, retailers }: Simulation): Figures["problems"] {
  const desks = [...retailers.values()];
  const count = desks.reduce((sum, retailer) => sum + retailer.problemCount(), problems.count);
  const latest = desks.map((retailer) => retailer.problems().at(-1)).find((text) => text !== undefined);
  const told = latest ?? problems.latest;
  return told === undefined ? { count } : { count, latest: told };
}

/** Shows the figures until the signal: in one line that is rewritten on a terminal, line by line elsewhere. */
export async function showFigures(
  figures: () => Promise<Figures>,
  screen: Screen,
  end: AbortSignal,
): Promise<void> {
  const isLive = screen.isTTY === true;
  while (!end.aborted) {
    const text = await textOf(figures);
    if (isLive) screen.write(`\r\u001b[2K${fitted(text, screen.columns ?? COLUMNS_DEFAULT)}`);
    else screen.write(`${text}\n`);
    await pause(isLive ? LIVE_EVERY_MS : PLAIN_EVERY_MS, end);
  }
  if (isLive) screen.write("\n");
}

async function textOf(figures: () => Promise<Figures>): Promise<string> {
  try {
    return summaryText(await figures());
  } catch (error) {
    // The database is away, or the program is stopping: the line says so, and is written again.
    return `no figures at the moment: ${error instanceof Error ? error.message : String(error)}`;
  }
}
