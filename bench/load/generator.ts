/** A process that makes load: takes orders from its parent, runs them one after the other, answers with what it saw. */
import { drive } from "./drive.ts";
import type { LoadOrder, LoadResult } from "./protocol.ts";

/** What the process answers. */
export type GeneratorAnswer = { readonly result: LoadResult } | { readonly problem: string };

process.on("message", (order: LoadOrder) => {
  drive(order).then(
    (result) => answer({ result }),
    (error: unknown) => answer({ problem: error instanceof Error ? error.message : String(error) }),
  );
});

function answer(message: GeneratorAnswer): void {
  process.send?.(message);
}
