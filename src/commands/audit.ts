import { createWriteStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  type AuditReport,
  type FactName,
  FINDINGS_MAX,
  type LogSeal,
  parsePosition,
  parseVerifier,
} from "../backbone/index.ts";
import { openServedProduct } from "./serve.ts";
import { commandLog, openSession } from "./session.ts";

/** The exit code of a command that was asked for what cannot be. */
const EXIT_MISUSED = 2;

async function withSeal(work: (seal: LogSeal) => Promise<number>): Promise<number> {
  const session = await openSession({
    applicationName: "crossdock audit",
    pending: "refuse",
    log: commandLog(),
  });
  const product = await openServedProduct(session);
  try {
    return await work(product.seal);
  } finally {
    await product.close();
    await session.close();
  }
}

function misused(why: string): number {
  console.error(why);
  return EXIT_MISUSED;
}

/** Writes a text where it was asked for: a file, or standard output. */
async function put(text: string, out: string | undefined): Promise<void> {
  if (out === undefined) process.stdout.write(text);
  else await writeFile(out, text);
}

export type VerifyOptions = {
  readonly checkpoint: readonly string[];
  readonly key: readonly string[];
  readonly json: boolean;
};

/** `crossdock audit verify`: hashes the log again. Exit code 1 when something is not as it was sealed. */
export async function verifyLog(options: VerifyOptions): Promise<number> {
  const keys = options.key.map(parseVerifier);
  if (keys.includes(undefined)) return misused("a key is not as `crossdock audit key` shows it");
  const checkpoints = await Promise.all(options.checkpoint.map((path) => readFile(path, "utf8")));
  return withSeal(async (seal) => {
    const trusted = keys.filter((key) => key !== undefined);
    const report = await seal.audit({ checkpoints, ...(trusted.length === 0 ? {} : { keys: trusted }) });
    console.log(options.json ? JSON.stringify(report) : reportText(report));
    return report.total === 0 ? 0 : 1;
  });
}

function reportText(report: AuditReport): string {
  const { origin, size, facts, archived, checkpoints, root, total, findings } = report;
  const elsewhere = archived === 0 ? "" : `, ${archived} archived`;
  const head = [
    `${origin}: ${size} sealed facts, ${facts} hashed again${elsewhere}, ${checkpoints} checkpoint(s) compared`,
    `root ${root}`,
  ];
  if (total === 0) return [...head, "everything is as it was sealed"].join("\n");
  const more =
    total > findings.length ? [`and ${total - findings.length} more, beyond the first ${FINDINGS_MAX}`] : [];
  return [...head, ...findings.map(({ is, says }) => `BROKEN ${is}: ${says}`), ...more].join("\n");
}

/** `crossdock audit checkpoint`: seals what is settled, signs it, and prints the note to be kept elsewhere. */
export function signLog({ out }: { readonly out?: string }): Promise<number> {
  return withSeal(async (seal) => {
    await put((await seal.checkpoint()).note, out);
    return 0;
  });
}

export type ExportOptions = { readonly first: number; readonly count?: number; readonly out?: string };

/** `crossdock audit export`: facts as the lines that were hashed, with what proves them at their head. */
export function exportLog({ first, count, out }: ExportOptions): Promise<number> {
  return withSeal(async (seal) => {
    await seal.checkpoint();
    const lines = await seal.exportFacts({ first, ...(count === undefined ? {} : { count }) });
    if (lines === undefined) return misused(`no fact ${first} is sealed`);
    const source = Readable.from(lines).map((line: string) => `${line}\n`);
    if (out === undefined) await pipeline(source, process.stdout, { end: false });
    else await pipeline(source, createWriteStream(out));
    return 0;
  });
}

/** `crossdock audit prove`: that one fact is in the log that was signed. */
export function proveFact(
  fact: string,
  options: { readonly source?: string; readonly out?: string },
): Promise<number> {
  const name = toFactName(fact, options.source);
  if (name === undefined)
    return Promise.resolve(misused(`${fact} is no position (12.34) and no number; an id needs --source`));
  return withSeal(async (seal) => {
    await seal.checkpoint();
    const proof = await seal.proveFact(name);
    if (proof === undefined) return misused(`there is no fact ${fact} on the log`);
    if (proof === "not-yet") return misused(`fact ${fact} is not settled yet; ask again`);
    await put(`${JSON.stringify(proof)}\n`, options.out);
    return 0;
  });
}

function toFactName(text: string, source: string | undefined): FactName | undefined {
  if (source !== undefined) return { source, id: text };
  const position = parsePosition(text);
  if (position !== undefined) return { position };
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) ? { number } : undefined;
}

/** `crossdock audit consistency`: that the log of one size is the beginning of the log of another. */
export function proveGrowth(from: number, to: number | undefined): Promise<number> {
  return withSeal(async (seal) => {
    const end = to ?? (await seal.checkpoint()).size;
    const proof = await seal.proveConsistency(from, end);
    if (proof === undefined) return misused(`the log is not sealed from ${from} to ${end} facts`);
    console.log(JSON.stringify(proof));
    return 0;
  });
}

/** `crossdock audit key`: the keys that signed for this log, the one in use first; with `rotate`, a new one first. */
export function showKeys({ rotate }: { readonly rotate: boolean }): Promise<number> {
  return withSeal(async (seal) => {
    if (rotate) await seal.rotateKey();
    else await seal.checkpoint();
    for (const { verifier, retiredAt } of await seal.keys())
      console.log(retiredAt === undefined ? verifier : `${verifier}  retired ${retiredAt.toISOString()}`);
    return 0;
  });
}
