import { type Static, Type } from "typebox";
import { PROBLEM_KINDS, type ProblemCode, type ProblemKind } from "./problem-kinds.ts";

/** One thing wrong with a request: where, as a JSON pointer into the body or the name of a parameter, and what is wanted. */
export const Fault = Type.Object(
  { pointer: Type.String(), message: Type.String() },
  { title: "Fault", additionalProperties: false },
);
export type Fault = Static<typeof Fault>;

/** Problem details (RFC 9457). Members beyond these say more about one kind of problem; see its page. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: "Path of the page that explains this kind of problem. Stable." }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: "The last part of `type`." }),
    detail: Type.String({ description: "What happened this time, and what to do." }),
    instance: Type.String({ description: "Path of the request." }),
    correlationId: Type.String({ description: "Quote this to whoever runs the server." }),
    errors: Type.Optional(Type.Array(Fault)),
  },
  { title: "Problem", additionalProperties: true },
);
export type Problem = Static<typeof Problem>;

export { PROBLEM_KINDS, type ProblemCode, type ProblemKind };

/** Every code, in ascending order of status. */
export const PROBLEM_CODES: readonly ProblemCode[] = Object.keys(PROBLEM_KINDS).filter(isProblemCode);

/** Whether a text is the code of a kind of problem. */
export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(PROBLEM_KINDS, text);
}

export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** Path of the page that explains a kind of problem. */
export const problemPath = (code: ProblemCode): string => `/problems/${code}`;

/** What is particular about one occurrence. Other members travel as they are. */
export type Occurrence = {
  readonly code: ProblemCode;
  /** What happened this time, in sentences; the kind's action follows it. Absent: the kind's meaning stands there. */
  readonly detail?: string;
  readonly errors?: readonly Fault[];
  readonly more?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The body of the answer. `instance` leaves out the query, which may hold what should not be copied into logs. */
export function toProblem(
  occurrence: Occurrence,
  request: { readonly url: string; readonly correlationId: string },
): Problem {
  const { status, title, meaning, action } = PROBLEM_KINDS[occurrence.code];
  const { url, correlationId } = request;
  const end = url.indexOf("?");
  return {
    type: problemPath(occurrence.code),
    title,
    status,
    code: occurrence.code,
    detail: followed(occurrence.detail ?? meaning, action),
    instance: end < 0 ? url : url.slice(0, end),
    correlationId,
    ...(occurrence.errors === undefined ? {} : { errors: [...occurrence.errors] }),
    ...occurrence.more,
  };
}

/** What happened, and then what to do. What happened may come from a connector, which writes a sentence with a full stop or without. */
function followed(detail: string, action: string): string {
  return `${detail}${/[.!?…]$/.test(detail) ? "" : "."} ${action}`;
}

type Written = { readonly head: string; readonly detail: string; readonly action: string };

/** What all occurrences of a kind have in common, written out once: refusals are as frequent as promises when stock is short. */
const written: ReadonlyMap<string, Written> = new Map(
  PROBLEM_CODES.map((code) => {
    const { status, title, meaning, action } = PROBLEM_KINDS[code];
    const head = JSON.stringify({ type: problemPath(code), title, status, code }).slice(0, -1);
    return [code, { head, detail: JSON.stringify(`${meaning} ${action}`), action }];
  }),
);

/** The JSON text of `toProblem`. */
export function problemText(
  occurrence: Occurrence,
  request: { readonly url: string; readonly correlationId: string },
): string {
  const { code, detail, errors, more } = occurrence;
  const common = written.get(code);
  if (common === undefined) throw new Error(`there is no problem ${code}`);
  const end = request.url.indexOf("?");
  const instance = end < 0 ? request.url : request.url.slice(0, end);
  const said = detail === undefined ? common.detail : JSON.stringify(followed(detail, common.action));
  const listed = errors === undefined ? "" : `,"errors":${JSON.stringify(errors)}`;
  const others = more === undefined ? "" : JSON.stringify(more).slice(1, -1);
  return `${common.head},"detail":${said},"instance":${JSON.stringify(instance)},"correlationId":${JSON.stringify(request.correlationId)}${listed}${others === "" ? "" : `,${others}`}}`;
}
