import { MessageId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { MessagesPort } from "../services.ts";
import { Dismissal, MessageDecision, MessagePage } from "../views.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";
import { messageWithin, unknownMessage } from "./message-routes.ts";

const one = { params: Type.Object({ messageId: MessageId }) };

const troubledSchema = operation(
  {
    operationId: "listTroubledMessages",
    tag: "System",
    scope: "messages:read",
    summary: "List the messages that a person must decide about",
    description:
      "`suspect` messages, which bear the key of another with other bytes, and `dead` ones, which could not be mapped; oldest first, " +
      "each with its `problem`. Look at the bytes; then release or dismiss it.",
  },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [MessagePage, "A page of messages."] },
);

const releaseSchema = operation(
  {
    operationId: "releaseMessage",
    tag: "System",
    scope: "parked:write",
    summary: "Let a message count after all",
    description:
      "A suspect, dead or dismissed message is mapped as if it had just arrived. Releasing twice is a success that says so.",
  },
  one,
  { 200: [MessageDecision, "The message is released, or needed no release."] },
);

const dismissSchema = operation(
  {
    operationId: "dismissMessage",
    tag: "System",
    scope: "parked:write",
    summary: "Decide that a message never counts",
    description:
      "A suspect or dead message is kept with its bytes and the reason, and gives up its key: the source may send the right one " +
      "under it. Dismissing twice is a success that says so, and the first reason stands. It can still be released.",
  },
  { ...one, body: Dismissal },
  { 200: [MessageDecision, "The message is dismissed."] },
);

/** Adds the routes by which a person decides about a message that nobody else can decide about. */
export function addDecisionRoutes(app: App, messages: MessagesPort, guards: Guards): void {
  const path = "/system/v1/messages";
  const read = guards.needs("messages:read");
  app.get(path, { onRequest: read, schema: troubledSchema }, async (request, reply) => {
    const page = await messages.troubled({ ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { messages: page.rows, next: page.next };
  });

  const write = guards.needs("parked:write");
  const releasePath = `${path}/:messageId/release`;
  app.post(releasePath, { onRequest: write, schema: releaseSchema }, async (request, reply) => {
    const { messageId } = request.params;
    const found = await messageWithin(messages, request);
    if (found === undefined) return refuse(reply, unknownMessage(messageId));
    const released = await messages.release(messageId);
    return { message: (await messages.find(messageId)) ?? found, already: !released };
  });

  const dismissPath = `${path}/:messageId/dismiss`;
  app.post(dismissPath, { onRequest: write, schema: dismissSchema }, async (request, reply) => {
    const { messageId } = request.params;
    const found = await messageWithin(messages, request);
    if (found === undefined) return refuse(reply, unknownMessage(messageId));
    const { because } = request.body;
    const dismissed = await messages.dismiss({ messageId, because, caller: callerOf(request) });
    const message = (await messages.find(messageId)) ?? found;
    if (message.state === "dismissed") return { message, already: !dismissed };
    const detail = `Message ${messageId} is ${message.state}, so there is nothing to decide about it.`;
    return refuse(reply, { code: "message-not-troubled", detail });
  });
}
