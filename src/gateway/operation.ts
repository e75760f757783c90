import { type TSchema, Type } from "typebox";
import { PROBLEM_MEDIA_TYPE, Problem } from "./problem.ts";
import { withEnums } from "./schema-forms.ts";
import { SCOPES, type Scope } from "./scope.ts";

/** The three layers of the interface, and what an operator needs beside them. */
export type Tag = "System" | "Process" | "Experience" | "Operations";

export type About = {
  readonly operationId: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** Absent: open to everyone. */
  readonly scope?: Scope;
  /** A signature of the connector's own may stand in for the key. */
  readonly keyIsOptional?: boolean;
};

/** What a request may carry. */
type Parts = { readonly params?: TSchema; readonly querystring?: TSchema; readonly body?: TSchema };

/** Bytes of any type, as the document says it. */
export const BYTES = { "*/*": { schema: { type: "string", format: "binary" } } };

/** Header fields that are read without a schema, because they are read on every request or in the same way everywhere. */
export const IDEMPOTENCY_HEADERS = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      description: "Makes the request safe to repeat: the same key gets the first answer, for a day.",
    }),
  ),
});
export const WAIT_HEADERS = Type.Object({
  prefer: Type.Optional(
    Type.String({ description: "`wait=N`: how many seconds the answer may wait (RFC 7240)." }),
  ),
});

/** Answers by status: schema, or nothing for bytes, and one sentence. Problems are added. */
export type Answers = Readonly<Record<number, readonly [schema: TSchema | undefined, sentence: string]>>;

/** A route's schema: its parts check and type the request, its answers are compiled into serialisers, and all of it is published. */
export function operation<const Request extends Parts>(about: About, request: Request, answers: Answers) {
  const { operationId, tag, summary, scope } = about;
  const needs = scope === undefined ? [] : [`Needs the scope \`${scope}\`: ${SCOPES[scope]}.`];
  const texts = [...(about.description === undefined ? [] : [about.description]), ...needs];
  return {
    ...request,
    operationId,
    tags: [tag],
    summary,
    ...(texts.length === 0 ? {} : { description: texts.join("\n\n") }),
    security: scope === undefined ? [] : [{ apiKey: [scope] }, ...(about.keyIsOptional === true ? [{}] : [])],
    response: { ...responses(answers), ...(scope === undefined ? {} : problems) },
  };
}

const problems = {
  "4XX": problem("The request was refused; the problem says why and what to do."),
  "5XX": problem("The server could not do it; the problem says whether to send it again."),
};

function problem(description: string): object {
  return { description, content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } } };
}

function responses(answers: Answers): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(answers).map(([status, [schema, sentence]]) => [
      status,
      schema === undefined
        ? { description: sentence, content: BYTES }
        : withEnums({ ...schema, "x-response-description": sentence }),
    ]),
  );
}
