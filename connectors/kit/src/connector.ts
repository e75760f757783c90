import type { AccountId, ChannelId } from "@crossdock/canonical";
import type { TSchema } from "typebox";
import type { Intake } from "./intake.ts";
import type { Outlet } from "./outlet.ts";
import type { Publisher } from "./publisher.ts";

/** What a connector declares about itself, checked at start and shown to operators. */
export type Manifest = {
  /** The name that accounts refer to: `shopify`, `x12`, `wms`. */
  readonly name: string;
  readonly title: string;
  readonly version: string;
  /** The vendor's interface and its version, for example `Shopify Admin GraphQL 2026-10`. */
  readonly speaks: string;
  /** Schema of an account's settings. Secrets are not settings. */
  readonly settings: TSchema;
  /** Names of the secrets that an account needs, each with a sentence that says where to find it. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Reference scheme of the item names that this connector's publisher needs, where it has one. */
  readonly listingScheme?: string;
};

/** A configured account as a connector sees it. `settings` has passed the manifest's schema. */
export type Account = {
  readonly accountId: AccountId;
  readonly channelId?: ChannelId | undefined;
  readonly settings: unknown;
  /** Gives a declared secret; throws when the account has none of that name, which the product checks at start. */
  secret(name: string): string;
};

/** A connector as the product loads it. Each of the three doors is optional: a warehouse has nothing to publish to. */
export type Connector = {
  readonly manifest: Manifest;
  readonly intake?: Intake;
  readonly outlet?: Outlet;
  readonly publisher?: Publisher;
};

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
