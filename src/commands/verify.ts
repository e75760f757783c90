import { systemClock } from "../platform/index.ts";
import { runVerify } from "../verify/index.ts";
import { commandLog, openSession } from "./session.ts";

/** `crossdock verify [--json]`: the oracle's judgement of the raw tables. Exit code 1 when a law is broken. */
export async function verifyDatabase(options: { readonly json: boolean }): Promise<number> {
  const session = await openSession({
    applicationName: "crossdock verify",
    pending: "refuse",
    log: commandLog(),
  });
  try {
    const { report, text } = await runVerify({
      database: session.database,
      now: systemClock.now(),
      terminal: process.stdout.isTTY,
    });
    console.log(options.json ? JSON.stringify(report) : text);
    return report.failed === 0 ? 0 : 1;
  } finally {
    await session.close();
  }
}
