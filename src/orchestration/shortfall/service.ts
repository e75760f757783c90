import { channelId as toChannelId } from "@crossdock/canonical";
import { type Availabilities, standingPromises } from "../../availability/index.ts";
import { sumUncovered, type UncoveredRow, uncoveredPositions } from "../../ledger/index.ts";
import type { Clock, Database, Metrics, Queryable } from "../../platform/index.ts";
import type { OrderAtStake, PromiseAtStake, ShortfallPolicy, Yield } from "./policy.ts";
import { type Shortfall, shortfallOf } from "./shortfall.ts";
import {
  insertPolicy,
  type OrderAtStakeRow,
  type PolicyRow,
  selectOrdersAtStake,
  selectPolicies,
  selectPolicyHistory,
} from "./store.ts";

/** Promises of one position that are looked at, the latest first: a position on which more stand is short by fewer. */
const PROMISES_MAX = 10_000;

export type ShortfallDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly availability: Pick<Availabilities, "availability">;
};

/** A case: a position of which less is there than is promised, and whom that hits. */
export type ShortfallCase = Shortfall & { readonly position: UncoveredRow };

/** What is said of how a channel's promises yield. */
export type PolicyToSay = {
  readonly channelId: string;
  readonly rank: number;
  readonly yields: readonly Yield[];
  readonly because: string;
  readonly saidBy: string;
  readonly correlationId: string;
};

/** Where less is there than is promised, whom it hits, and who decides that. */
export type Shortfalls = {
  /** Cases by position. `next`: the position after which the list goes on. */
  cases(page: {
    readonly after: number;
    readonly limit: number;
  }): Promise<{ readonly cases: readonly ShortfallCase[]; readonly next: number | undefined }>;
  /** The case of a position; undefined where nothing is missing there. */
  caseOf(positionId: number): Promise<ShortfallCase | undefined>;
  policies(): Promise<readonly PolicyRow[]>;
  policyHistory(page: Parameters<typeof selectPolicyHistory>[1]): Promise<readonly PolicyRow[]>;
  /** Says from now on how a channel's promises yield. */
  setPolicy(policy: PolicyToSay): Promise<"set" | "unknown-channel">;
};

/** Opens shortfalls. Nothing is kept of a case: it is read from how stock and promises stand. */
export function createShortfalls(deps: ShortfallDeps): Shortfalls {
  const { database, clock } = deps;
  observeShortfalls(deps);
  return {
    cases: (page) => casesAfter(deps, page),
    caseOf: async (positionId) =>
      (await casesAt(deps, { after: 0, limit: 1, positionIds: [positionId] })).cases[0],
    policies: () => selectPolicies(database),
    policyHistory: (page) => selectPolicyHistory(database, page),
    async setPolicy({ channelId, rank, yields, because, saidBy, correlationId }) {
      if ((await deps.availability.availability(toChannelId(channelId), [])) === undefined)
        return "unknown-channel";
      await insertPolicy(database, {
        channel_id: channelId,
        rank,
        yields: [...yields],
        because,
        said_by: saidBy,
        said_at: clock.now(),
        correlation_id: correlationId,
      });
      return "set";
    },
  };
}

/** Says how much is promised and not there; both are to be zero. */
function observeShortfalls({ database, metrics }: ShortfallDeps): void {
  metrics.gauge(
    {
      name: "orchestration_shortfall_positions",
      help: "Positions of which less is there than is promised; each is a case for a person.",
    },
    async () => (await sumUncovered(database)).positions,
  );
  metrics.gauge(
    { name: "orchestration_shortfall_units", help: "Units that are promised and not there." },
    async () => (await sumUncovered(database)).units,
  );
}

/** Positions and their promises are read at one moment: what is missing of the one is promised by the others. */
const ON_ONE_SNAPSHOT = { isolation: "repeatable read", readOnly: true } as const;

/** A page with cases on it, unless there are no more: where nothing is missing any longer it is looked on. */
async function casesAfter(
  deps: ShortfallDeps,
  { after, limit }: { readonly after: number; readonly limit: number },
): ReturnType<Shortfalls["cases"]> {
  for (let from = after; ; ) {
    const { rows, cases } = await casesAt(deps, { after: from, limit });
    const next = rows.length < limit ? undefined : rows.at(-1)?.position_id;
    if (cases.length > 0 || next === undefined) return { cases, next };
    from = next;
  }
}

function casesAt(deps: ShortfallDeps, page: Parameters<typeof uncoveredPositions>[1]) {
  return deps.database.transaction(async (tx) => {
    const rows = await uncoveredPositions(tx, page);
    const policies = rows.length === 0 ? new Map() : await policiesByChannel(tx);
    const cases: ShortfallCase[] = [];
    for (const row of rows) cases.push(await caseAt(tx, row, { policies, now: deps.clock.now() }));
    return { rows, cases: cases.filter(({ missing }) => missing > 0) };
  }, ON_ONE_SNAPSHOT);
}

async function policiesByChannel(database: Queryable): Promise<ReadonlyMap<string, ShortfallPolicy>> {
  const rows = await selectPolicies(database);
  return new Map(
    rows.map(({ channel_id: channelId, rank, yields }) => [channelId, { channelId, rank, yields }]),
  );
}

async function caseAt(
  database: Queryable,
  position: UncoveredRow,
  { policies, now }: { readonly policies: ReadonlyMap<string, ShortfallPolicy>; readonly now: Date },
): Promise<ShortfallCase> {
  const { position_id: positionId, item_id: item, uncovered } = position;
  const standing = await standingPromises(database, {
    positionIds: [positionId],
    itemIds: [item],
    limit: PROMISES_MAX,
  });
  const hasRunOut = ({ expires_at: end }: { readonly expires_at: Date | null }) => end !== null && end <= now;
  // What was set aside for a channel goes back there, and covers nobody else's units.
  const runOut = standing.filter(hasRunOut).reduce((sum, { kept, fenced }) => sum + kept - fenced, 0);
  const open = standing.filter((row) => !hasRunOut(row));
  const orders = await ordersAtStake(
    database,
    open.flatMap((row) => row.order_id ?? []),
  );
  const promises = open.map(
    (row): PromiseAtStake => ({
      reservationId: row.reservation_id,
      channelId: row.channel_id,
      orderId: row.order_id ?? undefined,
      lineId: row.line_id,
      state: row.state,
      kept: row.kept,
      promisedAt: row.created_at,
      order: row.order_id === null ? undefined : orders.get(row.order_id),
    }),
  );
  return { position, ...shortfallOf({ positionId, uncovered }, { promises, runOut, policies }) };
}

async function ordersAtStake(
  database: Queryable,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, OrderAtStake>> {
  const rows = orderIds.length === 0 ? [] : await selectOrdersAtStake(database, [...new Set(orderIds)]);
  return new Map(rows.map((row) => [row.order_id, toOrderAtStake(row)]));
}

const toOrderAtStake = (row: OrderAtStakeRow): OrderAtStake => ({
  orderNumber: row.order_number,
  shipBy: row.ship_by === null ? undefined : new Date(row.ship_by),
  isWhole: row.is_whole,
  unitsOrdered: row.units,
});
