import { AccountId, checker, StockStatement } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { answerOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { FAULTS_MAX, STATEMENTS_MAX } from "../limits.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import type { Fault } from "../problem.ts";
import { reaches } from "../scope.ts";
import type { Caller, KeyedAnswersPort, StatementsPort } from "../services.ts";
import { faultFinder } from "../validation.ts";
import { FactsAnswer, type StatementResult } from "../views.ts";
import { type App, callerOf, notGranted, refuse } from "../web.ts";

const batch = { minItems: 1, maxItems: STATEMENTS_MAX };
const closed = { title: "FactsBatch", additionalProperties: false };

/** What is published. */
const FactsBatch = Type.Object(
  { accountId: AccountId, statements: Type.Array(StockStatement, batch) },
  closed,
);
/** What is checked first: a statement that breaks its schema does not take its neighbours with it. */
const LooseBatch = Type.Object(
  { accountId: AccountId, statements: Type.Array(Type.Unknown(), batch) },
  closed,
);

const reportSchema = operation(
  {
    operationId: "reportFacts",
    tag: "System",
    scope: "facts:write",
    summary: "Report stock movements and counts",
    description:
      "Takes statements about stock in the source's own references and units, and answers for each. A statement whose `id` the " +
      "source has used before is a duplicate and changes nothing. One that names something unknown is parked and goes on by " +
      "itself when that appears. One of a wrong form is refused alone; only when all are is the whole batch refused.",
  },
  { body: LooseBatch },
  { 200: [FactsAnswer, "What became of each statement."] },
);

type Services = {
  readonly statements: StatementsPort;
  readonly keyedAnswers: KeyedAnswersPort;
  readonly log: Log;
};

/** Adds the route of facts. */
export function addFactRoutes(app: App, services: Services, guards: Guards): void {
  const options = {
    onRequest: guards.needs("facts:write"),
    schema: reportSchema,
    config: { published: { body: FactsBatch, headers: IDEMPOTENCY_HEADERS } },
  };
  app.post("/system/v1/inventory/facts", options, async (request, reply) => {
    const { accountId, statements } = request.body;
    if (!reaches(request.grant, accountId)) return refuse(reply, notGranted(accountId));
    const given = { accountId, statements, caller: callerOf(request) };
    // Harmless when it runs twice: a statement's id is its source's, and a repetition is a duplicate.
    return answerOnce(reply, services, () => report(services.statements, given));
  });
}

type Batch = {
  readonly accountId: AccountId;
  readonly statements: readonly unknown[];
  readonly caller: Caller;
};

async function report(port: StatementsPort, { accountId, statements, caller }: Batch): Promise<Outcome> {
  const checked = statements.map(checkStatement);
  const valid = checked.flatMap((each, index) => ("statement" in each ? [{ ...each, index }] : []));
  if (valid.length === 0) return invalidRequest(allFaults(checked));

  const answer = await port.submit({
    accountId,
    statements: valid.map((each) => each.statement),
    caller,
  });
  if (answer.is === "unknown-account") {
    return { code: "unknown-account", detail: `There is no account ${accountId}, or it is switched off.` };
  }
  const taken = new Map(valid.map((each, place) => [each.index, answer.results[place]]));
  const results = checked.map((each, index): StatementResult => {
    if ("errors" in each)
      return { index, ...idOf(statements[index]), outcome: "invalid", errors: [...each.errors] };
    const result = taken.get(index);
    if (result === undefined) throw new Error(`statement ${index} of ${statements.length} got no result`);
    return { index, id: each.statement.id, ...result };
  });
  return jsonAnswer(200, summary(results));
}

function summary(results: StatementResult[]): FactsAnswer {
  const count = (outcome: StatementResult["outcome"]) =>
    results.filter((result) => result.outcome === outcome).length;
  return {
    accepted: count("accepted"),
    duplicates: count("duplicate"),
    parked: count("parked"),
    invalid: count("invalid"),
    results,
  };
}

type CheckedStatement = { readonly statement: StockStatement } | { readonly errors: readonly Fault[] };

const checkWhole = checker(StockStatement);
const findFaults = new Map(
  StockStatement.anyOf.map((branch) => [String(branch.properties.type.const), faultFinder(branch)]),
);
const types = [...findFaults.keys()].join(", ");

/** Checks a statement; of a wrong one, against the schema of the type that it claims to be. */
function checkStatement(value: unknown): CheckedStatement {
  const checked = checkWhole(value);
  if (checked.ok) return { statement: checked.value };
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : undefined;
  // Whatever is sent as the type has to be looked at first: an object with a `toString` of its own cannot be made a text.
  const errors = typeof type === "string" ? findFaults.get(type)?.(value) : undefined;
  return { errors: errors ?? [{ pointer: "/type", message: `must be one of ${types}` }] };
}

function allFaults(checked: readonly CheckedStatement[]): readonly Fault[] {
  const faults = checked.flatMap((each, index) =>
    "errors" in each
      ? each.errors.map((fault) => ({ ...fault, pointer: `/statements/${index}${fault.pointer}` }))
      : [],
  );
  return faults.slice(0, FAULTS_MAX);
}

function idOf(value: unknown): { id?: string } {
  const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
  return typeof id === "string" ? { id } : {};
}
