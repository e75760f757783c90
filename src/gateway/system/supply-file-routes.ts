import { AccountId, Instant, SupplyBasis, SupplyKind, UnitCode } from "@crossdock/canonical";
import { Type } from "typebox";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { BYTES, operation } from "../operation.ts";
import { reaches } from "../scope.ts";
import type { SupplyFilesPort } from "../supply-file-port.ts";
import { SupplyFileAnswer } from "../supply-file-views.ts";
import { type App, callerOf, notGranted, refuse, sendBytes } from "../web.ts";
import { instantFaults } from "./moment.ts";

const path = "/system/v1/supply/files";

const importSchema = operation(
  {
    operationId: "importSupplyFile",
    tag: "System",
    scope: "facts:write",
    summary: "Take a file of what is to come, or rehearse it",
    description:
      "Takes CSV or XLSX with the columns `number`, `item`, `location`, `quantity` and `expected`, and where there are any `kind`, `line`, `from`, `vendor`, " +
      "`unit`, `counts`, `leaves`, `cancelled` and `revision`: one line of a document each. A day is over when it ends at the location. A faulty line refuses the " +
      "whole file before anything of it is taken. What the file does not list stays as it is. Sent again it changes nothing.",
  },
  {
    querystring: Type.Object(
      {
        accountId: AccountId,
        saidAt: { ...Instant, description: "As of when the file says what it says." },
        kind: Type.Optional({
          ...SupplyKind,
          description: "Of lines that do not say it; purchase-order unless this does.",
        }),
        counts: Type.Optional({
          ...SupplyBasis,
          description: "Of lines that do not say it; ordered unless this does.",
        }),
        unit: Type.Optional({
          ...UnitCode,
          description: "Of lines that do not say it; EA unless this does.",
        }),
        rehearse: Type.Optional(
          Type.Boolean({ description: "Says what the file would do, and does nothing." }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [SupplyFileAnswer, "What the file did, or would do."] },
);

const templateSchema = operation(
  {
    operationId: "fetchSupplyTemplate",
    tag: "System",
    scope: "positions:read",
    summary: "Fetch an empty file of supply, with its headings and a line that shows what goes where",
  },
  {},
  { 200: [undefined, "The file, as CSV."] },
);

type Options = { readonly files: SupplyFilesPort; readonly fileBytesMax: number };

/** Adds the routes by which files of what is to come are taken. */
export function addSupplyFileRoutes(app: App, { files, fileBytesMax }: Options, guards: Guards): void {
  const read = guards.needs("positions:read");
  app.get(`${path}/template`, { onRequest: read, schema: templateSchema }, (_request, reply) =>
    sendBytes(reply, {
      ...{ name: "supply.csv", contentType: "text/csv; charset=utf-8", body: Buffer.from(files.template()) },
    }),
  );
  app.register((scope: App, _options, done) => {
    // The bytes say what the file is; what it was sent as says what the sender's computer thinks.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, take) => take(null, body));
    const options = {
      bodyLimit: fileBytesMax,
      onRequest: [guards.needs("facts:write"), guards.takesFile()],
      schema: importSchema,
      config: { published: { body: { content: BYTES } } },
    };
    scope.post(path, options, async (request, reply) => {
      const { body, query } = request;
      const { accountId, saidAt, kind = "purchase-order", counts = "ordered", unit = "EA" } = query;
      if (!reaches(request.grant, accountId)) return refuse(reply, notGranted(accountId));
      const faults = instantFaults(query, ["saidAt"]);
      if (faults.length > 0) return refuse(reply, invalidRequest(faults));
      const outcome = await files.importFile({
        ...{ accountId, saidAt, kind, counts, unit, isRehearsal: query.rehearse === true },
        bytes: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
        caller: callerOf(request),
      });
      if (outcome.is === "done") return outcome.answer;
      return refuse(reply, refusalOf(outcome, accountId));
    });
    done();
  });
}

type Refused = Exclude<Awaited<ReturnType<SupplyFilesPort["importFile"]>>, { is: "done" }>;

function refusalOf(outcome: Refused, accountId: AccountId) {
  switch (outcome.is) {
    case "unknown-account":
      return {
        code: "unknown-account" as const,
        detail: `There is no account ${accountId}, or it is switched off.`,
      };
    case "unreadable":
      return { code: "unreadable-supply-file" as const, detail: outcome.problem };
    case "faulty": {
      const { faults, faultCount } = outcome;
      const [first] = faults;
      const where =
        first === undefined
          ? ""
          : ` The first: line ${first.line}, ${first.column ?? "the line"} ${first.message}.`;
      const detail = `${faultCount} line(s) cannot be taken, so nothing was.${where}`;
      return { code: "faulty-supply-file" as const, detail, more: { faults: [...faults], faultCount } };
    }
    default:
      return outcome satisfies never;
  }
}
