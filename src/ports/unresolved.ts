import { createHash } from "node:crypto";
import type {
  IgnoredView,
  ProposalView,
  Reach,
  StandingLot,
  Suggestion,
  UnresolvedPort,
  UnresolvedSum,
  UnresolvedView,
} from "../gateway/index.ts";
import type { Governance, LikelyLot, LikelyThing, LikelyUnit } from "../governance/index.ts";
import {
  type IgnoredName,
  type IgnoredPlace,
  type Integration,
  type LotSaid,
  NOT_THE_OWNER,
  type ParkedId,
  type Proposal,
  type Unresolved,
  type UnresolvedPlace,
  type UnresolvedSum as WaitingSum,
} from "../integration/index.ts";
import type { Clock, Database } from "../platform/index.ts";
import { cursorText, parseCursor } from "./messages.ts";
import { decideNames } from "./unresolved-decisions.ts";

type Parts = {
  readonly integration: Integration;
  readonly governance: Governance;
  readonly database: Database;
  readonly clock: Clock;
};

/** Names that mean nothing to us: the intake knows what waits for them, and master data what they may mean. */
export function unresolvedPort(parts: Parts): UnresolvedPort {
  const { integration, clock } = parts;
  return {
    async page({ after: cursor, limit, accountIds, kind }) {
      const after = cursor === undefined ? undefined : unresolvedPlace(cursor);
      if (cursor !== undefined && after === undefined) return "bad-cursor";
      const found = await integration.unresolved({ accountIds, kind, after, limit });
      const suggestions = await suggestionsFor(parts, found);
      const now = clock.now();
      const last = found.length < limit ? undefined : found.at(-1);
      return {
        rows: found.map((name, place) => toView(name, suggestions[place] ?? [], now)),
        next: last && cursorOf([String(last.records), last.accountId, last.kind, hashOf(last.waitsFor)]),
      };
    },
    async sums({ accountIds }) {
      const now = clock.now();
      return (await integration.unresolvedSums(accountIds)).map((sum) => toSum(sum, now));
    },
    async ignored({ after: cursor, limit, accountIds }) {
      const after = cursor === undefined ? undefined : ignoredPlace(cursor);
      if (cursor !== undefined && after === undefined) return "bad-cursor";
      const found = await integration.ignoredNames({ accountIds, after, limit });
      const last = found.length < limit ? undefined : found.at(-1);
      return {
        rows: found.map(toIgnored),
        next: last && cursorOf([String(last.at.getTime()), last.accountId, last.kind, hashOf(last.waitsFor)]),
      };
    },
    async standingLots({ after: cursor, limit, accountIds }) {
      const after = cursor === undefined ? undefined : standingPlace(cursor);
      if (cursor !== undefined && after === undefined) return "bad-cursor";
      const found = await integration.standingLots({ accountIds, after, limit });
      const last = found.length < limit ? undefined : found.at(-1);
      return { rows: found.map(toLotSaid), next: last && cursorOf([last.accountId, last.waitsFor]) };
    },
    async proposals({ after: cursor, limit, accountIds }) {
      const after = cursor === undefined ? undefined : parseCursor(cursor);
      if (cursor !== undefined && after === undefined) return "bad-cursor";
      const found = await integration.proposals({ accountIds, after, limit });
      const last = found.length < limit ? undefined : found.at(-1);
      return { rows: found.map(toProposal), next: last && cursorText(last) };
    },
    async accept({ record, caller, ...reach }) {
      if (!(await isProposal(integration, record, reach))) return undefined;
      return integration.acceptProposal({ ...record, by: caller.clientId });
    },
    async reject({ record, because, caller, ...reach }) {
      if (!(await isProposal(integration, record, reach))) return undefined;
      return integration.drop({ ...record, because: `${because} (${caller.clientId})` });
    },
    decide: (batch) => decideNames(parts, batch),
  };
}

const hashOf = (text: string): string => createHash("md5").update(text).digest("hex");
const cursorOf = (place: readonly string[]): string => Buffer.from(place.join(" ")).toString("base64url");

/** What both lists go on from: a number, an account, a kind and the hash of a name. */
function readCursor(cursor: string) {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const [, number, accountId = "", kind = "", waitsForHash = ""] =
    /^(\d{1,15}) ([A-Za-z0-9._-]{1,64}) (item|location|unit|lot) ([0-9a-f]{32})$/.exec(text) ?? [];
  return number === undefined ? undefined : { number: Number(number), accountId, kind, waitsForHash };
}

function unresolvedPlace(cursor: string): UnresolvedPlace | undefined {
  const read = readCursor(cursor);
  if (read === undefined) return undefined;
  const { number, ...place } = read;
  return { ...place, records: number };
}

/** An account has no blank in its id; a name may. */
function standingPlace(cursor: string) {
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const [, accountId, waitsFor] = /^([A-Za-z0-9._-]{1,64}) (.{1,600})$/su.exec(text) ?? [];
  return accountId === undefined || waitsFor === undefined ? undefined : { accountId, waitsFor };
}

function ignoredPlace(cursor: string): IgnoredPlace | undefined {
  const read = readCursor(cursor);
  if (read === undefined) return undefined;
  const { number, ...place } = read;
  return { ...place, at: new Date(number) };
}

async function suggestionsFor(
  { governance, database, clock }: Parts,
  found: readonly Unresolved[],
): Promise<readonly (readonly Suggestion[])[]> {
  const things = found.flatMap(({ kind, reference }) =>
    kind === "unit" || kind === "lot" ? [] : [{ kind, reference }],
  );
  const units = found.flatMap(({ reference, unit }) => (unit === undefined ? [] : [{ reference, unit }]));
  const items = found.flatMap(({ kind, reference }) => (kind === "lot" ? [reference] : []));
  const [likely, likelyUnits, likelyLots] = await Promise.all([
    governance.likelyThings(database, things),
    governance.likelyUnits(database, units),
    governance.likelyLots(database, { items, now: clock.now() }),
  ]);
  const [nextThing, nextUnit, nextLot] = [likely.values(), likelyUnits.values(), likelyLots.values()];
  return found.map(({ kind }) => {
    if (kind === "unit") return (nextUnit.next().value ?? []).map(unitSuggestion);
    if (kind === "lot") return (nextLot.next().value ?? []).map(lotSuggestion);
    return (nextThing.next().value ?? []).map(thingSuggestion);
  });
}

function lotSuggestion({ lot, expiresOn, reason, score, because }: LikelyLot): Suggestion {
  const description = expiresOn === undefined ? "" : `expires on ${expiresOn}`;
  return { lot, called: lot, description, reason, score, because };
}

function thingSuggestion({ target, called, description, reason, score, because }: LikelyThing): Suggestion {
  return { target, called, description, reason, score, because };
}

function unitSuggestion({ unit, factor, reason, score, because }: LikelyUnit): Suggestion {
  return { factor, called: unit, description: "", reason, score, because };
}

const secondsSince = (then: Date, now: Date): number =>
  Math.max(0, Math.floor((now.getTime() - then.getTime()) / 1_000));

function toView(name: Unresolved, suggestions: readonly Suggestion[], now: Date): UnresolvedView {
  const { accountId, kind, waitsFor, reference, others, unit, records, messages } = name;
  return {
    ...{ accountId, kind, waitsFor, name: reference, otherNames: [...others], records, messages },
    ...(unit === undefined ? {} : { unit }),
    firstAt: name.firstAt.toISOString(),
    lastAt: name.lastAt.toISOString(),
    ageSeconds: secondsSince(name.firstAt, now),
    effectiveFrom: name.effectiveFrom.toISOString(),
    messageIds: [...name.messageIds],
    atStake: [...name.atStake],
    suggestions: [...suggestions],
  };
}

function toSum({ oldestAt, ...sum }: WaitingSum, now: Date): UnresolvedSum {
  return { ...sum, oldestAt: oldestAt.toISOString(), ageSeconds: secondsSince(oldestAt, now) };
}

/** Whether a parked record is a proposal of an account within reach. */
async function isProposal(
  integration: Integration,
  record: ParkedId,
  { accountIds }: Reach,
): Promise<boolean> {
  const found = await integration.parkedRecord(record);
  return found?.reason === NOT_THE_OWNER && accountIds?.includes(found.accountId) !== false;
}

const toProposal = ({
  messageId,
  record,
  accountId,
  statement,
  detail,
  parkedAt,
}: Proposal): ProposalView => ({
  ...{ messageId, record, accountId, said: statement.data, effectiveAt: statement.effectiveAt, detail },
  parkedAt: parkedAt.toISOString(),
});

const toLotSaid = ({ validFrom, validTo: _, at, ...said }: LotSaid): StandingLot => ({
  ...said,
  ...{ validFrom: validFrom.toISOString(), at: at.toISOString() },
});

const toIgnored = ({ at, ...name }: IgnoredName): IgnoredView => ({ ...name, at: at.toISOString() });
