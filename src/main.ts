import { setFlagsFromString } from "node:v8";
import { MASTER_KINDS, type MasterKind } from "@crossdock/canonical";
import { Command, InvalidArgumentError } from "commander";
import type { ArchiveOptions } from "./commands/archive.ts";
import type { ExportOptions, VerifyOptions } from "./commands/audit.ts";
import type { KeyOptions } from "./commands/keys.ts";
import type { ImportOptions } from "./commands/master.ts";
import type { ReplayOptions } from "./commands/replay.ts";
import type { SnapshotImportOptions } from "./commands/snapshot.ts";
import { VERSION } from "./commands/version.ts";
import type { WhatIfOptions } from "./commands/what-if.ts";
import { Retryable, Terminal } from "./platform/index.ts";

// Each command is loaded when it is run: `x12 check` needs no web server, and `--help` needs nothing.

type DemoOptions = { readonly seed: string; readonly ordersPerMinute: number; readonly traffic: boolean };

/** The exit code of a program that refused to start or to go on, with one line that says why. */
const EXIT_REFUSED = 1;

/** What went wrong, for whoever typed the command: one line where we know the error, everything where it is a bug. */
function explain(error: unknown): string {
  if (error instanceof Terminal || error instanceof Retryable)
    return `${error.code}: ${error.message} — ${error.action}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Runs a command to its exit code. */
function run<Arguments extends readonly unknown[]>(command: (...args: Arguments) => Promise<number>) {
  return async (...args: Arguments): Promise<void> => {
    try {
      process.exitCode = await command(...args);
    } catch (error) {
      console.error(explain(error));
      process.exitCode = EXIT_REFUSED;
    }
  };
}

function toCount(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError("must be a whole number of at least 1");
  return value;
}

function toSize(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError("must be a whole number of at least 0");
  return value;
}

function toMasterKind(text: string): MasterKind {
  const kind = MASTER_KINDS.find((each) => each === text);
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`${text} is no kind of master data; there are ${MASTER_KINDS.join(", ")}`);
}

function toInstant(text: string): Date {
  const value = new Date(text);
  if (Number.isNaN(value.getTime()) || !/^\d{4}-\d{2}-\d{2}/.test(text))
    throw new InvalidArgumentError("must be a time such as 2027-01-31T00:00:00Z");
  return value;
}

function toNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError("must be the number of a fact");
  return Number(text);
}

// The young generation starts small and doubles; a rush that begins from rest is over before it has grown, and pays a third of
// its time for copying what is still in use. Growing faster costs memory only while there is load.
setFlagsFromString("--semi-space-growth-factor=64");

const program = new Command("crossdock")
  .description(
    "Inventory middleware for distributors. Settings are environment variables; `config` shows and explains them.",
  )
  .version(VERSION, "--version", "print the version")
  .showHelpAfterError("(add --help for what there is)");

program
  .command("demo")
  .description(
    "start everything with the demo company and its traffic; with nothing configured, on an embedded PostgreSQL",
  )
  .option("--seed <text>", "another seed is another company", "crossdock")
  .option("--orders-per-minute <n>", "demand of the shop and the retailers together", toCount, 120)
  .option("--no-traffic", "load the company, but let nothing happen by itself")
  .action(run(async (options: DemoOptions) => (await import("./commands/demo.ts")).demo(options)));

program
  .command("serve")
  .description("answer HTTP, and do the background work unless told not to")
  .option("--no-work", "answer HTTP only; `crossdock work` runs elsewhere")
  .action(
    run(async ({ work }: { work: boolean }) =>
      (await import("./commands/serve.ts")).serve({ http: true, work }),
    ),
  );

program
  .command("work")
  .description(
    "do the background work only: read the log, map messages, send documents, publish availability",
  )
  .action(run(async () => (await import("./commands/serve.ts")).serve({ http: false, work: true })));

program
  .command("migrate")
  .description("bring the database's schema up to date")
  .option("--print-schema", "print the schema as it then is")
  .action(
    run(async (options: { printSchema?: boolean }) =>
      (await import("./commands/migrate.ts")).migrateDatabase(options),
    ),
  );

program
  .command("verify")
  .description(
    "check the laws of the ledger, the log and the intake on the raw tables; exit code 1 when one is broken",
  )
  .option("--json", "print the report as JSON", false)
  .action(
    run(async (options: { json: boolean }) => (await import("./commands/verify.ts")).verifyDatabase(options)),
  );

program
  .command("rebuild")
  .description(
    "make the ledger's positions again from its transfers, beside live traffic, and repair what differs",
  )
  .option("--check", "only say what differs; exit code 1 when something does", false)
  .option("--json", "one line of JSON a difference, and one at the end", false)
  .action(
    run(async (options: { check: boolean; json: boolean }) =>
      (await import("./commands/rebuild.ts")).rebuildLedger(options),
    ),
  );

program
  .command("what-if")
  .description(
    "play the orders and the stock of a time again under other rules, in memory, and say what would have come of them",
  )
  .requiredOption("--from <time>", "the beginning", toInstant)
  .option("--to <time>", "the end; absent: now", toInstant)
  .requiredOption("--rules <rules>", "a version of the rules, the id of a draft, or as-it-was")
  .option("--beside <rules>", "what to hold it against", "as-it-was")
  .option("--differences", "one line of JSON for each request that differs, before the result", false)
  .option("--json", "print the result as JSON", false)
  .action(run(async (options: WhatIfOptions) => (await import("./commands/what-if.ts")).whatIf(options)));

program
  .command("archive")
  .description(
    "move stretches of the log that are old enough to a folder of files, or check or restore such a folder",
  )
  .option("--before <date>", "move what was recorded before this", toInstant)
  .option("--to <folder>", "where to: each stretch gets a folder of its own in it")
  .option("--age-days <n>", "only stretches of which every transfer took effect so long ago", toCount, 365)
  .option(
    "--check <folder>",
    "hold an archived stretch against its manifest and the database; exit code 1 when it differs",
  )
  .option("--restore <folder>", "put an archived stretch back")
  .option("--json", "print what was done as JSON", false)
  .action(run(async (options: ArchiveOptions) => (await import("./commands/archive.ts")).archive(options)));

program
  .command("replay <reader>")
  .description("have a reader of the log read again, or take its dead letters again")
  .option("--from <position>", "a position of the log; absent: the beginning")
  .option("--since <time>", "everything recorded at or after this time")
  .option("--dead-letters", "take what it could not take before", false)
  .action(
    run(async (reader: string, options: ReplayOptions) =>
      (await import("./commands/replay.ts")).replayReader(reader, options),
    ),
  );

const letters = program.command("dead-letters").description("facts that a reader of the log could not take");
letters
  .command("list")
  .description("list them, each with its reason")
  .option("--dismissed", "those that somebody has decided never to have taken", false)
  .action(
    run(async ({ dismissed }: { dismissed: boolean }) =>
      (await import("./commands/dead-letters.ts")).deadLettersCommand({ is: "list", dismissed }),
    ),
  );
letters
  .command("retry <reader> [number]")
  .description("hand one, or all open ones of a reader, to it again")
  .action(
    run(async (reader: string, number: string | undefined) =>
      (await import("./commands/dead-letters.ts")).deadLettersCommand({
        is: "retry",
        reader,
        number: number === undefined ? undefined : toNumber(number),
      }),
    ),
  );
letters
  .command("dismiss <reader> <number>")
  .description("decide that one is never taken; it is kept with the reason")
  .requiredOption("--because <reason>", "for whoever asks later what became of it")
  .action(
    run(async (reader: string, number: string, { because }: { because: string }) =>
      (await import("./commands/dead-letters.ts")).deadLettersCommand({
        is: "dismiss",
        reader,
        number: toNumber(number),
        because,
      }),
    ),
  );

program
  .command("doctor")
  .description("look at everything the program needs, say what is wrong and how to mend it")
  .action(run(async () => (await import("./commands/doctor.ts")).doctor()));

program
  .command("config")
  .description("show every setting: its value, what it means and what it may be")
  .action(run(async () => (await import("./commands/config.ts")).showConfig()));

const x12 = program.command("x12").description("work with X12 files");
x12
  .command("check <files...>")
  .description("say what a partner would be told of each file")
  .option("--json", "one line of JSON a file", false)
  .action(
    run(async (files: string[], options: { json: boolean }) =>
      (await import("./commands/x12.ts")).checkX12Files(files, options),
    ),
  );

const master = program.command("master").description("items, locations, their names, units and costs");
master
  .command("import")
  .argument("<kind>", `what the lines of the file are: ${MASTER_KINDS.join(", ")}`, toMasterKind)
  .argument("<file>", "CSV or XLSX")
  .description("rehearse a CSV or XLSX file: say what it would change, and change nothing")
  .option("--dry-run", "what happens anyway without --token", false)
  .option("--token <token>", "take the file, if it still does what the rehearsal with this token showed")
  .option("--skip-refused", "take the file without its refused lines", false)
  .option("--report <file>", "write what becomes of each line, as CSV")
  .action(
    run(async (kind: MasterKind, file: string, options: ImportOptions & { dryRun: boolean }) => {
      const { token, dryRun } = options;
      if (token !== undefined && dryRun)
        throw new InvalidArgumentError("--token takes the file; leave --dry-run out");
      return (await import("./commands/master.ts")).importMasterFile(kind, file, options);
    }),
  );

const snapshot = program.command("snapshot").description("snapshots of stock");
snapshot
  .command("import")
  .argument("<file>", "CSV or NDJSON, plain or gzipped")
  .description("take a file of stock as a snapshot of each location in it")
  .requiredOption("--account <id>", "the account whose word it is")
  .requiredOption("--id <id>", "the snapshot's id: the same file under the same id changes nothing again")
  .requiredOption("--taken-at <time>", "when it was counted", toInstant)
  .option("--partial", "only what lines name was counted; absent: what no line names is not there", false)
  .option("--location <name>", "where it was counted; absent: the column `location` says it")
  .option("--location-scheme <scheme>", "what kind of name locations go by; absent: code")
  .option("--item-scheme <scheme>", "what kind of name items go by; absent: what the heading says, else sku")
  .option("--unit <code>", "the unit of lines that say none", "EA")
  .option("--columns <pairs>", "columns that are called otherwise: item:Artikel,quantity:Menge")
  .option("--watermark <stream:number>", "the last message of the source that the numbers contain")
  .option("--dry-run", "say what it would do, and do nothing", false)
  .option("--json", "the answer as JSON", false)
  .action(
    run(async (file: string, options: SnapshotImportOptions) =>
      (await import("./commands/snapshot.ts")).importSnapshotFile(file, options),
    ),
  );

const key = program.command("key").description("API keys");
key
  .command("create <name>")
  .description("make an API key and print it, this one time")
  .option("--client <id>", "whose key it is: quotas and idempotency keys are per client", "operator")
  .option("--scopes <scopes...>", "what it may do; absent: everything. A wrong one is answered with the list")
  .option("--accounts <ids...>", "the accounts that it may act for; absent: every one")
  .option("--expires <time>", "when it ends; absent: never", toInstant)
  .action(
    run(async (name: string, options: KeyOptions) =>
      (await import("./commands/keys.ts")).createKey(name, options),
    ),
  );
key
  .command("list")
  .description("list API keys")
  .action(run(async () => (await import("./commands/keys.ts")).listKeys()));
key
  .command("revoke <keyId>")
  .description("revoke an API key")
  .action(run(async (keyId: string) => (await import("./commands/keys.ts")).revokeKey(keyId)));

const audit = program
  .command("audit")
  .description(
    "prove that the log is what it was, to yourself and to others; see docs/explanation/tamper-evidence.md",
  );
audit
  .command("verify")
  .description(
    "hash the whole log again and say which facts are not as they were sealed; exit code 1 when there are any",
  )
  .option("--checkpoint <files...>", "checkpoints that were kept elsewhere", [])
  .option("--key <keys...>", "trust these keys, and not those that the database names", [])
  .option("--json", "print the report as JSON", false)
  .action(run(async (options: VerifyOptions) => (await import("./commands/audit.ts")).verifyLog(options)));
audit
  .command("checkpoint")
  .description("sign the size and the root of the log as they are now, and print the note: keep it elsewhere")
  .option("--out <file>", "where to; absent: standard output")
  .action(run(async (options: { out?: string }) => (await import("./commands/audit.ts")).signLog(options)));
audit
  .command("export")
  .description("write facts as they were hashed, with their proof, for tools/verify-log.mjs")
  .option("--first <n>", "the first fact, counted from 0", toSize, 0)
  .option("--count <n>", "how many; absent: all", toCount)
  .option("--out <file>", "where to; absent: standard output")
  .action(run(async (options: ExportOptions) => (await import("./commands/audit.ts")).exportLog(options)));
audit
  .command("prove <fact>")
  .description(
    "prove that a fact is in the log that was signed: by its position, its number, or its id with --source",
  )
  .option("--source <source>", "the source that the id is of, as in /accounts/wms-1")
  .option("--out <file>", "where to; absent: standard output")
  .action(
    run(async (fact: string, options: { source?: string; out?: string }) =>
      (await import("./commands/audit.ts")).proveFact(fact, options),
    ),
  );
audit
  .command("consistency")
  .description("prove that the log of one size is the beginning of the log of another")
  .argument("<from>", "so many facts", toSize)
  .argument("[to]", "so many; absent: a checkpoint that is signed now", toSize)
  .action(
    run(async (from: number, to: number | undefined) =>
      (await import("./commands/audit.ts")).proveGrowth(from, to),
    ),
  );
audit
  .command("key")
  .description("show the keys that signed for this log, the one in use first")
  .option("--rotate", "take a new key into use; the old one signs for it", false)
  .action(
    run(async (options: { rotate: boolean }) => (await import("./commands/audit.ts")).showKeys(options)),
  );

await program.parseAsync();
