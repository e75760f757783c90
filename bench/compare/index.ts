/**
 * Public reports of oversold, lost and invented stock, played against the product and against what others use:
 * `npm run -s compare`. The peers are installed on demand, in the versions of `peers/package.json`.
 *
 * Invariants: every system is asked by its public programming interface, in two processes over one durable PostgreSQL; a scenario is
 * judged by what buyers were told and what the system's own books say after it; a system that cannot be had is named with the reason.
 *
 * It deliberately measures no speed; that nobody is promised what is not there is what is compared.
 */
import { migrate, openDatabase, readMigrations } from "../../src/platform/index.ts";
import { type Cluster, startCluster } from "../cluster.ts";
import { openParts } from "../product-parts.ts";
import { setUpChannels } from "./crossdock.ts";
import { installCompared } from "./peers.ts";
import { openRoom, type RoomToOpen } from "./room.ts";
import { type Finding, SCENARIOS } from "./scenarios.ts";

type Played = { readonly version: string; readonly findings: readonly Finding[] };

const say = (line: string) => console.error(line);

async function setUpProduct(url: string): Promise<void> {
  const database = await openDatabase(url, { applicationName: "compare", poolMax: 2 });
  await migrate(database, await readMigrations());
  await setUpChannels(openParts(database));
  await database.close();
}

/** Plays every scenario in two processes of one system. A scenario that ends in an error has failed. */
async function playAll(cluster: Cluster, name: RoomToOpen["name"], folder: string): Promise<Played> {
  const url = await cluster.createDatabase(name);
  if (name === "crossdock") await setUpProduct(url);
  const first = await openRoom({ name, url, folder, isFirst: true });
  const second = await openRoom({ name, url, folder, isFirst: false });
  const findings: Finding[] = [];
  for (const [at, { name: scenario, run }] of SCENARIOS.entries()) {
    const finding = await run([first, second], `item-${at}`).catch(
      (error: unknown): Finding => ({ holds: false, saw: String(error).slice(0, 200) }),
    );
    say(`${name}, ${scenario}: ${finding.holds ? "holds" : "FAILS"}, ${finding.saw}`);
    findings.push(finding);
  }
  const version = await first.version();
  await Promise.all([first.stop(), second.stop()]);
  return { version, findings };
}

/** A table in Markdown: a row for each scenario, a column for each system. */
function tableOf(played: readonly Played[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rows = SCENARIOS.map(({ name, reported, must }, at) => {
    const cells = played.map(({ findings }) => {
      const { holds = false, saw = "" } = findings[at] ?? {};
      return `${holds ? "holds" : "**fails**"}: ${saw}`;
    });
    return row([`${name} (${reported}): ${must}`, ...cells]);
  });
  const versions = played.map(({ version }) => version);
  return [row(["", ...versions]), row(["", ...versions].map(() => "---")), ...rows].join("\n");
}

async function main(): Promise<number> {
  const cluster = await startCluster();
  try {
    const folder = await installCompared(say);
    const played = [await playAll(cluster, "crossdock", "")];
    for (const name of folder === undefined ? [] : (["medusa", "vendure"] as const)) {
      try {
        played.push(await playAll(cluster, name, folder ?? ""));
      } catch (error) {
        say(`${name} is left out: ${String(error)}`);
      }
    }
    console.log(tableOf(played));
    return played[0]?.findings.every(({ holds }) => holds) === true ? 0 : 1;
  } finally {
    await cluster.stop();
  }
}

process.exit(await main());
