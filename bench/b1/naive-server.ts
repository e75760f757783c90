/** The peer that locks the row for each request. */
import { decideNaively } from "./peer-database.ts";
import { openPool } from "./peer-pool.ts";
import { servePeer } from "./peer-server.ts";

const pool = openPool();
await servePeer((demand) => decideNaively(pool, demand));
