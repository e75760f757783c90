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
  /**
   * What the vendor gives by which its messages are put in order: numbers in a stream, so that what is missing is seen; versions, so
   * that what is old is; or neither. Absent: neither.
   */
  readonly ordering?: Ordering;
  /** Reference scheme of the item names that this connector's publisher needs, where it has one. */
  readonly listingScheme?: string;
};

/** What a source gives by which its messages are put in order. */
export type Ordering = "sequence" | "version" | "none";

/** A connector as the product loads it. Each of the three doors is optional: a warehouse has nothing to publish to. */
export type Connector = {
  readonly manifest: Manifest;
  readonly intake?: Intake;
  readonly outlet?: Outlet;
  readonly publisher?: Publisher;
};
