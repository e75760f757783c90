import {
  type AvailabilitySeries,
  type ChannelId,
  type DatedAvailability,
  type Instant,
  itemId,
  type LocationId,
  quantity,
  type SupplyInput,
} from "@crossdock/canonical";
import {
  type Governance,
  type LocationCalendar,
  type ResolvedItem,
  usualCalendar,
} from "../../governance/index.ts";
import type { Ledger, PositionRow } from "../../ledger/index.ts";
import type { Clock, Database, Transaction } from "../../platform/index.ts";
import { readStock } from "../atp-service.ts";
import { type Pegging, supplyName } from "../backorders/pegs.ts";
import { pegsOf } from "../backorders/pegs-service.ts";
import { agesOf, isGoodFor, stockFor } from "../item-stock.ts";
import { componentsOf, partIdsOf } from "../request.ts";
import type { RuleBook } from "../rules/book.ts";
import { type DatedDesk, type Flow, promiseBy, promiseSeries } from "./atp-by-date.ts";
import { demandInput, supplyInput } from "./inputs.ts";
import { listSupply, type SupplyPage, type SupplyPageFound } from "./list-service.ts";
import { momentsAhead } from "./local-time.ts";
import { positionsAhead } from "./stock-ahead.ts";
import { nextShipping, type ShipBy, shipBy } from "./working-time.ts";

export type DatedDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "items" | "calendars">;
  readonly ledger: Pick<Ledger, "positionsOf" | "supply">;
};

/** By when: a moment, or a day, which ends at each place when it ends there. */
export type By = { readonly instant: string } | { readonly day: string };

export type DatedQuestion = {
  readonly channelId: ChannelId;
  readonly itemIds: readonly string[];
  /** Absent: what the rules say. */
  readonly horizonDays?: number | undefined;
};
export type SeriesQuestion = DatedQuestion & {
  readonly nearHours?: number | undefined;
  readonly timeZone: string;
};

type Calendars = ReadonlyMap<string, LocationCalendar>;

const DAY_MS = 86_400_000;

/** Available to promise by a moment or a day. Undefined when there is no such channel; items that do not exist are left out. */
async function availableBy(
  deps: DatedDeps,
  book: RuleBook,
  question: DatedQuestion & { readonly by: By },
): Promise<readonly DatedAvailability[] | undefined> {
  const { by, channelId } = question;
  const places = book.channels.get(channelId)?.locations ?? [];
  const calendars = await deps.governance.calendars(deps.database, places);
  const cutOffs = new Map<string, CutOff | undefined>(
    places.map((place) => [place, cutOffOf(calendars.get(place), by)]),
  );
  // What is due by then is looked at, however far that is.
  const until = Math.max(0, ...[...cutOffs.values()].map((cutOff) => cutOff?.at ?? 0));
  const scene = await sceneOf(deps, book, { ...question, until, calendars });
  if (scene === undefined) return undefined;
  const passed = new Set(places.filter((place) => hasPassed(cutOffs.get(place), scene.now)));
  // What is sent then must be good then: what leaves at the last leaves before the day ends.
  const desk = { ...scene.deskAt((place) => lastMoment(cutOffs.get(place), scene.now)), closed: passed };
  return scene.views.map((view) => {
    const isByThen = (flow: Flow) => isBy(flow, cutOffs.get(flow.locationId));
    const lowest = promiseBy(desk, view.item, view.flows, isByThen);
    return {
      ...view.inputs,
      by: "day" in by ? by.day : by.instant,
      cutOffs: places.map((place) => cutOffView(place, cutOffs.get(place), passed.has(place))),
      availableToPromise: quantity(lowest.units),
      ...(lowest.at === undefined ? {} : { limitedAt: toInstant(lowest.at) }),
    };
  });
}

/** Until when supply counts at a place. */
type CutOff = Omit<ShipBy, "is"> & { readonly is: ShipBy["is"] | "moment" };

/** Undefined where nothing ships within a year. */
function cutOffOf(calendar: LocationCalendar | undefined, by: By): CutOff | undefined {
  if ("instant" in by) return { at: Date.parse(by.instant), is: "moment" };
  return shipBy(calendar ?? usualCalendar("UTC"), by.day);
}

/** What has no cut-off any more by then cannot leave by then, whatever lies there. */
const hasPassed = (cutOff: CutOff | undefined, now: number): boolean =>
  cutOff === undefined || (cutOff.is !== "moment" && cutOff.at < now);

/** The last moment at which something leaves a place by then. */
const lastMoment = (cutOff: CutOff | undefined, now: number): number =>
  cutOff === undefined ? now : cutOff.is === "end-of-day" ? cutOff.at - 1 : cutOff.at;

function cutOffView(place: LocationId, cutOff: CutOff | undefined, passed: boolean) {
  return {
    locationId: place,
    ...(cutOff === undefined ? {} : { at: toInstant(cutOff.at), is: cutOff.is }),
    ...(passed ? { passed } : {}),
  };
}

/** A day is over at its end: what is due at that moment is due the next day. What is ready at a cut-off is in time. */
const isBy = (flow: Flow, cutOff: CutOff | undefined): boolean =>
  cutOff !== undefined && (cutOff.is === "end-of-day" ? flow.at < cutOff.at : flow.at <= cutOff.at);

/** Available to promise over time, by the hour near to now and by the day beyond. Undefined when there is no such channel. */
async function availabilitySeries(
  deps: DatedDeps,
  book: RuleBook,
  question: SeriesQuestion,
): Promise<readonly AvailabilitySeries[] | undefined> {
  const places = book.channels.get(question.channelId)?.locations ?? [];
  const calendars = await deps.governance.calendars(deps.database, places);
  const scene = await sceneOf(deps, book, { ...question, calendars });
  if (scene === undefined) return undefined;
  const moments = momentsAhead(scene.now, {
    nearHours: question.nearHours ?? book.supply.horizon.nearHours,
    horizonDays: question.horizonDays ?? book.supply.horizon.days,
    timeZone: question.timeZone,
  });
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
  question: DatedQuestion & { readonly until?: number; readonly calendars: Calendars },
): Promise<Scene | undefined> {
  const channel = book.channels.get(question.channelId);
  if (channel === undefined) return undefined;
  const items = await deps.governance.items(deps.database, question.itemIds);
  const parts = partIdsOf(items.values());
  const now = deps.clock.now();
  const read = async (tx: Transaction) => ({
    lies: await readStock(deps, tx, {
      book,
      itemIds: parts,
      locations: channel.locations,
      channelIds: [channel.channelId],
    }),
    due: await deps.ledger.supply.dueSupply(tx, parts, now),
    pegging: await pegsOf(deps, tx, book, parts),
  });
  const { lies, due, pegging } = await deps.database.transaction(read, {
    isolation: "repeatable read",
    readOnly: true,
  });
  const deskAt = (at: (locationId: string) => number): DatedDesk => ({
    ...{ book, channel },
    stockWith(item, units, without) {
      const then = { ...lies, at };
      const isGood = (row: PositionRow) => isGoodFor(then, book, channel, row);
      const lying = (lies.positions.get(item) ?? []).filter((row) => without?.has(row.location_id) !== true);
      const rows = positionsAhead(item, lying, units, isGood);
      return stockFor({ ...then, positions: new Map([[item, rows]]) }, book, channel, item);
    },
  });
  const network = new Set<string>(channel.locations);
  const horizon = Math.max(
    now.getTime() + (question.horizonDays ?? book.supply.horizon.days) * DAY_MS,
    question.until ?? 0,
  );
  const weighing = { now: now.getTime(), terms: book.supply };
  const views = [...items.values()].map((item): View => {
    const own = new Set<string>(componentsOf(item).map((part) => part.itemId));
    const mine = due.filter((each) => own.has(each.itemId));
    const supply = mine
      .filter((each) => network.has(each.locationId))
      .map((each) => supplyInput(each, { ...weighing, calendar: question.calendars.get(each.locationId) }))
      .map((each) => lessPegged(each, pegging));
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

/** Something that is to come, with what of it is for those who wait. */
function lessPegged(supply: SupplyInput, { bySupply }: Pegging): SupplyInput {
  const units = bySupply.get(supplyName(supply));
  return units === undefined ? supply : { ...supply, waiting: quantity(units) };
}

/** When something ships next from places of which that was said. */
function shippingOf(places: readonly LocationId[], calendars: Calendars, now: number) {
  return places.flatMap((locationId) => {
    const calendar = calendars.get(locationId);
    const next = calendar === undefined ? undefined : nextShipping(calendar, now);
    return next === undefined ? [] : [{ locationId, next: toInstant(next) }];
  });
}

function flowsOf(
  { supply, demand }: Pick<AvailabilitySeries, "supply" | "demand">,
  horizon: number,
): readonly Flow[] {
  const comes = supply.flatMap(({ itemId: item, locationId: place, dueAt, counted, waiting = 0 }): Flow[] =>
    dueAt === undefined || counted === waiting
      ? []
      : [{ itemId: item, locationId: place, at: Date.parse(dueAt), units: counted - waiting }],
  );
  const leaves = demand.map(
    ({ itemId: item, locationId: place, at, units }): Flow => ({
      ...{ itemId: item, locationId: place, at: Date.parse(at), units: -units },
    }),
  );
  return [...comes, ...leaves].filter(({ at }) => at <= horizon);
}

const toInstant = (moment: number): string => new Date(moment).toISOString();

/** What may be promised by a date. */
export type DatedAvailabilities = {
  /** What is to come, or of it what is overdue and waits for a person, with what of it counts. */
  list(page: SupplyPage): Promise<SupplyPageFound>;
  /** Available to promise by a moment or a day. Undefined when there is no such channel; items that do not exist are left out. */
  by(question: DatedQuestion & { readonly by: By }): Promise<readonly DatedAvailability[] | undefined>;
  /** Until when something has to be ordered to ship next, from those of the locations of which that was said. */
  shipping(
    locationIds: readonly LocationId[],
  ): Promise<readonly { readonly locationId: LocationId; readonly next: Instant }[]>;
  /** The same over time. */
  series(question: SeriesQuestion): Promise<readonly AvailabilitySeries[] | undefined>;
};

/** Opens what may be promised by a date. The rules are those of the moment of asking. */
export function createDated(deps: DatedDeps, book: () => Promise<RuleBook>): DatedAvailabilities {
  return {
    async shipping(locationIds) {
      const calendars = await deps.governance.calendars(deps.database, locationIds);
      return shippingOf(locationIds, calendars, deps.clock.now().getTime());
    },
    list: async (page) => listSupply(deps, await book(), page),
    by: async (question) => availableBy(deps, await book(), question),
    series: async (question) => availabilitySeries(deps, await book(), question),
  };
}
