import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { PostedHappening } from "../books.ts";
import type { Peer } from "./peer.ts";

const CONNECTIONS = 16;
const FOLDER = "node_modules/@eventide/message-db/database";
/** What its install script runs, in its order. */
const FILES = [
  "schema/message-store",
  "extensions/pgcrypto",
  "tables/messages",
  "types/message",
  ...["message-store-version", "hash-64", "acquire-lock", "category", "is-category", "id", "cardinal-id"].map(
    (name) => `functions/${name}`,
  ),
  ...["stream-version", "write-message"].map((name) => `functions/${name}`),
  ...["messages-id", "messages-stream", "messages-category"].map((name) => `indexes/${name}`),
];

const write = {
  name: "write",
  text: "select message_store.write_message($1::varchar, $2::varchar, $3::varchar, $4::jsonb)",
};

/**
 * message-db's own write function, called for each event: it keeps the event in its stream and counts the stream's version under a lock
 * of the category. Positions are nobody's business there.
 */
export async function openMessageDb(url: string, scratch: string): Promise<Peer> {
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    options: "-c search_path=message_store,public",
  });
  for (const file of FILES) await pool.query(await readFile(join(scratch, FOLDER, `${file}.sql`), "utf8"));
  let taken = 0;
  return {
    async take(happenings) {
      const left = happenings.values();
      const work = async () => {
        for (const happening of left) await pool.query({ ...write, values: valuesOf(happening) });
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, work));
      taken += happenings.length;
    },
    async audit() {
      const { rows } = await pool.query<{ kept: string }>(
        "select count(*) as kept from message_store.messages",
      );
      return Number(rows[0]?.kept) === taken ? [] : [`${rows[0]?.kept} messages are kept of ${taken}`];
    },
    close: () => pool.end(),
  };
}

function valuesOf({ kind, ...data }: PostedHappening): unknown[] {
  const digits = createHash("md5").update(`${data.warehouse} ${data.eventId}`).digest("hex");
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  return [id, `position-${data.warehouse}_${data.item}`, kind, JSON.stringify(data)];
}
