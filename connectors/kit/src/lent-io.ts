/** The HTTP that the product lends to a connector's IO: bounded in time and size, without redirects, with our user agent. */
export type HttpRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
};

export type HttpResponse = {
  readonly status: number;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/**
 * What went wrong when there is no response. `sent` says whether the request may have had its effect: after a time-out it may,
 * after a refused connection it cannot.
 */
export type HttpFailure = { readonly failed: string; readonly sent: boolean };

/** The IO that a connector may use, and all of it. */
export type ConnectorIo = {
  http(request: HttpRequest): Promise<HttpResponse | HttpFailure>;
  now(): Date;
  /** A new unique text, for idempotency keys that must not repeat. */
  newKey(): string;
};

/** Whether an HTTP outcome is a failure without a response. */
export function isHttpFailure(outcome: HttpResponse | HttpFailure): outcome is HttpFailure {
  return "failed" in outcome;
}
