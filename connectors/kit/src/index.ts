/**
 * What a connector is: a manifest, a pure mapping, and the thinnest IO that its vendor allows.
 *
 * Terms: an *account* is one configured connection (a shop, a trading partner, a warehouse); a *raw message* is the bytes
 * and headers as they arrived; an *intake* turns raw messages into statements; an *outlet* turns our documents into the
 * partner's bytes and hands them over; a *publisher* tells a channel its availability.
 *
 * Invariants: everything but `deliver` and `publish` is pure, so a message can be mapped again years later and must come out
 * the same. A mapping never looks anything up: it names items, locations and units as the partner does, and the product
 * resolves them. Nothing a partner sends may make a connector throw; what it cannot read becomes a record that says why.
 *
 * The kit deliberately knows no database, no log and no vendor. The conformance suite and the base of the fake vendors are
 * in `@crossdock/connector-kit/testing`.
 */
export * from "./account.ts";
export * from "./backfill.ts";
export * from "./connector.ts";
export * from "./intake.ts";
export * from "./lent-io.ts";
export * from "./message-part.ts";
export * from "./outlet.ts";
export * from "./publisher.ts";
export * from "./signature.ts";
