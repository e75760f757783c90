/**
 * The vocabulary of Crossdock: what every part, every connector and every API means by a word.
 *
 * Terms: an *item* is stocked at a *location* in a *status*; a *statement* is what a source says, still in its own
 * references and units; a *fact* is a statement resolved to our ids and base units, or something decided here; a
 * *document* is what goes out to a partner.
 *
 * Invariants: one TypeBox schema gives the TypeScript type, the runtime check and the published JSON Schema, so the three
 * cannot disagree. Quantities are whole numbers of the item's smallest unit; anything that would round is a rejection.
 *
 * This package deliberately does no IO, reads no clock, makes no ids, and depends on TypeBox alone.
 */
export * from "./availability.ts";
export * from "./backorder.ts";
export * from "./check.ts";
export * from "./dated-availability.ts";
export * from "./document.ts";
export * from "./envelope.ts";
export * from "./fact.ts";
export * from "./gs1.ts";
export * from "./gs1-elements.ts";
export * from "./ids.ts";
export * from "./master.ts";
export * from "./master-statement.ts";
export * from "./order.ts";
export * from "./quantity.ts";
export * from "./reference.ts";
export * from "./rejection.ts";
export * from "./reservation.ts";
export * from "./rule.ts";
export * from "./schemas.ts";
export * from "./snapshot.ts";
export * from "./sourcing.ts";
export * from "./statement.ts";
export * from "./status.ts";
export * from "./stock.ts";
export * from "./storable.ts";
export * from "./supply.ts";
export * from "./transfer.ts";
export * from "./unit.ts";
