import { type DestinationStream, type Logger, pino } from "pino";

/** One line: an event name, and ids and durations as fields; never prose with ids inside. */
export type LogFields = { readonly event: string; readonly [field: string]: unknown };

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** `error` means that somebody must act, `warn` that we coped, `info` a milestone of the business. */
export type Log = {
  debug(fields: LogFields): void;
  info(fields: LogFields): void;
  warn(fields: LogFields): void;
  error(fields: LogFields): void;
  /** A log whose every line carries these fields, usually `correlationId` and `causationId`. */
  child(fields: Readonly<Record<string, unknown>>): Log;
};

export type LogOptions = {
  readonly level?: LogLevel;
  /** Where lines go; standard output when absent. */
  readonly destination?: DestinationStream;
};

// Names under which secrets have been seen to travel. One level down as well, because errors carry `fields`.
const secretFields = [
  "password",
  "secret",
  "secretKey",
  "token",
  "accessToken",
  "apiKey",
  "authorization",
  "cookie",
];
const redactedPaths = secretFields.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** A log of JSON lines. `err` takes an Error and keeps its cause. */
export function createLog(options: LogOptions = {}): Log {
  const settings = {
    level: options.level ?? "info",
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: "[redacted]" },
  };
  return over(options.destination === undefined ? pino(settings) : pino(settings, options.destination));
}

/** A log that says nothing, for tests and for commands whose output is read by people. */
export const silentLog: Log = createLog({ level: "silent" });

function over(logger: Logger): Log {
  return {
    debug: (fields) => logger.debug(fields),
    info: (fields) => logger.info(fields),
    warn: (fields) => logger.warn(fields),
    error: (fields) => logger.error(fields),
    child: (fields) => over(logger.child(fields)),
  };
}
