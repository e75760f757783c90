/** The peer that decides in one conditional statement. */
import { decideInOneStatement } from "./peer-database.ts";
import { openPool } from "./peer-pool.ts";
import { servePeer } from "./peer-server.ts";

const pool = openPool();
await servePeer((demand) => decideInOneStatement(pool, demand));
