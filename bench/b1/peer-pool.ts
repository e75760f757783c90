import pg from "pg";

/** Connections of a peer: more wait at the same row and cost switches, fewer leave the disk idle. Measured at 4 to 64. */
export const PEER_CONNECTIONS = 16;

/** The connections of a peer to the database that the benchmark has made for it. */
export function openPool(): pg.Pool {
  return new pg.Pool({
    connectionString: process.env.DATABASE_URL,
    max: Number(process.env.PEER_CONNECTIONS ?? PEER_CONNECTIONS),
  });
}
