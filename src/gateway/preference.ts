import { WAIT_SECONDS_MAX } from "./limits.ts";

// RFC 7240, section 4.3: `wait=10` among other preferences, names in any case.
const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?=[,;]|$)/i;

/** How long the caller would wait for the work to be done: whole seconds, at most `WAIT_SECONDS_MAX`; 0 when it did not say. */
export function waitSeconds(preferField: string | readonly string[] | undefined): number {
  if (preferField === undefined) return 0;
  const text = typeof preferField === "string" ? preferField : preferField.join(",");
  const seconds = wait.exec(text)?.[1];
  return seconds === undefined ? 0 : Math.min(Number(seconds), WAIT_SECONDS_MAX);
}
