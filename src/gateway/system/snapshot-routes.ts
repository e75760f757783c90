import { LocationId, type SnapshotStatement } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import type { Guards } from "../guard.ts";
import { answerOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Occurrence } from "../problem.ts";
import { reaches } from "../scope.ts";
import type { Caller, KeyedAnswersPort, StatementsPort } from "../services.ts";
import type { SnapshotsPort } from "../snapshot-port.ts";
import {
  DriftPage,
  SnapshotPage,
  SnapshotState,
  SnapshotUpload,
  SnapshotUploadAnswer,
  SnapshotView,
} from "../snapshot-views.ts";
import { type App, accountsOf, callerOf, nextLink, notGranted, refuse } from "../web.ts";

const path = "/system/v1/inventory/snapshots";
const one = { params: Type.Object({ snapshotNumber: Type.String({ pattern: "^[0-9]{1,15}$" }) }) };

const uploadSchema = operation(
  {
    operationId: "uploadSnapshot",
    tag: "System",
    scope: "facts:write",
    summary: "Upload pages of a stock snapshot",
    description:
      "A snapshot says how much of everything is at a location at a moment, in pages of at most 1,000 rows that may come in any " +
      "order, in any number of requests, and twice. Rows of one item are summed. When all pages have come, what differs from the " +
      "books is posted with count variance, as of the snapshot's time or watermark. A row that names something unknown waits by itself.",
  },
  { body: SnapshotUpload },
  { 200: [SnapshotUploadAnswer, "What became of each page."] },
);

const listSchema = operation(
  {
    operationId: "listSnapshots",
    tag: "System",
    scope: "positions:read",
    summary: "List stock snapshots",
    description: "The newest first, each with how far it is and what it found.",
  },
  {
    querystring: Type.Object(
      {
        location: Type.Optional(LocationId),
        state: Type.Optional(SnapshotState),
        unfinished: Type.Optional(
          Type.Boolean({
            description:
              "Only full snapshots that wait for rows which name something unknown, the last of their source and location.",
          }),
        ),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
  },
  { 200: [SnapshotPage, "A page of snapshots."] },
);

const readSchema = operation(
  { operationId: "readSnapshot", tag: "System", scope: "positions:read", summary: "Read a stock snapshot" },
  one,
  { 200: [SnapshotView, "The snapshot as it stands."] },
);

const driftSchema = operation(
  {
    operationId: "listDrift",
    tag: "System",
    scope: "positions:read",
    summary: "List what a snapshot found",
    description:
      "Every difference between the snapshot and the books as of its time, which was posted with count variance.",
  },
  { ...one, querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [DriftPage, "A page of differences."] },
);

type Services = {
  readonly statements: StatementsPort;
  readonly snapshots: SnapshotsPort;
  readonly keyedAnswers: KeyedAnswersPort;
  readonly log: Log;
};

/** Adds the routes of snapshots. */
export function addSnapshotRoutes(app: App, services: Services, guards: Guards): void {
  const { snapshots } = services;
  const upload = {
    onRequest: guards.needs("facts:write"),
    schema: uploadSchema,
    config: { published: { headers: IDEMPOTENCY_HEADERS } },
  };
  app.post(path, upload, async (request, reply) => {
    const { accountId } = request.body;
    if (!reaches(request.grant, accountId)) return refuse(reply, notGranted(accountId));
    // Harmless when it runs twice: a page's id follows from its snapshot and number.
    return answerOnce(reply, services, () => takeIn(services.statements, request.body, callerOf(request)));
  });

  const read = guards.needs("positions:read");
  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { location, state, unfinished } = request.query;
    const page = await snapshots.page({
      ...pageOf(request.query),
      ...accountsOf(request),
      locationId: location,
      state,
      isUnfinished: unfinished,
    });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { snapshots: [...page.rows], ...(page.next === undefined ? {} : { next: page.next }) };
  });

  app.get(`${path}/:snapshotNumber`, { onRequest: read, schema: readSchema }, async (request, reply) => {
    const { snapshotNumber } = request.params;
    return (
      (await snapshots.find(snapshotNumber, accountsOf(request))) ?? refuse(reply, unknown(snapshotNumber))
    );
  });

  const drift = { onRequest: read, schema: driftSchema };
  app.get(`${path}/:snapshotNumber/drift`, drift, async (request, reply) => {
    const { snapshotNumber } = request.params;
    const asked = { ...pageOf(request.query), ...accountsOf(request) };
    const page = await snapshots.drift(snapshotNumber, asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page === undefined) return refuse(reply, unknown(snapshotNumber));
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { drift: [...page.rows], ...(page.next === undefined ? {} : { next: page.next }) };
  });
}

function unknown(snapshotNumber: string): Occurrence {
  return { code: "not-found", detail: `There is no snapshot ${snapshotNumber}.` };
}

function statementsOf(upload: SnapshotUpload): SnapshotStatement[] {
  const { snapshotId, location, takenAt, scope, conditions, watermark, pageCount, pages } = upload;
  const header = {
    snapshotId,
    location,
    scope,
    conditions,
    ...(watermark === undefined ? {} : { watermark }),
    ...(pageCount === undefined ? {} : { pages: pageCount }),
  };
  return pages.map(({ page, rows }) => ({
    type: "StockSnapshotPage",
    effectiveAt: takenAt,
    data: { ...header, page, rows },
  }));
}

async function takeIn(port: StatementsPort, upload: SnapshotUpload, caller: Caller): Promise<Outcome> {
  const { accountId, snapshotId, pages } = upload;
  const answer = await port.submit({ accountId, statements: statementsOf(upload), caller });
  if (answer.is === "unknown-account") {
    return { code: "unknown-account", detail: `There is no account ${accountId}, or it is switched off.` };
  }
  const results = pages.map(({ page }, index) => {
    const result = answer.results[index];
    if (result === undefined) throw new Error(`page ${page} of snapshot ${snapshotId} got no result`);
    return { page, ...result };
  });
  const body: SnapshotUploadAnswer = { snapshotId, rowsParked: answer.rowsParked, pages: results };
  return jsonAnswer(200, body);
}
