/** The peers of B5: a sum over rows, cells out of Redis, and nothing at all. Which one, and over what, is said in the environment. */
import Fastify from "fastify";
import pg from "pg";
import { Type } from "typebox";
import { listen } from "../b1/peer-server.ts";
import { openRedis } from "../redis.ts";
import { AVAILABILITY_PATH, cellsOf, cellUnits, locationName } from "./question.ts";

type Cell = { readonly item_id: string; readonly location_id: string; readonly available: number };
type Read = (items: readonly string[]) => Promise<readonly Cell[]>;

const { PEER, PEER_DATABASE_URL, PEER_REDIS_PORT, PEER_LOCATIONS = "12" } = process.env;
const locations = cellsOf(Number(PEER_LOCATIONS)).map(locationName);

const sum = {
  name: "sum",
  text: `select item_id, location_id, sum(available)::int as available from ledger.position
         where item_id = any ($1::text[]) and location_id = any ($2::text[]) group by item_id, location_id`,
};

async function openReader(): Promise<Read> {
  if (PEER === "sql-sum") {
    const pool = new pg.Pool({ connectionString: PEER_DATABASE_URL, max: 10 });
    return async (items) => (await pool.query<Cell>({ ...sum, values: [items, locations] })).rows;
  }
  if (PEER === "redis-mget") {
    const redis = await openRedis(Number(PEER_REDIS_PORT));
    return async (items) => {
      const keys = items.flatMap((item) => locations.map((location) => ({ item, location })));
      const units = await redis.ask(["MGET", ...keys.map(({ item, location }) => `${item}@${location}`)]);
      return keys.map(({ item, location }, at) => ({
        item_id: item,
        location_id: location,
        available: Number(units[at]),
      }));
    };
  }
  return async (items) =>
    items.flatMap((item) =>
      locations.map((location, at) => ({
        item_id: item,
        location_id: location,
        available: cellUnits(item, at + 1),
      })),
    );
}

const read = await openReader();
const app = Fastify({ maxParamLength: 20_000 });
const answers = new Map<string, string>();

const querystring = Type.Object({ channel: Type.String(), item: Type.Array(Type.String()) });
app.get("/health/ready", () => ({ ready: true }));
app.get<{ Querystring: { channel: string; item: string[] } }>(
  AVAILABILITY_PATH,
  { schema: { querystring } },
  async (request, reply) => {
    // The ceiling answers what it has answered before: reading the request and writing so many bytes is all that it does.
    const known = PEER === "bare" ? answers.get(request.url) : undefined;
    const text = known ?? JSON.stringify(answerOf(await read(request.query.item)));
    if (PEER === "bare" && known === undefined) answers.set(request.url, text);
    return reply.header("content-type", "application/json; charset=utf-8").send(text);
  },
);
await listen(app);

function answerOf(cells: readonly Cell[]) {
  const availability = [...Map.groupBy(cells, (cell) => cell.item_id)].map(([itemId, own]) => ({
    itemId,
    availableToPromise: own.reduce((units, { available }) => units + available, 0),
    locations: own.map(({ location_id: locationId, available }) => ({ locationId, available })),
  }));
  return { availability };
}
