import { accountSource, type LocationId } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import { unreadSince } from "../backbone/index.ts";
import type { FreshnessPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Heard, Integration } from "../integration/index.ts";
import { LEDGER_SUBSCRIBER } from "../ledger/index.ts";
import type { Clock, Database } from "../platform/index.ts";

/** From this age on what is known is read again beside the answer, in milliseconds. */
const REFRESHED_AFTER_MS = 1_000;
/** How long it is believed while it is read again, in milliseconds: answers do not wait for it. */
const BELIEVED_MS = 5_000;

type Parts = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "owners">;
  readonly integration: Pick<Integration, "heard">;
  readonly availability: Pick<Availabilities, "network" | "dated">;
};

type Known = Awaited<ReturnType<FreshnessPort["of"]>>;
type Reading = { readonly atMs: number; readonly known: Promise<Known> };

/** How fresh answers are: one reading a second and channel, whatever the number of answers. */
export function freshnessPort(parts: Parts): FreshnessPort {
  const readings = new Map<string, { settled?: Reading; running?: Reading }>();

  function read(channelId: string, now: number): Promise<Known> {
    const own = readings.get(channelId) ?? {};
    readings.set(channelId, own);
    if (own.running !== undefined) return own.running.known;
    const running: Reading = { atMs: now, known: readNow(parts, channelId) };
    own.running = running;
    running.known.then(
      ({ sources }) => {
        delete own.running;
        own.settled = running;
        // Of channels that there are not nothing is kept: anybody may name as many as they like.
        if (sources.length === 0) readings.delete(channelId);
      },
      () => {
        delete own.running;
      },
    );
    return running.known;
  }

  return {
    of(channelId, exact) {
      const now = parts.clock.now().getTime();
      const settled = readings.get(channelId)?.settled;
      const ageMs = settled === undefined ? Number.POSITIVE_INFINITY : now - settled.atMs;
      if (settled !== undefined && ageMs < REFRESHED_AFTER_MS) return settled.known;
      const next = read(channelId, now);
      if (settled === undefined || exact || ageMs >= BELIEVED_MS) return next;
      // Whoever needs it waits for the next reading and hears why it failed; this answer goes by the last one.
      next.catch(() => undefined);
      return settled.known;
    },
  };
}

async function readNow(parts: Parts, channelId: string): Promise<Known> {
  const { database, clock, governance, integration, availability } = parts;
  const places = await availability.network(channelId);
  if (places.length === 0) return { sources: [], shipping: [] };
  const [owners, heard, unread, shipping] = await Promise.all([
    governance.owners(database, "physical-stock", places),
    integration.heard(),
    unreadSince(database, LEDGER_SUBSCRIBER),
    availability.dated.shipping(places),
  ]);
  const now = clock.now();
  const bySource = Map.groupBy(places, (place) => owners.at(place, now.getTime()));
  const bySender = new Map(heard.map((each) => [accountSource(each.accountId), each]));
  return {
    sources: [...bySource].map(([source, locationIds]) =>
      toLag({ source, locationIds, heard: bySender.get(source ?? ""), unread, now }),
    ),
    shipping: [...shipping],
  };
}

/**
 * How old what is known of a source may be. What it said and nobody has taken in yet is not known, nor is what the ledger has not posted
 * yet, whoever said it.
 */
function toLag(about: {
  readonly source: string | undefined;
  readonly locationIds: LocationId[];
  readonly heard: Heard | undefined;
  readonly unread: Date | undefined;
  readonly now: Date;
}): Known["sources"][number] {
  const { source, locationIds, heard, unread, now } = about;
  const heardAt = heard?.heardAt;
  if (source === undefined || heardAt === undefined) {
    return { ...(source === undefined ? {} : { source }), locationIds };
  }
  const upTo = Math.min(
    ...[heardAt, heard?.waitingSince, unread].map((at) => at?.getTime() ?? now.getTime()),
  );
  const lagSeconds = Math.max(0, Math.floor((now.getTime() - upTo) / 1_000));
  return { source, locationIds, heardAt: heardAt.toISOString(), lagSeconds };
}
