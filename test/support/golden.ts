import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Compares with a file that people read and review; `UPDATE_GOLDEN=1` writes the file instead. Says where the two first
 * part, because whole files fill the screen.
 */
export async function assertGolden(path: string, found: string): Promise<void> {
  if (process.env.UPDATE_GOLDEN === "1") {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, found);
    return;
  }
  const expected = await readFile(path, "utf8").catch(() => undefined);
  assert.ok(expected !== undefined, `${path} is missing; UPDATE_GOLDEN=1 writes it`);
  assert.ok(found === expected, firstDifference(path, expected.split("\n"), found.split("\n")));
}

function firstDifference(path: string, expected: readonly string[], found: readonly string[]): string {
  const at = expected.findIndex((line, index) => line !== found[index]);
  const index = at === -1 ? expected.length : at;
  return [
    `${path} differs from line ${index + 1}; UPDATE_GOLDEN=1 writes it anew, for review:`,
    `- ${expected[index] ?? "(end of the file)"}`,
    `+ ${found[index] ?? "(end of the text)"}`,
  ].join("\n");
}
