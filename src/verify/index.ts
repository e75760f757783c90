/**
 * The oracle: an independent judge that reads the raw tables and says whether the laws of the domain hold.
 *
 * Terms: a *check* is one thing that must hold, with a sentence, the rows it looks at and what to do when it does not; an *offence* is
 * a row that breaks it; a *law* is a group of checks; the *report* is the judgement of one snapshot.
 *
 * Invariants: everything is read in one repeatable-read snapshot, so it is right on a live system under load; nothing is written and no
 * lock is taken; facts that a reader has not come to are not yet read and no offence; each check is one set-based statement, and the
 * whole is linear in the size of the tables.
 *
 * This part deliberately shares no code with what it judges: it says in SQL of its own what every fact must have moved, and knows of
 * the others their tables alone. It judges laws 1 to 6; whether a channel was told too much (7), whether every order ends (8) and who
 * owns a measure (10) are not in one snapshot. It mends nothing.
 */
export type { CheckReport, LawReport, Report } from "./report.ts";
export { plainMarks, renderJson, renderReport, terminalMarks } from "./report.ts";
export { type RunVerifyOptions, runVerify, type VerifyOptions, verify, verifyWithin } from "./service.ts";
