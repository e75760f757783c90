import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { GeneratorAnswer } from "./generator.ts";
import type { LoadOrder, LoadResult } from "./protocol.ts";

/** A load generator in a process of its own, so that it and the server do not share an event loop. */
export type Generator = {
  /** Runs one order. Throws when the server broke off. */
  run(order: LoadOrder): Promise<LoadResult>;
  stop(): Promise<void>;
};

/** Starts a load generator. */
export function startGenerator(): Generator {
  const child = fork(fileURLToPath(new URL("generator.ts", import.meta.url)), [], {
    serialization: "advanced",
  });
  return {
    async run(order) {
      const answered = once(child, "message");
      child.send(order);
      const [answer] = (await answered) as [GeneratorAnswer];
      if ("problem" in answer) throw new Error(`the load generator gave up: ${answer.problem}`);
      return answer.result;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}
