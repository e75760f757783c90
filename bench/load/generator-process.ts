import { type Child, startChild } from "./child-process.ts";
import type { LoadOrder, LoadResult } from "./protocol.ts";

/** A load generator in a process of its own. */
export type Generator = Child<LoadOrder, LoadResult>;

/** Starts a load generator. */
export function startGenerator(): Generator {
  return startChild(new URL("generator.ts", import.meta.url));
}
