/**
 * How we know that the log is being read: the lag and the dead letters of every reader, as metrics.
 *
 * Terms: a reader's *lag* is the facts that it has yet to read, and the age of the first of them.
 *
 * Invariants: a figure is taken when it is asked for, never kept; asking changes nothing.
 *
 * This part deliberately reads the log only. Each part counts its own work itself, under its own name.
 */
export { observeReaders } from "./service.ts";
