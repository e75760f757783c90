import { createHash } from "node:crypto";
import { CALL_COST_MAX, type CostBucket } from "./bucket.ts";
import { type AnswerError, type Executor, rootFieldOf } from "./executor.ts";
import { type OperationContext, operations } from "./operations.ts";

/** Elements that any list of an input may have. */
const LIST_MAX = 250;
/** Idempotency keys that are remembered; the vendor has a window in time. */
const KEYS_MAX = 10_000;
const MUTATION_COST = 10;

/** Root fields that demand `@idempotent` since 2026-04. */
const IDEMPOTENT = new Set(["inventorySetQuantities", "inventoryActivate"]);

/** A GraphQL answer, always with HTTP 200. */
export type AdminResult = {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
};

/** A request as it was understood, for the record of calls. */
export type AdminRequest = {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly field: string;
};

type Remembered = { readonly parameters: string; outcome: "working" | "failed" | { readonly data: unknown } };

/** Calls until an effect that is late has come. */
const LATE_CALLS = 2;

/** The GraphQL side of the fake: validation, cost, idempotency and the operations themselves. */
export class AdminApi {
  readonly #executor: Executor;
  readonly #bucket: CostBucket;
  readonly #context: OperationContext;
  readonly #keys = new Map<string, Remembered>();
  #late: { callsLeft: number; readonly run: () => void }[] = [];
  #throttles = 0;
  #isNextLate = false;

  constructor(executor: Executor, bucket: CostBucket, context: OperationContext) {
    this.#executor = executor;
    this.#bucket = bucket;
    this.#context = context;
  }

  /** The next calls find the bucket empty, whatever is in it. */
  throttleNext(calls: number): void {
    this.#throttles += calls;
  }

  /** The next mutation is still being worked on when it is answered: its effect comes two calls later. */
  delayNextEffect(): void {
    this.#isNextLate = true;
  }

  /** Answers a request as the vendor does. */
  answer(request: AdminRequest): AdminResult {
    this.#runLate();
    const invalid = this.#executor.validate(request.document);
    if (invalid.length > 0) return { errors: invalid };
    const points = costOf(request);
    if (points > CALL_COST_MAX) {
      return refusal(
        "MAX_COST_EXCEEDED",
        `Query cost is ${points}, which exceeds the single query max cost limit (${CALL_COST_MAX}).`,
      );
    }
    if (this.#isThrottled() || !this.#bucket.take(points)) {
      return { ...refusal("THROTTLED", "Throttled"), extensions: this.#cost(points, null) };
    }
    const result = faultOf(request) ?? this.#once(request);
    // The most that a query may cost is taken before it runs, and what it found less of is given back.
    const actual = isMutation(request) ? points : Math.min(points, objectsIn(result.data));
    this.#bucket.refund(points - actual);
    return { ...result, extensions: this.#cost(points, actual) };
  }

  #isThrottled(): boolean {
    if (this.#throttles === 0) return false;
    this.#throttles -= 1;
    return true;
  }

  #cost(requestedQueryCost: number, actualQueryCost: number | null): Readonly<Record<string, unknown>> {
    return { cost: { requestedQueryCost, actualQueryCost, throttleStatus: this.#bucket.status() } };
  }

  /** Runs a request once under its idempotency key; a repetition gets the first answer. */
  #once(request: AdminRequest): AdminResult {
    const key = keyOf(request);
    if (key === undefined) return this.#run(request, () => undefined);
    const parameters = createHash("sha256").update(JSON.stringify(request)).digest("hex");
    const known = this.#keys.get(key);
    if (known === undefined) {
      const remembered: Remembered = { parameters, outcome: "working" };
      this.#keys.set(key, remembered);
      const [oldest] = this.#keys.keys();
      if (this.#keys.size > KEYS_MAX && oldest !== undefined) this.#keys.delete(oldest);
      return this.#run(request, (result) => {
        remembered.outcome = hasUserErrors(result) ? "failed" : { data: result.data };
      });
    }
    if (known.parameters !== parameters) {
      return userError(
        request,
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
        "The same idempotency key cannot be used with different operation parameters.",
      );
    }
    if (known.outcome === "working") {
      return userError(
        request,
        "IDEMPOTENCY_CONCURRENT_REQUEST",
        "This request is currently in progress, please try again.",
      );
    }
    if (known.outcome === "failed") {
      return userError(
        request,
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
        "A previous request with this idempotency key failed. Retry with a new idempotency key.",
      );
    }
    return { data: known.outcome.data };
  }

  #run(request: AdminRequest, done: (result: AdminResult) => void): AdminResult {
    const execute = () => {
      const result = this.#executor.execute(request.document, operations(this.#context), request.variables);
      done(result);
      return result;
    };
    if (!this.#isNextLate || !isMutation(request)) return execute();
    this.#isNextLate = false;
    this.#late.push({ callsLeft: LATE_CALLS, run: execute });
    return refusal("INTERNAL_SERVER_ERROR", "Internal error. Looks like something went wrong on our end.");
  }

  #runLate(): void {
    for (const late of this.#late) {
      late.callsLeft -= 1;
      if (late.callsLeft <= 0) late.run();
    }
    this.#late = this.#late.filter(({ callsLeft }) => callsLeft > 0);
  }
}

const refusal = (code: string, message: string): AdminResult => ({
  errors: [{ message, extensions: { code } }],
});

/** What the vendor refuses before it looks at any stock. */
function faultOf({ field, document, variables }: AdminRequest): AdminResult | undefined {
  if (listsOf(variables).some((list) => list.length > LIST_MAX)) {
    return refusal(
      "MAX_INPUT_SIZE_EXCEEDED",
      `The input array size is greater than the maximum allowed of ${LIST_MAX}.`,
    );
  }
  if (IDEMPOTENT.has(field) && keyOf({ field, document, variables }) === undefined) {
    return refusal(
      "BAD_REQUEST",
      "The @idempotent directive is required for this mutation but was not provided.",
    );
  }
  if (field === "inventorySetQuantities" && !rowsOf(variables).every((row) => "changeFromQuantity" in row)) {
    const message = "InventoryQuantityInput must include the following argument: changeFromQuantity.";
    return refusal("INVALID_FIELD_ARGUMENTS", message);
  }
  return undefined;
}

/** The idempotency key, from a variable or a literal. */
function keyOf({ document, variables }: AdminRequest): string | undefined {
  const match = /@idempotent\(\s*key:\s*(?:\$(\w+)|"([^"]+)")\s*\)/.exec(document);
  const value = match?.[1] === undefined ? match?.[2] : variables[match[1]];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function rowsOf(variables: Readonly<Record<string, unknown>>): readonly object[] {
  const { input } = variables;
  if (typeof input !== "object" || input === null || !("quantities" in input)) return [];
  const { quantities } = input;
  return Array.isArray(quantities) ? quantities.filter((row) => typeof row === "object" && row !== null) : [];
}

function listsOf(value: unknown): readonly (readonly unknown[])[] {
  if (Array.isArray(value)) return [value, ...value.flatMap(listsOf)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(listsOf) : [];
}

const isMutation = ({ document }: AdminRequest): boolean => /^\s*mutation\b/.test(document);

/** The vendor's cost: ten for a mutation, one for each object that a query asks for. */
function costOf(request: AdminRequest): number {
  const { field, document, variables } = request;
  if (isMutation(request)) return MUTATION_COST;
  if (field === "nodes") return listsOf(variables).reduce((sum, { length }) => sum + length * 3, 1);
  // Each list is as long as it may be, and what is inside of it counts as often.
  const sizes = [...document.matchAll(/first: (\d+)/g)].map((match) => Number(match[1]));
  return sizes.reduce((sum, size) => sum + size * 3, 1);
}

function objectsIn(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, part) => sum + objectsIn(part), 0);
  return Array.isArray(value) ? inside : inside + 1;
}

function userError({ field }: AdminRequest, code: string, message: string): AdminResult {
  return { data: { [field]: { userErrors: [{ code, field: null, message }] } } };
}

function hasUserErrors({ data, errors }: AdminResult): boolean {
  if (errors !== undefined && errors.length > 0) return true;
  const payloads = typeof data === "object" && data !== null ? Object.values(data) : [];
  return payloads.some(
    (payload) =>
      typeof payload === "object" &&
      payload !== null &&
      "userErrors" in payload &&
      Array.isArray(payload.userErrors) &&
      payload.userErrors.length > 0,
  );
}

/** Reads a request's body; undefined when it is no GraphQL request. */
export function readRequest(body: string): AdminRequest | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null || !("query" in parsed)) return undefined;
    const { query } = parsed;
    if (typeof query !== "string") return undefined;
    const given = "variables" in parsed ? parsed.variables : undefined;
    const variables =
      typeof given === "object" && given !== null ? Object.fromEntries(Object.entries(given)) : {};
    return { document: query, variables, field: rootFieldOf(query) ?? "" };
  } catch {
    return undefined; // Not JSON: the server answers 400.
  }
}
