import type { FastifyRequest } from "fastify";
import { RequestFault } from "./fault-of.ts";
import { IDEMPOTENCY_FIELD } from "./idempotency.ts";
import { findSyntaxFault } from "./json-syntax.ts";

type Done = (error: Error | null, body?: unknown) => void;
type Parser = (request: FastifyRequest, body: string, done: Done) => unknown;

/** Wraps the framework's JSON parser: says where a body breaks, and keeps its text where the request is keyed. */
export function jsonBodyParser(parse: Parser): (request: FastifyRequest, body: string, done: Done) => void {
  return (request, body, done) => {
    // A route without a body may be called with the type of one; a route with a body refuses its absence.
    if (body === "") {
      done(null);
      return;
    }
    if (request.headers[IDEMPOTENCY_FIELD] !== undefined) request.bodyText = body;
    parse(request, body, (error, value) => {
      if (error === null) done(null, value);
      else done(syntaxFault(body));
    });
  };
}

function syntaxFault(body: string): RequestFault {
  const fault = findSyntaxFault(body);
  // Valid JSON that the parser refuses carries a `__proto__` or `constructor.prototype` member.
  const detail =
    fault === undefined
      ? "The body has a member named __proto__ or constructor.prototype, which is not taken."
      : `At line ${fault.line}, column ${fault.column} ${fault.expected} was expected.`;
  const more = fault === undefined ? {} : { position: fault };
  return new RequestFault({ code: "malformed-json", detail, more });
}
