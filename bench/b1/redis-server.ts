/** The peer that decides in Redis: one Lua script a request, and every command flushed to the append-only file before it is answered. */
import { randomUUID } from "node:crypto";
import { openRedis } from "../redis.ts";
import { type PeerReservation, servePeer } from "./peer-server.ts";

/** Gives the promise that was made under the key, makes it where there is enough, or gives nothing. */
const decide = `
  local before = redis.call('GET', KEYS[2])
  if before then return {before} end
  local left = tonumber(redis.call('GET', KEYS[1]))
  if left < tonumber(ARGV[1]) then return {} end
  redis.call('DECRBY', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
  return {ARGV[2]}`;

const redis = await openRedis(Number(process.env.PEER_REDIS_PORT));
await servePeer(async ({ key, itemId, locationId, quantity, ttlSeconds }) => {
  const made: PeerReservation = {
    reservation_id: randomUUID(),
    item_id: itemId,
    location_id: locationId,
    quantity: String(quantity),
    expires_at: new Date(Date.now() + ttlSeconds * 1_000),
  };
  const names = ["2", `stock:${itemId}`, `key:${key}`];
  const [text] = await redis.ask([
    "EVAL",
    decide,
    ...names,
    String(quantity),
    JSON.stringify(made),
    String(ttlSeconds),
  ]);
  if (text === undefined) return undefined;
  const kept: PeerReservation = JSON.parse(text);
  return kept;
});
