import { Instant } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { BYTES, operation } from "../operation.ts";
import type { Occurrence } from "../problem.ts";
import { reaches } from "../scope.ts";
import type { SnapshotFileRequest, SnapshotFilesPort } from "../snapshot-file-port.ts";
import { SnapshotFileAnswer } from "../snapshot-file-views.ts";
import { spool } from "../spool-service.ts";
import { readColumns, STOCK_FILE_FIELDS } from "../stock-file-columns.ts";
import { type App, callerOf, notGranted, refuse } from "../web.ts";
import { instantFaults } from "./moment.ts";

const path = "/system/v1/inventory/snapshots/files";
const FileQuery = Type.Object(
  {
    ...STOCK_FILE_FIELDS,
    takenAt: Instant,
    scope: Type.Union([Type.Literal("full"), Type.Literal("partial")]),
    columns: Type.Optional(
      Type.String({
        maxLength: 1_000,
        description: "Columns that are called otherwise: `item:Artikel,quantity:Menge`.",
      }),
    ),
    watermarkStream: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
    watermarkNumber: Type.Optional(Type.Integer({ minimum: 0 })),
    rehearse: Type.Optional(Type.Boolean({ description: "Says what the file would do, and does nothing." })),
  },
  { additionalProperties: false },
);
type FileQuery = Static<typeof FileQuery>;

const importSchema = operation(
  {
    operationId: "importSnapshotFile",
    tag: "System",
    scope: "facts:write",
    summary: "Take a file of stock as a snapshot, or rehearse it",
    description:
      "Takes CSV or NDJSON, plain or gzipped, with the columns `sku` (or `gtin`, `id`, `item`) and `quantity`, and where there are any " +
      "`unit`, `lot`, `status` and `location`. A faulty line refuses the whole file, with the first faults line by line, before anything " +
      "of it is taken. Its lines then go the way of uploaded pages. Sent again it changes nothing.",
  },
  { querystring: FileQuery },
  { 200: [SnapshotFileAnswer, "What the file did, or would do."] },
);

/** Adds the route by which files of stock are taken. */
export function addSnapshotFileRoutes(
  app: App,
  { files, fileBytesMax }: { readonly files: SnapshotFilesPort; readonly fileBytesMax: number },
  guards: Guards,
): void {
  app.register((scope: App, _options, done) => {
    // The bytes say what the file is, and are read as they come.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, body, take) => take(null, body));
    const options = {
      bodyLimit: fileBytesMax,
      onRequest: [guards.needs("facts:write"), guards.takesFile()],
      schema: importSchema,
      config: { published: { body: { content: BYTES } } },
    };
    scope.post(path, options, async (request, reply) => {
      const { query, body } = request;
      if (!reaches(request.grant, query.accountId)) return refuse(reply, notGranted(query.accountId));
      const asked = toRequest(query);
      if ("code" in asked) return refuse(reply, asked);
      const file = await spool(isBytes(body) ? body : nothing(), fileBytesMax);
      try {
        const outcome = await files.importFile(file, { ...asked, caller: callerOf(request) });
        return outcome.is === "done" ? outcome.answer : refuse(reply, refusalOf(outcome, query));
      } finally {
        await file.close();
      }
    });
    done();
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A request without a body: the reader says that the file is empty.
}

const isBytes = (body: unknown): body is AsyncIterable<Uint8Array> =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body;

type Asked = Omit<SnapshotFileRequest, "caller">;

function toRequest(query: FileQuery): Asked | Occurrence {
  const { watermarkStream: stream, watermarkNumber: number, columns, rehearse = false, unit = "EA" } = query;
  const faults = [...instantFaults(query, ["takenAt"])];
  if ((stream === undefined) !== (number === undefined))
    faults.push({ pointer: "/watermarkStream", message: "and watermarkNumber belong together" });
  const headings = readColumns(columns ?? "");
  if (headings === undefined)
    faults.push({ pointer: "/columns", message: "must be like item:Artikel,quantity:Menge" });
  if (faults.length > 0 || headings === undefined) return invalidRequest(faults);
  const { accountId, snapshotId, takenAt, scope, location, locationScheme, itemScheme } = query;
  return {
    ...{ accountId, snapshotId, takenAt, scope, location, locationScheme, itemScheme, unit },
    ...(stream === undefined || number === undefined ? {} : { watermark: { stream, number } }),
    ...{ columns: headings, isRehearsal: rehearse },
  };
}

type Refused = Exclude<Awaited<ReturnType<SnapshotFilesPort["importFile"]>>, { is: "done" }>;

function refusalOf(outcome: Refused, { accountId }: FileQuery): Occurrence {
  switch (outcome.is) {
    case "unknown-account":
      return { code: "unknown-account", detail: `There is no account ${accountId}, or it is switched off.` };
    case "unreadable":
      return { code: "unreadable-stock-file", detail: outcome.problem };
    case "faulty": {
      const { faults, faultCount } = outcome;
      const [first] = faults;
      const where = first === undefined ? "" : ` The first: line ${first.line} ${first.message}.`;
      const detail = `${faultCount} line(s) cannot be taken, so nothing was.${where}`;
      return { code: "faulty-stock-file", detail, more: { faults: [...faults], faultCount } };
    }
    default:
      return outcome satisfies never;
  }
}
