import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** What a child answers to an order. */
export type ChildAnswer<Result> = { readonly result: Result } | { readonly problem: string };

/** A process that carries out orders one after the other, so that it and a server do not share an event loop. */
export type Child<Order, Result> = {
  readonly pid: number;
  /** Runs one order. Throws with the child's words when it gave up. */
  run(order: Order): Promise<Result>;
  stop(): Promise<void>;
};

/** Starts a file as a child; the file answers with `serveOrders`. */
export function startChild<Order extends object, Result>(file: URL): Child<Order, Result> {
  const child = fork(fileURLToPath(file), [], { serialization: "advanced" });
  return {
    pid: child.pid ?? 0,
    async run(order) {
      const answered = once(child, "message");
      child.send(order);
      const [answer] = (await answered) as [ChildAnswer<Result>];
      if ("problem" in answer) throw new Error(`a process of the benchmark gave up: ${answer.problem}`);
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

/** Carries out the orders of the parent in this process. */
export function serveOrders<Order, Result>(carryOut: (order: Order) => Promise<Result>): void {
  const answer = (message: ChildAnswer<Result>) => process.send?.(message);
  process.on("message", (order: Order) => {
    carryOut(order).then(
      (result) => answer({ result }),
      (error: unknown) => answer({ problem: error instanceof Error ? error.message : String(error) }),
    );
  });
}
