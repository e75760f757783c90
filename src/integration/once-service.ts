import type { AccountId } from "@crossdock/canonical";
import { APPEND_FACTS_MAX, type FactLog, type NumberedFact } from "../backbone/index.ts";
import type { Transaction } from "../platform/index.ts";
import { type DuplicatePolicy, type DuplicateRules, ruleFor } from "./duplicates.ts";
import { fingerprintOf, isToldKind } from "./fingerprint.ts";
import {
  claimFingerprints,
  deleteFingerprints,
  type FingerprintClaim,
  selectFingerprints,
} from "./fingerprint-store.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A fact that is to count once, and what its account wants done if the same has counted under another id. */
export type Candidate = {
  readonly fact: NumberedFact;
  readonly accountId: AccountId;
  readonly messageId: string;
  readonly rules: DuplicateRules;
  /** A person has looked at it and says that it is another one. */
  readonly isAnother: boolean;
};

/** The fact that has counted for the same thing. */
export type Counted = { readonly id: string; readonly messageId: string; readonly at: Date };

/**
 * What became of a fact. `written`: it stands on the log now; `inDoubtOf` is there when it was let count although it looks like
 * another. `told`: its id stood on the log already. `suspect`: it looks like another, and does not count.
 */
export type Fate =
  | { readonly is: "written"; readonly inDoubtOf?: Counted }
  | { readonly is: "told" }
  | { readonly is: "suspect"; readonly of: Counted; readonly policy: DuplicatePolicy };

type Printed = {
  readonly candidate: Candidate;
  /** Its fingerprint, where it has one. */
  readonly print: string | undefined;
  readonly policy: DuplicatePolicy;
  readonly windowDays: number;
};

/**
 * Appends facts that are new by both layers against duplicates: the id in their source, and what they say in the business. Gives the
 * fate of each by its number. Fingerprints are claimed before facts are written, and claims of facts that were not written are given
 * up again, so only what counted stands in the way of what comes later.
 *
 * Costs one statement for everything that has a business key, and more only where something looks like a duplicate.
 */
export async function appendOnce(
  factLog: FactLog,
  tx: Transaction,
  { candidates, now }: { readonly candidates: readonly Candidate[]; readonly now: Date },
): Promise<ReadonlyMap<number, Fate>> {
  const fates = new Map<number, Fate>();
  let left = candidates.map(printed);
  while (left.length > 0) left = await round(factLog, tx, { left, now, fates });
  return fates;
}

function printed(candidate: Candidate): Printed {
  const { fact, accountId, rules } = candidate;
  const unkeyed = { candidate, print: undefined, policy: "accept", windowDays: 0 } as const;
  if (!isToldKind(fact.type)) return unkeyed;
  const { policy, windowDays } = ruleFor(rules, fact.type);
  const print = windowDays === 0 ? undefined : fingerprintOf(accountId, fact);
  return print === undefined ? unkeyed : { candidate, print, policy, windowDays };
}

type Round = { readonly left: readonly Printed[]; readonly now: Date; readonly fates: Map<number, Fate> };

/** One try with the first of those that look alike. Gives the others back if the first did not count, so that one of them may. */
async function round(factLog: FactLog, tx: Transaction, { left, now, fates }: Round): Promise<Printed[]> {
  const { claimed, counted } = await claim(tx, left, now);
  const doubts = left.filter((one) => {
    const of = countedFor(one, counted);
    return of !== undefined && of.id !== one.candidate.fact.id;
  });
  const toTell = doubts.filter(({ policy, candidate }) => policy !== "accept" && !candidate.isAnother);
  const told =
    toTell.length === 0
      ? new Set()
      : await factLog.toldBefore(
          tx,
          toTell.map(({ candidate }) => candidate.fact),
        );
  const suspects = new Set(toTell.filter(({ candidate }) => !told.has(candidate.fact.number)));
  const going = left.filter((one) => !suspects.has(one));
  const written = await append(
    factLog,
    tx,
    going.map(({ candidate }) => candidate.fact),
  );
  const givenUp = await giveUp(tx, claimed, written);
  for (const text of givenUp) counted.delete(text);
  const inDoubt = new Set(doubts);
  for (const one of going) {
    const { number } = one.candidate.fact;
    const of = inDoubt.has(one) ? countedFor(one, counted) : undefined;
    if (!written.has(number)) fates.set(number, { is: "told" });
    else fates.set(number, of === undefined ? { is: "written" } : { is: "written", inDoubtOf: of });
  }
  const again: Printed[] = [];
  for (const one of suspects) {
    const of = countedFor(one, counted);
    if (of === undefined) again.push(one);
    else fates.set(one.candidate.fact.number, { is: "suspect", of, policy: one.policy });
  }
  return again;
}

const countedFor = ({ print }: Printed, counted: ReadonlyMap<string, Counted>): Counted | undefined =>
  print === undefined ? undefined : counted.get(print);

/** The first of each fingerprint claims it. Gives those that have it now, and who has counted for each one that was claimed. */
async function claim(
  tx: Transaction,
  left: readonly Printed[],
  now: Date,
): Promise<{ readonly claimed: ReadonlyMap<string, Printed>; readonly counted: Map<string, Counted> }> {
  const firsts = new Map<string, { readonly one: Printed; readonly claim: FingerprintClaim }>();
  for (const one of left) {
    const { print, windowDays, candidate } = one;
    if (print === undefined || firsts.has(print)) continue;
    const { fact, accountId, messageId } = candidate;
    const expiresAt = new Date(now.getTime() + windowDays * DAY_MS);
    const of = { accountId, kind: fact.type, factId: fact.id, messageId, countedAt: now, expiresAt };
    firsts.set(print, { one, claim: { ...of, fingerprint: print } });
  }
  if (firsts.size === 0) return { claimed: new Map(), counted: new Map() };
  const claims = [...firsts.values()]
    .map((first) => first.claim)
    .toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  const free = (await claimFingerprints(tx, claims)).map(({ fingerprint }) => fingerprint);
  const claimed = new Map<string, Printed>();
  const counted = new Map<string, Counted>();
  for (const text of free) {
    const first = firsts.get(text);
    if (first === undefined) throw new Error(`the fingerprint ${text} was claimed by nobody`);
    claimed.set(text, first.one);
    counted.set(text, { id: first.claim.factId, messageId: first.claim.messageId, at: now });
  }
  const held = claims.filter((one) => !claimed.has(one.fingerprint));
  const holders =
    held.length === 0
      ? []
      : await selectFingerprints(
          tx,
          held.map((one) => one.fingerprint),
        );
  for (const row of holders) {
    const of = { id: row.fact_id, messageId: row.message_id, at: row.counted_at };
    counted.set(row.fingerprint, of);
  }
  return { claimed, counted };
}

/** Appends in one order of ids over all pages, so that two transactions with the same facts never wait for each other in a ring. */
async function append(
  factLog: FactLog,
  tx: Transaction,
  facts: readonly NumberedFact[],
): Promise<ReadonlySet<number>> {
  const written = new Set<number>();
  const inOrder = facts.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.number - b.number));
  for (let start = 0; start < inOrder.length; start += APPEND_FACTS_MAX) {
    const page = inOrder.slice(start, start + APPEND_FACTS_MAX);
    for (const number of await factLog.appendFromOutside(tx, page)) written.add(number);
  }
  return written;
}

/** Gives up what was claimed for facts that were not written: their ids had been told before, for this or for something else. */
async function giveUp(
  tx: Transaction,
  claimed: ReadonlyMap<string, Printed>,
  written: ReadonlySet<number>,
): Promise<ReadonlySet<string>> {
  const unwritten = [...claimed].filter(([, { candidate }]) => !written.has(candidate.fact.number));
  const prints = unwritten.map(([print]) => print);
  if (prints.length > 0) await deleteFingerprints(tx, prints);
  return new Set(prints);
}
