import { createLogSeal } from "../../src/backbone/index.ts";
import { createSecretBox, silentLog } from "../../src/platform/index.ts";
import type { Core } from "../support/core.ts";

/**
 * Seals the first fact, which says by what rules channels sell, and signs for it with a key of the tests. What happens later is not
 * sealed, so that little that is planted there breaks the seal as well.
 */
export async function sealFirstFact(core: Core): Promise<void> {
  const secretBox = createSecretBox(Buffer.alloc(32, 7));
  const seal = createLogSeal({ ...core, log: silentLog, secretBox });
  // Until the fact is settled, which nothing but the end of other transactions decides, there is nothing to seal.
  while ((await seal.seal()) === 0);
  await seal.checkpoint();
}
