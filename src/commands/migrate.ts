import { describeSchema } from "../platform/index.ts";
import { commandLog, openSession } from "./session.ts";

/** `crossdock migrate`: brings the schema up to date, and with `--print-schema` prints what it then is. */
export async function migrateDatabase(options: { readonly printSchema?: boolean }): Promise<number> {
  const session = await openSession({
    applicationName: "crossdock migrate",
    pending: "apply",
    log: commandLog(),
  });
  try {
    if (options.printSchema) console.log(await describeSchema(session.database));
    else
      console.log(
        session.migrated === 0 ? "the schema is current" : `${session.migrated} migration(s) applied`,
      );
    return 0;
  } finally {
    await session.close();
  }
}
