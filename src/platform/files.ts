import { randomBytes } from "node:crypto";
import { open, rename } from "node:fs/promises";

/** Writes a file so that a crash leaves the old one or the new one, never a part. */
export async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString("hex")}.partial`;
  const file = await open(partial, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}
