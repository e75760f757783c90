import { AccountId, MessageId } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { KEY_PREFIX } from "../api-key.ts";
import type { Guards } from "../guard.ts";
import { WAIT_SECONDS_MAX } from "../limits.ts";
import { BYTES, operation, WAIT_HEADERS } from "../operation.ts";
import { waitSeconds } from "../preference.ts";
import type { Occurrence } from "../problem.ts";
import { reaches } from "../scope.ts";
import type { DeliveryReceipt, MessagesPort } from "../services.ts";
import { MessageReceipt, MessageStatus } from "../views.ts";
import { type App, notGranted, refuse, sendBytes } from "../web.ts";

const deliverSchema = operation(
  {
    operationId: "deliverMessage",
    tag: "System",
    scope: "messages:write",
    keyIsOptional: true,
    summary: "Deliver a raw message",
    description:
      "Takes the bytes as they are, for the account's connector: a web hook, an X12 interchange, a warehouse's events. They are " +
      "stored before the answer; what they mean is worked out after it. A delivery that comes again is recognised and answered " +
      "the same way. Where the connector's own signature proves the message, no API key is needed. With `Prefer: wait=N` (at " +
      `most ${WAIT_SECONDS_MAX} seconds) the answer waits until the message has been mapped.`,
  },
  { params: Type.Object({ account: AccountId }) },
  {
    200: [MessageReceipt, "Stored and mapped, as `Prefer: wait` asked."],
    202: [MessageReceipt, "Stored."],
  },
);

const readSchema = operation(
  {
    operationId: "readMessage",
    tag: "System",
    scope: "messages:read",
    summary: "See what became of a message",
  },
  { params: Type.Object({ messageId: MessageId }) },
  { 200: [MessageStatus, "The message as it stands."] },
);

const one = { params: Type.Object({ messageId: MessageId }) };

const contentSchema = operation(
  {
    operationId: "fetchMessage",
    tag: "System",
    scope: "messages:read",
    summary: "Fetch the bytes of a message",
    description: "The bytes as they arrived, with the media type that they came with.",
  },
  one,
  { 200: [undefined, "The message as it arrived."] },
);

/** Adds the routes of raw messages. */
export function addMessageRoutes(app: App, messages: MessagesPort, guards: Guards): void {
  addDelivery(app, messages, guards);
  const path = "/system/v1/messages";
  const read = guards.needs("messages:read");

  app.get(`${path}/:messageId`, { onRequest: read, schema: readSchema }, async (request, reply) => {
    const found = await messageWithin(messages, request);
    return found ?? refuse(reply, unknownMessage(request.params.messageId));
  });

  app.get(
    `${path}/:messageId/content`,
    { onRequest: read, schema: contentSchema },
    async (request, reply) => {
      const { messageId } = request.params;
      const found = await messageWithin(messages, request);
      const raw = found === undefined ? undefined : await messages.content(messageId);
      if (raw === undefined) return refuse(reply, unknownMessage(messageId));
      return sendBytes(reply, { ...raw, name: messageId });
    },
  );
}

type OneMessage = {
  readonly params: { readonly messageId: MessageId };
  readonly grant: FastifyRequest["grant"];
};

/** A message that the key reaches: others are not even admitted to exist. */
export async function messageWithin(
  messages: MessagesPort,
  { params, grant }: OneMessage,
): Promise<MessageStatus | undefined> {
  const found = await messages.find(params.messageId);
  return found !== undefined && reaches(grant, found.accountId) ? found : undefined;
}

export function unknownMessage(messageId: MessageId): Occurrence {
  return { code: "not-found", detail: `There is no message ${messageId}.` };
}

function addDelivery(app: App, messages: MessagesPort, guards: Guards): void {
  app.register((scope: App, _options, done) => {
    // A signature covers the bytes as they were sent, so they are neither parsed nor decoded here.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    const options = {
      onRequest: [guards.takes("messages:write"), putTypeAside],
      schema: deliverSchema,
      config: { published: { body: { content: BYTES }, headers: WAIT_HEADERS } },
    };
    scope.post("/system/v1/connectors/:account/messages", options, (request, reply) =>
      deliver(messages, { request, reply, account: request.params.account }),
    );
    done();
  });
}

// What a partner sends as its media type may be none; the framework would refuse it before the bytes are seen.
function putTypeAside(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.sentType = request.headers["content-type"];
  delete request.raw.headers["content-type"];
  done();
}

type DeliverRequest = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly account: AccountId;
};

async function deliver(
  messages: MessagesPort,
  { request, reply, account }: DeliverRequest,
): Promise<MessageReceipt | FastifyReply> {
  const { body, grant } = request;
  if (!reaches(grant, account)) return refuse(reply, notGranted(account));
  if (!Buffer.isBuffer(body) || body.length === 0) {
    return refuse(reply, {
      code: "message-refused",
      detail: "The body is empty: there is nothing to store.",
    });
  }
  const receipt = await messages.receive({
    accountId: account,
    headers: headersOf(request),
    body,
    correlationId: request.id,
    clientId: grant?.clientId,
  });
  if (receipt.is !== "received") return refuseReceipt(reply, receipt, account);

  const { answer, messageIds } = receipt;
  const [first] = messageIds;
  if (first !== undefined) reply.header("location", `/system/v1/messages/${first}`);
  const seconds = answer === "suspect" ? 0 : waitSeconds(request.headers.prefer);
  if (seconds === 0) {
    reply.code(202);
    return { answer, messageIds: [...messageIds] };
  }
  const seen = await messages.waitUntilMapped(messageIds, seconds * 1_000);
  reply.header("preference-applied", `wait=${seconds}`);
  reply.code(seen.every((message) => message.state !== "stored") ? 200 : 202);
  return { answer, messageIds: [...messageIds], messages: [...seen] };
}

function refuseReceipt(
  reply: FastifyReply,
  receipt: Exclude<DeliveryReceipt, { readonly is: "received" }>,
  account: AccountId,
): FastifyReply {
  switch (receipt.is) {
    case "unknown-account":
      return refuse(reply, {
        code: "unknown-account",
        detail: `There is no account ${account}, or it is switched off.`,
      });
    case "not-genuine":
      return refuse(reply, {
        code: "message-not-genuine",
        detail: receipt.reason,
        headers: { "www-authenticate": 'Bearer realm="crossdock"' },
      });
    case "refused":
      return refuse(reply, { code: "message-refused", detail: receipt.reason });
    default:
      return receipt satisfies never;
  }
}

/** The header fields as text. Our own API key stays here: what goes on is stored. */
function headersOf(request: FastifyRequest): Readonly<Record<string, string>> {
  const fields: Record<string, string> =
    request.sentType === undefined ? {} : { "content-type": request.sentType };
  for (const [name, value] of Object.entries(request.headers)) {
    const isOurKey = name === "authorization" && String(value).slice(7).trim().startsWith(KEY_PREFIX);
    if (value !== undefined && !isOurKey) fields[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return fields;
}
