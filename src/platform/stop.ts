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
  /** Milliseconds on a clock that nobody sets. Default: this process's own. */
  readonly monotonicMs?: () => number;
};

/**
 * A terminal's Ctrl-C reaches us from the terminal, and again from npm, which forwards it: signals that come so soon after
 * the first are one press. Whoever keeps pressing gets through after this time.
 */
export const ONE_PRESS_MS = 500;

/** The exit code that shells give a program ended by Ctrl-C. */
const exitCodeInterrupted = 130;

type Closer = { readonly name: string; readonly close: () => Promise<void> };

/** Makes the one stopper of a program, and obeys SIGINT and SIGTERM when it is given a process. */
export function createStopper(options: StopperOptions): Stopper {
  const log = options.log ?? silentLog;
  const closers: Closer[] = [];
  const controller = new AbortController();
  let stopping: Promise<readonly string[]> | undefined;

  async function run(reason: string): Promise<readonly string[]> {
    log.info({ event: "stop.begun", reason, graceMs: options.graceMs });
    controller.abort();
    const timer = setTimeout(() => {
      log.error({ event: "stop.grace-exceeded", open: closers.map((closer) => closer.name) });
      options.process?.exit(1);
    }, options.graceMs);
    try {
      return await closeAll(closers, log);
    } finally {
      clearTimeout(timer);
      log.info({ event: "stop.ended" });
    }
  }

  const stopper: Stopper = {
    stopping: controller.signal,
    add(name, close) {
      closers.push({ name, close });
    },
    stop(reason) {
      stopping ??= run(reason);
      return stopping;
    },
  };
  if (options.process !== undefined)
    obey(stopper, options.process, options.monotonicMs ?? (() => performance.now()));
  return stopper;
}

/** Takes each closer off the list when it is done, so that the list is what is still open. */
async function closeAll(closers: Closer[], log: Log): Promise<readonly string[]> {
  const failed: string[] = [];
  for (let closer = closers.at(-1); closer !== undefined; closer = closers.at(-1)) {
    try {
      await closer.close();
    } catch (err) {
      failed.push(closer.name);
      log.error({ event: "stop.closer-failed", closer: closer.name, err });
    }
    closers.splice(closers.indexOf(closer), 1);
  }
  return failed;
}

function obey(stopper: Stopper, process: StoppableProcess, monotonicMs: () => number): void {
  let pressedAt = Number.NEGATIVE_INFINITY;
  const onPress = (signal: "SIGINT" | "SIGTERM", act: () => void) => {
    process.on(signal, () => {
      const now = monotonicMs();
      if (now - pressedAt <= ONE_PRESS_MS) return;
      pressedAt = now;
      act();
    });
  };
  const stopThenExit = (signal: string) => {
    stopper.stop(signal).then(
      (failed) => process.exit(failed.length === 0 ? 0 : 1),
      () => process.exit(1),
    );
  };
  onPress("SIGTERM", () => stopThenExit("SIGTERM"));
  onPress("SIGINT", () => {
    // The second time, the person at the keyboard means it.
    if (stopper.stopping.aborted) process.exit(exitCodeInterrupted);
    else stopThenExit("SIGINT");
  });
}
