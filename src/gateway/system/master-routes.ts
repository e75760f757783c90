import { checker, ItemClass, ItemId, LocationId, MASTER_RECORDS, MasterRecord } from "@crossdock/canonical";
import { Type } from "typebox";
import type { KeepAnswer, Log } from "../../platform/index.ts";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { answerOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { FAULTS_MAX, STATEMENTS_MAX } from "../limits.ts";
import type { MasterPort, StatedResult } from "../master-port.ts";
import {
  CalendarView,
  ChangePage,
  ItemPage,
  ItemView,
  LocationPage,
  LotPage,
  MasterAnswer,
  type MasterResult,
} from "../master-views.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Fault } from "../problem.ts";
import type { Caller, KeyedAnswersPort } from "../services.ts";
import { faultFinder } from "../validation.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";

const batch = { minItems: 1, maxItems: STATEMENTS_MAX };
/** What is published. */
const MasterBatch = Type.Object(
  { records: Type.Array(MasterRecord, batch) },
  { title: "MasterBatch", additionalProperties: false },
);
/** What is checked first: a record that breaks its schema does not take its neighbours with it. */
const LooseBatch = Type.Object(
  { records: Type.Array(Type.Unknown(), batch) },
  { additionalProperties: false },
);

const page = { querystring: Type.Object(pageParameters, { additionalProperties: false }) };
const oneItem = { params: Type.Object({ itemId: ItemId }) };

const stateSchema = operation(
  {
    operationId: "stateMasterData",
    tag: "System",
    scope: "master-data:write",
    summary: "Create and change master data",
    description:
      "Takes items, names, units, kit components, costs, lots and locations, and answers for each. What is left out of a record stays " +
      "as it is. A record may build on those before it. One that is refused changes nothing and stops none of its neighbours. Stating " +
      "the same again changes nothing.",
  },
  { body: LooseBatch },
  { 200: [MasterAnswer, "What became of each record."] },
);

const itemSchema = operation(
  {
    operationId: "readItem",
    tag: "System",
    scope: "master-data:read",
    summary: "Read an item",
    description: "With every name that leads or led to it, its units, its components and its costs.",
  },
  oneItem,
  { 200: [ItemView, "The item as it stands."] },
);

const itemsSchema = operation(
  { operationId: "listItems", tag: "System", scope: "master-data:read", summary: "List items by SKU" },
  {
    querystring: Type.Object(
      { itemClass: Type.Optional(ItemClass), ...pageParameters },
      { additionalProperties: false },
    ),
  },
  { 200: [ItemPage, "A page of items."] },
);

const lotsSchema = operation(
  { operationId: "listLots", tag: "System", scope: "master-data:read", summary: "List the lots of an item" },
  { ...oneItem, ...page },
  { 200: [LotPage, "A page of lots."] },
);

const locationsSchema = operation(
  {
    operationId: "listLocations",
    tag: "System",
    scope: "master-data:read",
    summary: "List locations by code",
  },
  page,
  { 200: [LocationPage, "A page of locations."] },
);

const calendarSchema = operation(
  {
    operationId: "readLocationCalendar",
    tag: "System",
    scope: "master-data:read",
    summary: "Read the calendar of a location",
    description:
      "Its working hours, its cut-offs, how long goods need from the dock to the shelf, and the days on which that is otherwise, each with when it " +
      "holds. It is stated as master data, by the kinds `location-calendar` and `location-day`.",
  },
  { params: Type.Object({ locationId: LocationId }) },
  { 200: [CalendarView, "What is said, by what it is about."] },
);

const changesSchema = operation(
  {
    operationId: "listMasterChanges",
    tag: "System",
    scope: "master-data:read",
    summary: "List what was changed in master data",
    description: "Who changed what, when, with what was there before and after; the newest first.",
  },
  {
    querystring: Type.Object(
      { item: Type.Optional(ItemId), location: Type.Optional(LocationId), ...pageParameters },
      { additionalProperties: false },
    ),
  },
  { 200: [ChangePage, "A page of changes."] },
);

type Services = { readonly master: MasterPort; readonly keyedAnswers: KeyedAnswersPort; readonly log: Log };

/** Adds the routes of master data. */
export function addMasterRoutes(app: App, services: Services, guards: Guards): void {
  const { master } = services;
  const write = {
    onRequest: guards.needs("master-data:write"),
    schema: stateSchema,
    config: { published: { body: MasterBatch, headers: IDEMPOTENCY_HEADERS } },
  };
  app.post("/system/v1/master-data", write, async (request, reply) => {
    const { records } = request.body;
    return answerOnce(reply, services, (keep) => state(master, { records, caller: callerOf(request) }, keep));
  });
  addReading(app, master, guards);
}

function addReading(app: App, master: MasterPort, guards: Guards): void {
  const onRequest = guards.needs("master-data:read");

  app.get("/system/v1/items/:itemId", { onRequest, schema: itemSchema }, async (request, reply) => {
    const { itemId } = request.params;
    const detail = `There is no item ${itemId}.`;
    return (await master.item(itemId)) ?? refuse(reply, { code: "not-found", detail });
  });
  app.get("/system/v1/items", { onRequest, schema: itemsSchema }, async (request, reply) => {
    const { itemClass } = request.query;
    const found = await master.itemPage({ ...pageOf(request.query), itemClass });
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (found.next !== undefined) reply.header("link", nextLink(request.url, found.next));
    return { items: found.rows, next: found.next };
  });
  app.get("/system/v1/items/:itemId/lots", { onRequest, schema: lotsSchema }, async (request, reply) => {
    const found = await master.lots(request.params.itemId, pageOf(request.query));
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (found.next !== undefined) reply.header("link", nextLink(request.url, found.next));
    return { lots: found.rows, next: found.next };
  });
  app.get("/system/v1/locations", { onRequest, schema: locationsSchema }, async (request, reply) => {
    const found = await master.locationPage(pageOf(request.query));
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (found.next !== undefined) reply.header("link", nextLink(request.url, found.next));
    return { locations: found.rows, next: found.next };
  });
  app.get(
    "/system/v1/locations/:locationId/calendar",
    { onRequest, schema: calendarSchema },
    async (request, reply) => {
      const { locationId } = request.params;
      const detail = `There is no location ${locationId}.`;
      return (await master.calendar(locationId)) ?? refuse(reply, { code: "not-found", detail });
    },
  );
  app.get("/system/v1/master-data/changes", { onRequest, schema: changesSchema }, async (request, reply) => {
    const { item, location } = request.query;
    const found = await master.changes({ ...pageOf(request.query), itemId: item, locationId: location });
    if (found === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (found.next !== undefined) reply.header("link", nextLink(request.url, found.next));
    return { changes: found.rows, next: found.next };
  });
}

const checkWhole = checker(MasterRecord);
const findFaults = new Map(
  Object.entries(MASTER_RECORDS).map(([kind, schema]) => [kind, faultFinder(schema)]),
);
const kinds = [...findFaults.keys()].join(", ");

type Checked = { readonly record: MasterRecord } | { readonly errors: readonly Fault[] };

/** Checks a record; a wrong one against the schema of the kind that it claims to be. */
function checkRecord(value: unknown): Checked {
  const checked = checkWhole(value);
  if (checked.ok) return { record: checked.value };
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  const errors = typeof kind === "string" ? findFaults.get(kind)?.(value) : undefined;
  return { errors: errors ?? [{ pointer: "/kind", message: `must be one of ${kinds}` }] };
}

async function state(
  master: MasterPort,
  { records, caller }: { readonly records: readonly unknown[]; readonly caller: Caller },
  keep: KeepAnswer<Outcome>,
): Promise<Outcome> {
  const checked = records.map(checkRecord);
  const valid = checked.flatMap((each, index) => ("record" in each ? [{ ...each, index }] : []));
  if (valid.length === 0) return invalidRequest(allFaults(checked));
  const batch = { records: valid.map(({ record }) => record), caller };
  return toOutcome(checked, await master.state(batch, (tx, taken) => keep(tx, toOutcome(checked, taken))));
}

/** One result a record: of those of the right form, in their order, what they came to. */
function toOutcome(checked: readonly Checked[], taken: readonly StatedResult[]): Outcome {
  let place = 0;
  const results = checked.map((each, index): MasterResult => {
    if ("errors" in each) return { index, outcome: "invalid", errors: [...each.errors] };
    const result = taken[place];
    place += 1;
    if (result === undefined) throw new Error(`record ${index} of ${checked.length} got no result`);
    return { index, ...result };
  });
  const count = (outcome: MasterResult["outcome"]) =>
    results.filter((each) => each.outcome === outcome).length;
  return jsonAnswer(200, {
    ...{ created: count("created"), changed: count("changed"), unchanged: count("unchanged") },
    ...{ refused: count("refused"), invalid: count("invalid") },
    results,
  });
}

function allFaults(checked: readonly Checked[]): readonly Fault[] {
  const faults = checked.flatMap((each, index) =>
    "errors" in each
      ? each.errors.map((fault) => ({ ...fault, pointer: `/records/${index}${fault.pointer}` }))
      : [],
  );
  return faults.slice(0, FAULTS_MAX);
}
