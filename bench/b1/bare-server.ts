/** The ceiling: the framework alone. Reads the same request, decides nothing, answers as much as the product does. */
import Fastify from "fastify";
import { listen } from "./peer-server.ts";
import { RESERVATIONS_PATH, SAMPLE_ANSWER } from "./request.ts";

const app = Fastify();
app.get("/health/ready", () => ({ ready: true }));
app.post(RESERVATIONS_PATH, (_request, reply) => {
  reply.code(201).header("content-type", "application/json; charset=utf-8").send(SAMPLE_ANSWER);
});
await listen(app);
