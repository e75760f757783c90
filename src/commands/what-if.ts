import {
  type ChannelTally,
  type NoRules,
  type PlayedRules,
  parseRuleSet,
  type ReplayResult,
} from "../availability/index.ts";
import { openWhatIf } from "../product.ts";
import { commandLog, openSession } from "./session.ts";

export type WhatIfOptions = {
  readonly from: Date;
  readonly to?: Date;
  readonly rules: string;
  readonly beside: string;
  readonly differences: boolean;
  readonly json: boolean;
};

/**
 * `crossdock what-if --from T --rules DRAFT|VERSION [--to T] [--beside VERSION]`: what would have come of a time under other rules. It reads
 * the database and writes nothing. Exit code 1 when there are no such rules.
 */
export async function whatIf(options: WhatIfOptions): Promise<number> {
  const log = commandLog();
  const session = await openSession({ applicationName: "crossdock what-if", pending: "refuse", log });
  const stopping = new AbortController();
  const stop = () => stopping.abort(new Error("it was stopped"));
  process.once("SIGINT", stop);
  try {
    const play = openWhatIf({ database: session.database, log });
    const window = { from: options.from, to: options.to ?? new Date() };
    const asked = { window, rules: parseRuleSet(options.rules), beside: parseRuleSet(options.beside) };
    const result = await play(asked, {
      restMs: 0,
      signal: stopping.signal,
      progress: () => undefined,
      differs: (difference) => {
        if (options.differences) console.log(JSON.stringify(difference));
      },
    });
    return tell(result, options);
  } finally {
    process.removeListener("SIGINT", stop);
    await session.close();
  }
}

function tell(result: ReplayResult | NoRules, { json }: WhatIfOptions): number {
  if ("refused" in result) {
    console.error(result.message);
    return 1;
  }
  console.log(json ? JSON.stringify(result) : resultText(result));
  return 0;
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`;
const average = (sum: number, of: number): string => (of === 0 ? "-" : (sum / of).toFixed(2));

/** What is shown of a tally, line by line: the trade's figures first, then what they are made of. */
const ROWS: readonly (readonly [string, (tally: ChannelTally) => string])[] = [
  ["asked", (tally) => String(tally.asked)],
  ["promised whole", (tally) => String(tally.promisedWhole)],
  ["promised in part", (tally) => String(tally.promisedPartly)],
  ["refused", (tally) => String(tally.refused)],
  ["fill rate, lines", (tally) => percent(tally.linesPromised, tally.lines)],
  ["fill rate, units", (tally) => percent(tally.unitsPromised, tally.units)],
  ["units promised", (tally) => String(tally.unitsPromised)],
  ["splits an order", (tally) => average(tally.splits, tally.promisedWhole + tally.promisedPartly)],
  ["hold, seconds", (tally) => average(tally.heldSeconds, tally.holds)],
  ["kept back, units", (tally) => String(tally.unitsKeptBack)],
  ["stranded, units", (tally) => String(tally.unitsStranded)],
  ["overshown, unit hours", (tally) => (tally.overshownUnitSeconds / 3_600).toFixed(2)],
  ["oversold, units", (tally) => String(tally.unitsOversold)],
  ["oversold, orders", (tally) => String(tally.ordersOversold)],
];

const NAME_WIDTH = 24;
const FIGURE_WIDTH = 16;

/** The result as people read it: both rule sets side by side, for all channels and for each. */
export function resultText(result: ReplayResult): string {
  const { tried, beside, reproduced } = result;
  const channels = new Set([...tried.channels, ...beside.channels].map(({ channelId }) => channelId));
  const tallyOf = (played: PlayedRules, channel: string) =>
    played.channels.find(({ channelId }) => channelId === channel);
  return [
    `${result.from} to ${result.to}: ${result.transfers} movements, ${result.asked} requests, of which ${result.differing} come to something else`,
    ...(result.leftOut === 0 ? [] : [`${result.leftOut} requests under limits of holds are left out`]),
    ...(result.askedKeptSince === undefined || result.askedKeptSince > result.from
      ? [
          `What was refused is known since ${result.askedKeptSince ?? "never"}; what was refused before is not played.`,
        ]
      : []),
    ...(reproduced === undefined ? [] : [reproducedText(reproduced)]),
    "",
    ...table("all channels", result, [tried.all, beside.all]),
    ...[...channels]
      .toSorted()
      .flatMap((channel) => [
        "",
        ...table(channel, result, [tallyOf(tried, channel), tallyOf(beside, channel)]),
      ]),
  ].join("\n");
}

function reproducedText({ exactly, not, whys }: NonNullable<ReplayResult["reproduced"]>): string {
  const reasons = Object.entries(whys).map(([why, count]) => `${count} ${why}`);
  const rest = not === 0 ? "" : `, ${not} not (${reasons.join(", ")})`;
  return `Under the rules of the time ${exactly} come to what they came to then, to the unit and the place${rest}`;
}

function table(
  name: string,
  { tried, beside }: ReplayResult,
  tallies: readonly (ChannelTally | undefined)[],
): string[] {
  const line = (title: string, figures: readonly string[]) =>
    `${title.padEnd(NAME_WIDTH)}${figures.map((figure) => figure.padStart(FIGURE_WIDTH)).join("")}`;
  const short = (rules: string) => rules.slice(0, FIGURE_WIDTH - 2);
  return [
    line(name, [short(tried.rules), short(beside.rules)]),
    ...ROWS.map(([title, figure]) =>
      line(
        title,
        tallies.map((tally) => (tally === undefined ? "-" : figure(tally))),
      ),
    ),
  ];
}
