import type { AccountId } from "@crossdock/canonical";

/** Who asks, and the journey that the request belongs to. */
export type Caller = { readonly clientId: string; readonly correlationId: string };

/** A part of a list. `next` is absent at its end. */
export type Page<Row> = { readonly rows: readonly Row[]; readonly next?: string | undefined };

/** Which part of a list. `after` is a cursor that the same list gave out. */
export type PageRequest = { readonly after?: string | undefined; readonly limit: number };

/** Limits a list to what a key may see; absent: everything. */
export type Reach = { readonly accountIds?: readonly AccountId[] | undefined };

/** A moment of the past that lies in an archive, and up to when that one reaches. */
export type ArchivedMoment = { readonly archive: string; readonly archivedUntil: Date };
