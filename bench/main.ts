/**
 * Measures the product beside its peers and below its ceilings: `npm run -s bench -- B1 [--json] [--quick] [--seconds N]`.
 * What each benchmark does, and why its number can be believed, stands in its folder.
 */
import { parseArgs } from "node:util";
import { createStopper } from "../src/platform/index.ts";
import { flashSale } from "./b1/index.ts";
import { batchedSale } from "./b1b/index.ts";
import { orders } from "./b2/index.ts";
import { firehose } from "./b3/index.ts";
import { snapshotImport } from "./b4/index.ts";
import { readsBesideOrders } from "./b5/beside.ts";
import { availabilityReads } from "./b5/index.ts";
import { rebuildOfBooks } from "./b8/index.ts";
import { type Benchmark, judged } from "./result.ts";
import { tableOf } from "./table.ts";

const benchmarks: readonly Benchmark[] = [
  flashSale,
  batchedSale,
  orders,
  firehose,
  snapshotImport,
  availabilityReads,
  readsBesideOrders,
  rebuildOfBooks,
];

/** Servers that have not stopped by then are left to the system. */
const STOP_MS_MAX = 60_000;

const usage = [
  "npm run -s bench -- <id> [--json] [--quick] [--seconds N] [--positions N] [--shops] [--profile FOLDER]",
  "",
  ...benchmarks.map(({ id, about }) => `  ${id}  ${about}`),
  "",
  "  --json      one last line with everything that was measured",
  "  --quick     a small run that shows that everything works",
  "  --seconds   measure for at least so long, in whole rounds",
  "  --positions how many positions the firehose, the snapshot or the books have",
  "  --shops     install Medusa and Vendure on demand, and let them take part in B1",
  "  --profile   leave a CPU profile of the product's server in this folder",
].join("\n");

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      seconds: { type: "string" },
      positions: { type: "string" },
      shops: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const benchmark = benchmarks.find(({ id }) => id.toLowerCase() === positionals[0]?.toLowerCase());
  const [seconds, positions] = [values.seconds, values.positions].map((text) =>
    text === undefined ? undefined : Number(text),
  );
  const isAbsentOrPositive = (value: number | undefined) => value === undefined || value > 0;
  const areUsable = isAbsentOrPositive(seconds) && isAbsentOrPositive(positions);
  const isUsable = benchmark !== undefined && areUsable && !values.help;
  if (!isUsable) {
    console.error(usage);
    return values.help ? 0 : 2;
  }
  const say = (line: string) => console.error(line);
  const stopper = createStopper({ graceMs: STOP_MS_MAX, process });
  const { quick, shops: hasShops, profile: profileFolder } = values;
  const options = { quick, seconds, positions, hasShops, profileFolder, stopper, say };
  const result = judged(await benchmark.run(options).finally(() => stopper.stop("finished")));
  console.log(tableOf(result));
  if (values.json) console.log(JSON.stringify(result));
  return result.audit === "passed" ? 0 : 1;
}

process.exitCode = await main();
