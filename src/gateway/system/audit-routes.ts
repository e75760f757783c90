import { Type } from "typebox";
import { type FactName, parsePosition } from "../../backbone/index.ts";
import { AuditKeys, ConsistencyProof, InclusionProof } from "../audit-views.ts";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { EXPORT_FACTS_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import type { Occurrence } from "../problem.ts";
import type { AuditPort } from "../services.ts";
import { type App, refuse } from "../web.ts";

const path = "/system/v1/audit";
const NOTE_TYPE = "text/plain; charset=utf-8";
/** Lines of JSON; https://github.com/ndjson/ndjson-spec */
const LINES_TYPE = "application/x-ndjson";

const about = { tag: "System", scope: "events:read" } as const;
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const latestSchema = operation(
  {
    ...about,
    operationId: "readCheckpoint",
    summary: "Read the latest checkpoint of the log",
    description:
      "The number of facts and the root over them, signed: a note in the form of c2sp.org/tlog-checkpoint. Keep it where nobody who " +
      "runs the server can change it.",
  },
  {},
  { 200: [undefined, "The signed note."] },
);

const signSchema = operation(
  {
    ...about,
    operationId: "signCheckpoint",
    summary: "Sign a checkpoint of the log as it is now",
    description:
      "Otherwise one is signed every minute in which something happened. Asking again changes nothing.",
  },
  {},
  { 200: [undefined, "The signed note."] },
);

const keysSchema = operation(
  { ...about, operationId: "listAuditKeys", summary: "List the public keys that signed checkpoints" },
  {},
  { 200: [AuditKeys, "The one in use first."] },
);

const proofSchema = operation(
  {
    ...about,
    operationId: "proveFact",
    summary: "Prove that a fact is in the log that was signed",
    description:
      "Named by the `position` of its event, by its `number`, or by `source` and `id` where it came from outside. The proof is that of " +
      "RFC 9162, section 2.1.3; `tools/verify-log.mjs` checks it without the server.",
  },
  {
    querystring: Type.Object(
      {
        position: Type.Optional(Type.String({ maxLength: 40 })),
        number: Type.Optional(count),
        source: Type.Optional(Type.String({ maxLength: 200 })),
        id: Type.Optional(Type.String({ maxLength: 200 })),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [InclusionProof, "The proof, with the checkpoint that it leads to."] },
);

const consistencySchema = operation(
  {
    ...about,
    operationId: "proveConsistency",
    summary: "Prove that the log of one size is the beginning of the log of another",
    description: "RFC 9162, section 2.1.4. Compare the roots with those of the checkpoints that you keep.",
  },
  { querystring: Type.Object({ from: count, to: count }, { additionalProperties: false }) },
  { 200: [ConsistencyProof, "The proof."] },
);

const exportSchema = operation(
  {
    ...about,
    operationId: "exportFacts",
    summary: "Export facts with what proves them",
    description:
      "Lines: a head with the checkpoint and the hashes around the range, then each fact as the text that was hashed. Facts count from 0 " +
      "in log order. `crossdock audit export` writes the whole log.",
  },
  {
    querystring: Type.Object(
      {
        first: Type.Optional(count),
        limit: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: EXPORT_FACTS_MAX,
            description: `Facts at most; ${EXPORT_FACTS_MAX} when absent.`,
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [undefined, "The lines."] },
);

/** Adds the routes that prove what the log was. */
export function addAuditRoutes(app: App, audit: AuditPort, guards: Guards): void {
  const onRequest = guards.needs("events:read");

  app.get(`${path}/checkpoint`, { onRequest, schema: latestSchema }, async (_request, reply) => {
    const latest = await audit.latestCheckpoint();
    if (latest === undefined) return refuse(reply, { code: "not-found", detail: "Nothing is signed yet." });
    return reply.header("content-type", NOTE_TYPE).send(latest.note);
  });

  app.post(`${path}/checkpoint`, { onRequest, schema: signSchema }, async (_request, reply) =>
    reply.header("content-type", NOTE_TYPE).send((await audit.checkpoint()).note),
  );

  app.get(`${path}/keys`, { onRequest, schema: keysSchema }, async () => ({
    keys: (await audit.keys()).map(({ verifier, createdAt, retiredAt }) => ({
      verifier,
      createdAt: createdAt.toISOString(),
      retiredAt: retiredAt?.toISOString(),
    })),
  }));

  app.get(`${path}/proof`, { onRequest, schema: proofSchema }, async (request, reply) => {
    const name = factNameOf(request.query);
    if (name === undefined) return refuse(reply, unnamed);
    const proof = await audit.proveFact(name);
    if (proof === undefined)
      return refuse(reply, { code: "not-found", detail: "There is no such fact on the log." });
    return proof === "not-yet" ? refuse(reply, { code: "not-signed-yet" }) : proof;
  });

  app.get(`${path}/consistency`, { onRequest, schema: consistencySchema }, async (request, reply) => {
    const { from, to } = request.query;
    return (await audit.proveConsistency(from, to)) ?? refuse(reply, notSealed(from, to));
  });

  app.get(`${path}/export`, { onRequest, schema: exportSchema }, async (request, reply) => {
    const { first = 0, limit = EXPORT_FACTS_MAX } = request.query;
    const lines = await audit.exportFacts({ first, count: limit });
    if (lines === undefined) return refuse(reply, { code: "not-signed-yet" });
    let text = "";
    for await (const line of lines) text += `${line}\n`;
    return reply.header("content-type", LINES_TYPE).send(text);
  });
}

const unnamed: Occurrence = invalidRequest([
  { pointer: "/position", message: "must name the fact: `position`, or `number`, or `source` and `id`" },
]);

function factNameOf(query: {
  readonly position?: string;
  readonly number?: number;
  readonly source?: string;
  readonly id?: string;
}): FactName | undefined {
  const { position, number, source, id } = query;
  const names: (FactName | undefined)[] = [];
  if (position !== undefined) {
    const parsed = parsePosition(position);
    names.push(parsed === undefined ? undefined : { position: parsed });
  }
  if (number !== undefined) names.push({ number });
  if (source !== undefined || id !== undefined)
    names.push(source === undefined || id === undefined ? undefined : { source, id });
  // Two names may be two facts.
  return names.length === 1 ? names[0] : undefined;
}

function notSealed(from: number, to: number): Occurrence {
  const detail = `The log is not sealed from ${from} to ${to} facts.`;
  return invalidRequest([{ pointer: "/to", message: detail }]);
}
