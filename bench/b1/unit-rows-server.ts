/** The peer that has a row for each unit and skips those that others have locked. */
import { openPool } from "./peer-pool.ts";
import { servePeer } from "./peer-server.ts";
import { decideByUnitRows } from "./unit-rows.ts";

const pool = openPool();
await servePeer((demand) => decideByUnitRows(pool, demand));
