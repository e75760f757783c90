/** The verifier that auditors are given, as a module: it is plain JavaScript and knows nothing of us. */
export type Verifier = {
  readKey(text: string): unknown;
  checkExport(bytes: Buffer, keys: readonly unknown[], olderNotes?: readonly string[]): string;
  checkInclusion(text: string, keys: readonly unknown[]): string;
  checkConsistency(text: string, keys: readonly unknown[], notes: readonly string[]): string;
};

export const verifierPath = new URL("../../../tools/verify-log.mjs", import.meta.url);

export const verifier: Verifier = await import(verifierPath.href);

/** An export as the bytes of its file. */
export async function bytesOf(lines: AsyncIterable<string> | undefined): Promise<Buffer> {
  if (lines === undefined) throw new Error("there is nothing to export");
  const texts: string[] = [];
  for await (const line of lines) texts.push(`${line}\n`);
  return Buffer.from(texts.join(""));
}
