import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { DeadLetterDecision, DeadLetterPage, type DeadLetterView } from "../dead-letter-views.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Occurrence } from "../problem.ts";
import type { DeadLettersPort } from "../services.ts";
import { Dismissal } from "../views.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/dead-letters";
const readerName = Type.String({
  pattern: "^[a-z0-9-]{1,64}$",
  description: "A reader of the log: `ledger`.",
});
const one = {
  params: Type.Object({
    reader: readerName,
    number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  }),
};

const listSchema = operation(
  {
    operationId: "listDeadLetters",
    tag: "System",
    scope: "parked:read",
    summary: "List the facts that a reader of the log could not take",
    description:
      "A reader that fails at a fact goes on without it and keeps it here with its `reason`, in the order of the log. Mend the cause and " +
      "retry, or dismiss it.",
  },
  {
    querystring: Type.Object(
      {
        ...pageParameters,
        reader: Type.Optional(readerName),
        state: Type.Optional(
          Type.Union([Type.Literal("open"), Type.Literal("dismissed")], {
            description:
              "`open` when absent; `dismissed`: those that somebody has decided never to have taken.",
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [DeadLetterPage, "A page of dead letters."] },
);

const retrySchema = operation(
  {
    operationId: "retryDeadLetter",
    tag: "System",
    scope: "parked:write",
    summary: "Hand a dead letter to its reader again",
    description:
      "An open or dismissed one is handed over in one transaction with its effect. One that fails again says why in `reason`. " +
      "Retrying what was taken is a success that says so.",
  },
  one,
  { 200: [DeadLetterDecision, "The dead letter was taken, or failed again."] },
);

const dismissSchema = operation(
  {
    operationId: "dismissDeadLetter",
    tag: "System",
    scope: "parked:write",
    summary: "Decide that a dead letter is never taken",
    description:
      "It is kept with the reason, and no longer waits for anybody. Dismissing twice is a success that says so, and the first reason " +
      "stands. It can still be retried.",
  },
  { ...one, body: Dismissal },
  { 200: [DeadLetterDecision, "The dead letter is dismissed."] },
);

/** Adds the routes by which a person decides about facts that a reader could not take. */
export function addDeadLetterRoutes(app: App, letters: DeadLettersPort, guards: Guards): void {
  const read = guards.needs("parked:read");
  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { reader, state = "open" } = request.query;
    const page = await letters.page({ reader, state, ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { deadLetters: page.rows, next: page.next };
  });

  const write = guards.needs("parked:write");
  const retryPath = `${path}/:reader/:number/retry`;
  app.post(retryPath, { onRequest: write, schema: retrySchema }, async (request, reply) => {
    const found = await letterWithin(letters, request, request.params);
    if (found === undefined) return refuse(reply, unknownLetter(request.params));
    const retry = await letters.retry(request.params);
    if (retry.is === "no-reader") return refuse(reply, unknownLetter(request.params));
    const deadLetter = (await letterWithin(letters, request, request.params)) ?? found;
    return { deadLetter, already: retry.is === "settled" };
  });

  const dismissPath = `${path}/:reader/:number/dismiss`;
  app.post(dismissPath, { onRequest: write, schema: dismissSchema }, async (request, reply) => {
    const found = await letterWithin(letters, request, request.params);
    if (found === undefined) return refuse(reply, unknownLetter(request.params));
    const { because } = request.body;
    const dismissed = await letters.dismiss({ ...request.params, because, caller: callerOf(request) });
    const deadLetter = (await letterWithin(letters, request, request.params)) ?? found;
    if (deadLetter.state === "dismissed") return { deadLetter, already: !dismissed };
    const detail = `${found.reader} has taken fact ${found.number}, so there is nothing to decide about it.`;
    return refuse(reply, { code: "dead-letter-taken", detail });
  });
}

type LetterId = { readonly reader: string; readonly number: number };

/** A letter of a fact that the key reaches: others are not even admitted to exist. */
function letterWithin(
  letters: DeadLettersPort,
  request: FastifyRequest,
  { reader, number }: LetterId,
): Promise<DeadLetterView | undefined> {
  return letters.find({ reader, number, ...accountsOf(request) });
}

function unknownLetter({ reader, number }: LetterId): Occurrence {
  return { code: "not-found", detail: `The reader ${reader} has no dead letter of fact ${number}.` };
}
