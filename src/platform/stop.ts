import { type Log, silentLog } from "./log.ts";

/** Stops the program in order: what was opened last is closed first. */
export type Stopper = {
  /** Aborted when stopping begins; loops watch it. */
  readonly stopping: AbortSignal;
  /** Adds something to close. Closers run one after the other, the last added first. */
  add(name: string, close: () => Promise<void>): void;
  /** Begins to stop; a second call joins the first. Resolves with the names of what failed to close. */
  stop(reason: string): Promise<readonly string[]>;
};

/** The part of `process` that stopping needs; a test gives its own. */
export type StoppableProcess = {
  on(signal: "SIGINT" | "SIGTERM", run: () => void): unknown;
  exit(code: number): unknown;
};

export type StopperOptions = {
  /** After this time the program exits, whatever is still open. */
  readonly graceMs: number;
  readonly log?: Log;
  /** Whose signals to obey. Absent: nobody's; `stop` is called by hand. */
  readonly process?: StoppableProcess;
};

/** The exit code that shells give a program ended by Ctrl-C. */
const exitCodeInterrupted = 130;

export function createStopper(options: StopperOptions): Stopper {
  const log = options.log ?? silentLog;
  const closers: { readonly name: string; readonly close: () => Promise<void> }[] = [];
  const controller = new AbortController();
  let stopping: Promise<readonly string[]> | undefined;
  let closing = "";

  async function closeAll(): Promise<readonly string[]> {
    const failed: string[] = [];
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
      closing = closer.name;
      try {
        await closer.close();
      } catch (err) {
        failed.push(closer.name);
        log.error({ event: "stop.closer-failed", closer: closer.name, err });
      }
    }
    return failed;
  }

  async function run(reason: string): Promise<readonly string[]> {
    log.info({ event: "stop.begun", reason, graceMs: options.graceMs });
    controller.abort();
    const timer = setTimeout(() => {
      log.error({ event: "stop.grace-exceeded", closing, left: closers.map((closer) => closer.name) });
      options.process?.exit(1);
    }, options.graceMs);
    try {
      return await closeAll();
    } finally {
      clearTimeout(timer);
      log.info({ event: "stop.ended" });
    }
  }

  function stop(reason: string): Promise<readonly string[]> {
    stopping ??= run(reason);
    return stopping;
  }

  function obey(signal: "SIGINT" | "SIGTERM"): void {
    options.process?.on(signal, () => {
      // The person at the keyboard means it.
      if (stopping !== undefined && signal === "SIGINT") options.process?.exit(exitCodeInterrupted);
      stop(signal).then(
        (failed) => options.process?.exit(failed.length === 0 ? 0 : 1),
        () => options.process?.exit(1),
      );
    });
  }

  obey("SIGINT");
  obey("SIGTERM");
  return {
    stopping: controller.signal,
    add(name, close) {
      closers.push({ name, close });
    },
    stop,
  };
}
