import type { AccountId } from "@crossdock/canonical";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { Static, TSchema } from "typebox";
import { FORM_PAGE_POLICY, PAGE_POLICY } from "./html.ts";
import {
  type Occurrence,
  PROBLEM_KINDS,
  PROBLEM_MEDIA_TYPE,
  type ProblemCode,
  problemText,
} from "./problem.ts";
import type { Grant } from "./scope.ts";
import type { Caller, KeptAnswer, Reach } from "./services.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; absent on open routes, and for messages that only a connector's signature can make genuine. */
    grant: Grant | undefined;
    /** The body as it was sent, where the request is keyed. */
    bodyText: string | undefined;
    /** `Content-Type` as it was sent, where the body is taken as it is. */
    sentType: string | undefined;
  }
  interface FastifyContextConfig {
    /** Parts of the request that are published and not checked by the route's schema. */
    published?: { readonly body?: unknown; readonly headers?: unknown };
  }
  interface FastifyReply {
    /** What this answer refuses with, for the metrics. */
    problemCode: ProblemCode | undefined;
    /** Whether the answer is a stream, which lasts as long as its reader listens. */
    isStream: boolean;
  }
}

/** Lets a route's schema type its handler: one schema gives the check and the type. */
export interface SchemaTypes extends FastifyTypeProvider {
  readonly validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  readonly serializer: unknown;
}

/** The server, with its routes typed by their schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  SchemaTypes
>;

/** Answers with a problem. */
export function refuse(reply: FastifyReply, occurrence: Occurrence): FastifyReply {
  const { request } = reply;
  const { status } = PROBLEM_KINDS[occurrence.code];
  reply.problemCode = occurrence.code;
  if (occurrence.headers !== undefined) reply.headers(occurrence.headers);
  return reply
    .code(status)
    .header("content-type", PROBLEM_MEDIA_TYPE)
    .send(problemText(occurrence, { url: request.url, correlationId: request.id }));
}

/** Puts on an answer what every answer carries. */
export function dress(reply: FastifyReply): void {
  reply.header("x-correlation-id", reply.request.id);
  reply.header("x-content-type-options", "nosniff");
  // What was written is never stored by anyone (RFC 9110, section 9.3.3); what is read must be said not to be.
  if (reply.request.method === "GET") reply.header("cache-control", "no-store");
}

/** Programs say what they want, or anything; browsers ask for HTML by name. */
export function isForPerson(accept: string | undefined): boolean {
  return accept?.includes("text/html") === true;
}

/** Answers with a page. */
export function sendPage(reply: FastifyReply, content: string, policy: string = PAGE_POLICY): FastifyReply {
  return (
    reply
      .header("content-type", "text/html; charset=utf-8")
      .header("content-security-policy", policy)
      // Without a referrer a browser calls the origin of a form `null` (Fetch, section 3.2), and we could not tell our own.
      .header("referrer-policy", policy === FORM_PAGE_POLICY ? "same-origin" : "no-referrer")
      .send(content)
  );
}

/** Who asks, for the services. Requests without a key have none. */
export function callerOf(request: FastifyRequest): Caller {
  return { clientId: request.grant?.clientId ?? "", correlationId: request.id };
}

/** The accounts to which a list is limited for whoever asks. */
export function accountsOf(request: FastifyRequest): Reach {
  const accountIds = request.grant?.accountIds;
  return accountIds === undefined ? {} : { accountIds: [...accountIds] };
}

/** The refusal to act for an account that the key does not reach. */
export function notGranted(account: AccountId): Occurrence {
  return { code: "account-not-granted", detail: `The API key may not act for the account ${account}.` };
}

/** Sends JSON that is written out already. */
export function sendJson(reply: FastifyReply, text: string | Buffer): FastifyReply {
  return reply.header("content-type", "application/json; charset=utf-8").send(text);
}

/** Sends an answer that was kept, or is about to be, byte for byte. */
export function sendKept(reply: FastifyReply, answer: KeptAnswer): FastifyReply {
  if (answer.location !== undefined) reply.header("location", answer.location);
  return reply.code(answer.status).header("content-type", answer.contentType).send(answer.body);
}

/** The address of the next page: the same with another `after`. */
export function nextAddress(url: string, next: string): string {
  const [path = "", query = ""] = url.split("?", 2);
  const parameters = new URLSearchParams(query);
  parameters.set("after", next);
  return `${path}?${parameters.toString()}`;
}

/** `Link` to the next page (RFC 8288). */
export const nextLink = (url: string, next: string): string => `<${nextAddress(url, next)}>; rel="next"`;

/** Answers with somebody else's bytes: a browser may keep them, and never show them as a page of ours. */
export function sendBytes(
  reply: FastifyReply,
  bytes: { readonly name: string; readonly contentType: string | undefined; readonly body: Uint8Array },
): FastifyReply {
  const { name, contentType = "application/octet-stream", body } = bytes;
  reply.header("content-type", contentType);
  reply.header("content-disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name)}`);
  reply.header("content-security-policy", "default-src 'none'; sandbox");
  return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}
