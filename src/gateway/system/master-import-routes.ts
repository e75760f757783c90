import { MASTER_KINDS, type MasterKind } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import type { MasterPort } from "../master-port.ts";
import { ImportAnswer } from "../master-views.ts";
import { BYTES, operation } from "../operation.ts";
import { type App, callerOf, refuse, sendBytes } from "../web.ts";

const path = "/system/v1/master-data";
const kind = Type.Unsafe<MasterKind>(Type.Union(MASTER_KINDS.map((each) => Type.Literal(each))));

const importSchema = operation(
  {
    operationId: "importMasterData",
    tag: "System",
    scope: "master-data:write",
    summary: "Rehearse a file of master data, or take it",
    description:
      "Takes a CSV or XLSX file with headings. Without a `token` nothing is changed: the answer says line by line what would be, and " +
      "gives the token that stands for it. With that token the same file is taken, in one transaction, if it would still do exactly that.",
  },
  {
    querystring: Type.Object(
      {
        kind,
        token: Type.Optional(
          Type.String({ pattern: "^[A-Za-z0-9_-]{43}$", description: "What a rehearsal gave." }),
        ),
        skipRefused: Type.Optional(
          Type.Boolean({
            description: "Take the file without its refused lines. Else one of them stops it.",
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [ImportAnswer, "What the file does, or would do."] },
);

const templateSchema = operation(
  {
    operationId: "fetchMasterTemplate",
    tag: "System",
    scope: "master-data:read",
    summary: "Fetch an empty file of a kind, with its headings and a line that shows what goes where",
  },
  { params: Type.Object({ kind }) },
  { 200: [undefined, "The file, as CSV."] },
);

type Options = { readonly master: MasterPort; readonly fileBytesMax: number };

/** Adds the routes by which files of master data are loaded. */
export function addMasterImportRoutes(app: App, { master, fileBytesMax }: Options, guards: Guards): void {
  const read = guards.needs("master-data:read");
  app.get(`${path}/templates/:kind`, { onRequest: read, schema: templateSchema }, (request, reply) => {
    const file = master.template(request.params.kind);
    return sendBytes(reply, { ...file, body: Buffer.from(file.body) });
  });
  app.register((scope: App, _options, done) => {
    // The bytes say what the file is; what it was sent as says what the sender's computer thinks.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, take) => take(null, body));
    const options = {
      bodyLimit: fileBytesMax,
      onRequest: [guards.needs("master-data:write"), guards.takesFile()],
      schema: importSchema,
      config: { published: { body: { content: BYTES } } },
    };
    scope.post(`${path}/imports`, options, (request, reply) => take(master, request, reply));
    done();
  });
}

async function take(
  master: MasterPort,
  request: FastifyRequest<{
    Querystring: {
      readonly kind: MasterKind;
      readonly token?: string;
      readonly skipRefused?: boolean;
    };
  }>,
  reply: FastifyReply,
): Promise<ImportAnswer | FastifyReply> {
  const { body } = request;
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const answer = await master.importFile({ ...request.query, bytes, caller: callerOf(request) });
  return "problem" in answer ? refuse(reply, { code: "unreadable-file", detail: answer.problem }) : answer;
}
