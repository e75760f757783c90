import {
  type AvailabilitySeries,
  type ChannelId,
  type DatedAvailability,
  itemId,
  quantity,
  type SupplyInput,
} from "@crossdock/canonical";
import type { Governance, ResolvedItem } from "../../governance/index.ts";
import { asksForDecision, type Ledger, type PositionRow } from "../../ledger/index.ts";
import type { Clock, Database, Queryable } from "../../platform/index.ts";
import { agesOf, isGoodFor, readStock, stockFor } from "../atp-service.ts";
import { componentsOf } from "../request.ts";
import type { RuleBook } from "../rules/book.ts";
import { type DatedDesk, type Flow, promiseBy, promiseSeries } from "./atp-by-date.ts";
import { demandInput, supplyInput } from "./inputs.ts";
import { endOfDay, momentsAhead } from "./local-time.ts";
import { positionsAhead } from "./stock-ahead.ts";

export type DatedDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "items" | "locations">;
  readonly ledger: Pick<Ledger, "positionsOf" | "supply">;
};

/** By when: a moment, or a day, which ends at each place when it ends there. */
export type By = { readonly instant: string } | { readonly day: string };

export type DatedQuestion = {
  readonly channelId: ChannelId;
  readonly itemIds: readonly string[];
  readonly horizonDays: number;
};
export type SeriesQuestion = DatedQuestion & { readonly nearHours: number; readonly timeZone: string };

const DAY_MS = 86_400_000;

/** Available to promise by a moment or a day. Undefined when there is no such channel; items that do not exist are left out. */
async function availableBy(
  deps: DatedDeps,
  book: RuleBook,
  question: DatedQuestion & { readonly by: By },
): Promise<readonly DatedAvailability[] | undefined> {
  const { by, channelId } = question;
  const places = book.channels.get(channelId)?.locations ?? [];
  const zones = "day" in by ? await deps.governance.locations(deps.database, places) : undefined;
  const cutOff = (place: string): number =>
    "day" in by ? endOfDay(by.day, zones?.get(place)?.timeZone ?? "UTC") : Date.parse(by.instant);
  // What is due by then is looked at, however far that is.
  const scene = await sceneOf(deps, book, { ...question, until: Math.max(0, ...places.map(cutOff)) });
  if (scene === undefined) return undefined;
  const cutOffs = places.map((place) => ({ locationId: place, at: toInstant(cutOff(place)) }));
  // What is sent then must be good then: a day's units leave before it ends.
  const desk = scene.deskAt((place) => ("day" in by ? cutOff(place) - 1 : cutOff(place)));
  return scene.views.map((view) => {
    const lowest = promiseBy(desk, view.item, view.flows, (flow) => isBy(flow, cutOff(flow.locationId), by));
    return {
      ...view.inputs,
      by: "day" in by ? by.day : by.instant,
      cutOffs,
      availableToPromise: quantity(lowest.units),
      ...(lowest.at === undefined ? {} : { limitedAt: toInstant(lowest.at) }),
    };
  });
}

/** A day is over at its end: what is due at that moment is due the next day. */
const isBy = (flow: Flow, cutOff: number, by: By): boolean =>
  "day" in by ? flow.at < cutOff : flow.at <= cutOff;

/** Available to promise over time, by the hour near to now and by the day beyond. Undefined when there is no such channel. */
async function availabilitySeries(
  deps: DatedDeps,
  book: RuleBook,
  question: SeriesQuestion,
): Promise<readonly AvailabilitySeries[] | undefined> {
  const scene = await sceneOf(deps, book, question);
  if (scene === undefined) return undefined;
  const moments = momentsAhead(scene.now, question);
  return scene.views.map((view) => {
    const units = seriesOf(scene, view, moments);
    const points = moments.map((at, index) => ({
      at: toInstant(at),
      availableToPromise: quantity(units[index] ?? 0),
    }));
    return { ...view.inputs, points };
  });
}

/** The figures of moments: between two at which a lot becomes too old the same lots are good. */
function seriesOf(scene: Scene, { item, flows }: View, moments: readonly number[]): readonly number[] {
  const ages = componentsOf(item).flatMap((part) => scene.agesOf(part.itemId));
  const stretches = Map.groupBy(moments, (at) => ages.filter((age) => age <= at).length);
  return [...stretches.values()].flatMap((stretch) => {
    const desk = scene.deskAt(() => stretch[0] ?? scene.now);
    return promiseSeries(desk, item, flows, stretch);
  });
}

type View = {
  readonly item: ResolvedItem;
  readonly flows: readonly Flow[];
  readonly inputs: Omit<AvailabilitySeries, "points">;
};
type Scene = {
  /** What is sent at a moment, which may be another at each place. */
  readonly deskAt: (at: (locationId: string) => number) => DatedDesk;
  /** When lots of an item become too old for the channel. */
  readonly agesOf: (itemId: string) => readonly number[];
  readonly now: number;
  readonly views: readonly View[];
};

/** Everything that figures by date are computed from, of one snapshot. */
async function sceneOf(
  deps: DatedDeps,
  book: RuleBook,
  question: DatedQuestion & { readonly until?: number },
): Promise<Scene | undefined> {
  const channel = book.channels.get(question.channelId);
  if (channel === undefined) return undefined;
  const items = await deps.governance.items(deps.database, question.itemIds);
  const parts = [
    ...new Set([...items.values()].flatMap((item) => componentsOf(item).map((part) => part.itemId))),
  ];
  const now = deps.clock.now();
  const read = async (tx: Queryable) => ({
    lies: await readStock(deps, tx, {
      itemIds: parts,
      locations: channel.locations,
      channelIds: [channel.channelId],
    }),
    due: await deps.ledger.supply.dueSupply(tx, parts, now),
  });
  const { lies, due } = await deps.database.transaction(read, {
    isolation: "repeatable read",
    readOnly: true,
  });
  const deskAt = (at: (locationId: string) => number): DatedDesk => ({
    ...{ book, channel },
    stockWith(item, units) {
      const then = { ...lies, at };
      const isGood = (row: PositionRow) => isGoodFor(then, book, channel, row);
      const rows = positionsAhead(item, lies.positions.get(item) ?? [], units, isGood);
      return stockFor({ ...then, positions: new Map([[item, rows]]) }, book, channel, item);
    },
  });
  const network = new Set<string>(channel.locations);
  const horizon = Math.max(now.getTime() + question.horizonDays * DAY_MS, question.until ?? 0);
  const views = [...items.values()].map((item): View => {
    const own = new Set<string>(componentsOf(item).map((part) => part.itemId));
    const mine = due.filter((each) => own.has(each.itemId));
    const supply = mine
      .filter((each) => network.has(each.locationId))
      .map((each) => supplyInput(each, now.getTime()));
    const demand = mine.flatMap((each) => demandInput(each, network, now.getTime()));
    const { channelId } = question;
    const named = { channelId, itemId: itemId(item.itemId), sku: item.sku };
    const inputs = {
      ...named,
      ...{ supply, demand, horizon: toInstant(horizon), asOf: now.toISOString() },
    };
    return { item, flows: flowsOf(inputs, horizon), inputs };
  });
  return { deskAt, agesOf: (item) => agesOf(lies, book, channel, item), now: now.getTime(), views };
}

function flowsOf(
  { supply, demand }: Pick<AvailabilitySeries, "supply" | "demand">,
  horizon: number,
): readonly Flow[] {
  const comes = supply.flatMap(({ itemId: item, locationId: place, dueAt, counted }): Flow[] =>
    dueAt === undefined || counted === 0
      ? []
      : [{ itemId: item, locationId: place, at: Date.parse(dueAt), units: counted }],
  );
  const leaves = demand.map(
    ({ itemId: item, locationId: place, at, units }): Flow => ({
      ...{ itemId: item, locationId: place, at: Date.parse(at), units: -units },
    }),
  );
  return [...comes, ...leaves].filter(({ at }) => at <= horizon);
}

const toInstant = (moment: number): string => new Date(moment).toISOString();

/** Items looked at for one page of what is overdue. */
const ITEMS_PER_LOOK = 200;

/**
 * What is overdue and waits for a person, item by item. The page ends after the item with which it has `limit` lines, because an item's lines
 * are only known together; `next` is that item, undefined on the last page.
 */
async function overdueSupply(
  { database, clock, ledger }: DatedDeps,
  { after, limit, locationId: place }: OverduePage,
): Promise<{ readonly rows: readonly SupplyInput[]; readonly next: string | undefined }> {
  const now = clock.now();
  const rows: SupplyInput[] = [];
  for (let from = after; ; ) {
    const items = await ledger.supply.itemsPastDue(database, { after: from, limit: ITEMS_PER_LOOK, now });
    const due = await ledger.supply.dueSupply(database, items, now);
    const late = Map.groupBy(
      due.filter((each) => asksForDecision(each, now) && (place ?? each.locationId) === each.locationId),
      (each) => each.itemId,
    );
    for (const item of items) {
      rows.push(...(late.get(item) ?? []).map((each) => supplyInput(each, now.getTime())));
      if (rows.length >= limit) return { rows, next: item };
    }
    const last = items.at(-1);
    if (last === undefined || items.length < ITEMS_PER_LOOK) return { rows, next: undefined };
    from = last;
  }
}

export type OverduePage = {
  /** The item that the page before ended with; empty: the first. */
  readonly after: string;
  readonly limit: number;
  readonly locationId?: string | undefined;
};

/** What may be promised by a date. */
export type DatedAvailabilities = {
  /** What is overdue and waits for a person, with what of it still counts. */
  overdue(
    page: OverduePage,
  ): Promise<{ readonly rows: readonly SupplyInput[]; readonly next: string | undefined }>;
  /** Available to promise by a moment or a day. Undefined when there is no such channel; items that do not exist are left out. */
  by(question: DatedQuestion & { readonly by: By }): Promise<readonly DatedAvailability[] | undefined>;
  /** The same over time. */
  series(question: SeriesQuestion): Promise<readonly AvailabilitySeries[] | undefined>;
};

/** Opens what may be promised by a date. The rules are those of the moment of asking. */
export function createDated(deps: DatedDeps, book: () => Promise<RuleBook>): DatedAvailabilities {
  return {
    overdue: (page) => overdueSupply(deps, page),
    by: async (question) => availableBy(deps, await book(), question),
    series: async (question) => availabilitySeries(deps, await book(), question),
  };
}
