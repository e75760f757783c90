import { subscriberLags } from "../backbone/index.ts";
import type { HealthPort } from "../gateway/index.ts";
import { type Database, pendingMigrations, readMigrations, selectServerTime } from "../platform/index.ts";

/** A reader that is further behind than this does not keep up by itself. */
const LAG_SECONDS_MAX = 60;

/** What has to hold before requests are sent here. */
export function healthPort(database: Database): HealthPort {
  return {
    async checks() {
      try {
        await selectServerTime(database);
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        return [{ name: "database", ok: false, detail }];
      }
      const pending = await pendingMigrations(database, await readMigrations());
      const lags = await subscriberLags(database);
      return [
        { name: "database", ok: true },
        {
          name: "schema",
          ok: pending.length === 0,
          ...(pending.length === 0 ? {} : { detail: `${pending.length} migration(s) pending` }),
        },
        ...lags.map(({ name, seconds, facts }) => {
          const ok = seconds < LAG_SECONDS_MAX;
          return {
            name: `reader ${name}`,
            ok,
            ...(ok ? {} : { detail: `${facts} fact(s) behind for ${Math.round(seconds)} s` }),
          };
        }),
      ];
    },
  };
}
