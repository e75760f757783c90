import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import type { TSchema } from "typebox";
import type { Ids, Log } from "../platform/index.ts";
import { jsonBodyParser } from "./body.ts";
import { correlationIdOf } from "./correlation.ts";
import { invalidRequest, occurrenceOf, RequestFault } from "./fault-of.ts";
import type { GatewayLimits } from "./limits.ts";
import { PROBLEM_KINDS, PROBLEM_MEDIA_TYPE, type ProblemCode, toProblem } from "./problem.ts";
import { parameterReader } from "./query.ts";
import { createRouteTable } from "./routing.ts";
import { type Faults, faultFinder } from "./validation.ts";
import { type App, dress, refuse } from "./web.ts";

/** Lets bodies be read as JSON and nothing else, and checks what a request carries against its route's schema. */
export function setParsersAndChecks(app: App): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, jsonBodyParser(parse));

  // TypeBox checks here as it does everywhere else, so that a body means the same to all parts. Bodies are taken as they are;
  // parameters are text, and become what their schema says.
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const find = faultFinder(schema);
    if (httpPart === "body")
      return (value: unknown) => verdict(value, isAbsent(value) ? NO_BODY : find(value));
    const read = parameterReader(schema);
    return (given: unknown) => {
      const value = read(given);
      return verdict(value, find(value));
    };
  });
}

const NO_BODY = [{ pointer: "/", message: "is missing: the request has no body" }];

const isAbsent = (body: unknown): boolean => body === undefined || body === null;

function verdict(value: unknown, faults: Faults): { value: unknown } | { error: Error } {
  return faults === undefined ? { value } : { error: new RequestFault(invalidRequest(faults)) };
}

/** Answers everything that goes wrong with a problem: what no route takes, what a check refuses, what a handler throws. */
export function setRefusals(app: App, options: { readonly limits: GatewayLimits; readonly log: Log }): void {
  const { limits, log } = options;
  const routes = createRouteTable();
  app.addHook("onRoute", (route) => {
    for (const method of [route.method].flat()) routes.add(method, route.url);
  });

  app.setErrorHandler((error, request, reply) => {
    const occurrence = occurrenceOf(error, limits);
    tellFault(log, request, { error, code: occurrence.code });
    return refuse(reply, occurrence);
  });

  app.setNotFoundHandler((request, reply) => {
    dress(reply);
    const [path = ""] = request.url.split("?", 1);
    const methods = routes.methodsOf(path);
    if (methods.length === 0) {
      refuse(reply, {
        code: "unknown-route",
        detail: `There is nothing at ${path}.`,
      });
      return;
    }
    const allowed = methods.join(", ");
    refuse(reply, {
      code: "method-not-allowed",
      detail: `${path} takes ${allowed}, not ${request.method}.`,
      headers: { allow: allowed },
    });
  });
}

function tellFault(log: Log, request: FastifyRequest, fault: { error: unknown; code: ProblemCode }): void {
  const { status } = PROBLEM_KINDS[fault.code];
  if (status < 500) return;
  const line = {
    event: "gateway.failed",
    correlationId: request.id,
    code: fault.code,
    method: request.method,
    route: request.routeOptions.url,
    err: fault.error,
  };
  // What passes by itself was coped with: the caller was told when to come again.
  if (status === 503) log.warn(line);
  else log.error(line);
}

const socketFaults: ReadonlyMap<string, ProblemCode> = new Map<string, ProblemCode>([
  ["ERR_HTTP_REQUEST_TIMEOUT", "request-timeout"],
  ["HPE_HEADER_OVERFLOW", "headers-too-large"],
]);

/** Answers what could not even be read as a request, and closes the connection. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket, ids: Ids): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const code = socketFaults.get(error.code ?? "") ?? "malformed-request";
  answerSocket(socket, { code, correlationId: ids.next() });
}

/** Answers a request that has not arrived whole in its time, and closes the connection. */
export function answerLate(request: IncomingMessage, response: ServerResponse, ids: Ids): void {
  const { socket } = request;
  if (response.headersSent) {
    socket.destroy();
    return;
  }
  // For the metrics: nothing is written by this response any more.
  response.statusCode = PROBLEM_KINDS["request-timeout"].status;
  const correlationId = correlationIdOf(request.headers, () => ids.next());
  answerSocket(socket, { code: "request-timeout", correlationId });
}

function answerSocket(
  socket: Socket,
  { code, correlationId }: { readonly code: ProblemCode; readonly correlationId: string },
): void {
  const problem = toProblem({ code }, { url: "", correlationId });
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Correlation-Id: ${problem.correlationId}`,
    "Connection: close",
  ];
  if (socket.writable) socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroy();
}
