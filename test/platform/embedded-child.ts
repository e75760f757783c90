/** A process of its own that uses the embedded server in a data folder, until it is killed. */
import { EmbeddedPostgres } from "../../src/platform/index.ts";

const [dataDir = ""] = process.argv.slice(2);
const server = await EmbeddedPostgres.start({ dataDir });
process.send?.({ url: server.url, adopted: server.started.adopted });
process.on("message", async () => {
  await server.stop();
  process.exit(0);
});
