import assert from "node:assert/strict";
import {
  accountId,
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  quantityDelta,
  type Reservation,
  type StockFact,
} from "@crossdock/canonical";
import { sql } from "../../../src/platform/index.ts";
import { type Core, tell } from "../../support/core.ts";
import type { Act, Beginning } from "./acts.ts";
import type { Event, Given } from "./explain.ts";
import { CHANNELS, GOODS, type Good, ITEMS, type Item, PARTS, PLACES, type Place } from "./model.ts";

type Known = {
  readonly id: string;
  readonly orderLine: string | undefined;
  readonly good: Good;
  readonly place: Place;
};

/** An act whose words are settled: which promise it is about, which numbers its facts bear. It can then be done beside others. */
export type Ready = { readonly act: Act; readonly number: number; readonly about: Known | undefined };

/** One run's shop, kept by the product: by one process, or by several that share nothing but the database. */
export type Shop = {
  /** The next act, as things stand now. */
  prepare(act: Act): Ready;
  /** Does it in the process of this place; gives what the product answered. */
  perform(ready: Ready, process: number): Promise<Event>;
  /** What later acts may be about. */
  remember(events: readonly Event[]): void;
  /** Lets every process take what the others have told. */
  settle(): Promise<void>;
  /** What the books say, in the words of `booksOf`. */
  books(): Promise<unknown>;
};

let shops = 0;

/** Opens a shop of fresh items; gives what has happened there so far. */
export async function openShop(
  cores: readonly Core[],
  { rules, stock, fences }: Beginning,
): Promise<{ readonly shop: Shop; readonly events: readonly Event[] }> {
  shops += 1;
  const [core] = cores;
  assert.ok(core);
  const suffix = `-${shops}`;
  const nameOf = (item: Item) => itemId(`${item}${suffix}`);
  await saveItems(core, nameOf);
  await core.availability.saveRules(
    CHANNELS.flatMap((channel) =>
      GOODS.map((good) => {
        const { buffer, protects, cap } = rules[channel][good];
        return { channelId: channel, itemId: nameOf(good), buffer, protected: protects, cap };
      }),
    ),
  );
  const shop = new ProductShop(cores, nameOf, `shop${suffix}`);
  const goods = GOODS.flatMap((good) => PLACES.map((place) => ({ good, place })));
  const arrivals = goods
    .map((at, index): Act => ({ do: "receive", ...at, units: stock[index] ?? 0 }))
    .filter((act) => "units" in act && act.units > 0);
  const events: Event[] = [];
  for (const act of [...arrivals, ...fences]) events.push(await shop.perform(shop.prepare(act), 0));
  return { shop, events };
}

async function saveItems(core: Core, nameOf: (item: Item) => string): Promise<void> {
  const plain = (item: Item) => ({
    itemId: nameOf(item),
    sku: nameOf(item).toUpperCase(),
    description: item,
    baseUnit: "EA",
    tracking: "none" as const,
    units: [],
  });
  await core.governance.saveItems(GOODS.map((good) => ({ ...plain(good), components: [] })));
  const components = PARTS.set.map(({ good, each }) => ({ itemId: nameOf(good), quantity: each }));
  await core.governance.saveItems([{ ...plain("set"), components }]);
}

class ProductShop implements Shop {
  readonly #cores: readonly Core[];
  readonly #nameOf: (item: Item) => ReturnType<typeof itemId>;
  readonly #name: string;
  readonly #known: Known[] = [];
  #acts = 0;

  constructor(cores: readonly Core[], nameOf: (item: Item) => ReturnType<typeof itemId>, name: string) {
    this.#cores = cores;
    this.#nameOf = nameOf;
    this.#name = name;
  }

  prepare(act: Act): Ready {
    this.#acts += 1;
    const isHandling = act.do === "pick" || act.do === "ship";
    const candidates = isHandling
      ? this.#known.filter(({ orderLine }) => orderLine !== undefined)
      : this.#known;
    const about =
      "which" in act ? candidates.at(-1 - (act.which % Math.max(1, candidates.length))) : undefined;
    return { act, number: this.#acts, about };
  }

  async perform({ act, number, about }: Ready, process: number): Promise<Event> {
    const core = this.#core(process);
    switch (act.do) {
      case "reserve":
        return this.#reserve(act, number, process);
      case "order":
        return this.#order(core, act, `${this.#name}-${number}`);
      case "allocate":
      case "release": {
        if (about === undefined) return { is: "nothing" };
        const options = { step: act.do, reason: "test", correlationId: this.#name };
        const answer = (await core.availability.step([about.id], options)).get(about.id);
        assert.ok(answer);
        const word = !answer.done ? "refused" : answer.already ? "already" : "done";
        return { is: act.do, id: about.id, answer: word };
      }
      case "pick":
      case "ship":
        return about === undefined
          ? { is: "nothing" }
          : this.#handle(core, { step: act.do, units: act.units, number, about });
      case "receive":
      case "count":
      case "lose":
        await this.#say(core, number, this.#stockFact(act));
        return { is: act.do, good: act.good, place: act.place, units: act.units, minute: number };
      case "fence":
      case "give-back":
        return this.#fence(core, act);
      case "ask": {
        const names = ITEMS.map(this.#nameOf);
        const told = (await core.availability.availability(channelId(act.channel), names)) ?? [];
        const figureOf = (item: Item) =>
          told.find((each) => each.itemId === this.#nameOf(item))?.availableToPromise ?? -1;
        const figures = { nut: figureOf("nut"), bolt: figureOf("bolt"), set: figureOf("set") };
        return { is: "told", channel: act.channel, figures };
      }
      case "sweep":
        await core.availability.sweep();
        return { is: "nothing" };
      case "wait":
        core.clock.advance(act.seconds * 1_000);
        return { is: "nothing" };
      default:
        return act satisfies never;
    }
  }

  remember(events: readonly Event[]): void {
    for (const event of events) {
      if (event.is !== "asked") continue;
      for (const { id, line, good, place } of event.given) {
        const orderLine = event.order === undefined ? undefined : `${event.order}/${line}`;
        this.#known.push({ id, orderLine, good, place });
      }
    }
  }

  async settle(): Promise<void> {
    for (const core of this.#cores) await core.ledger.subscriber.drain();
  }

  async books(): Promise<unknown> {
    const { database, clock } = this.#core(0);
    const names = GOODS.map(this.#nameOf);
    const now = clock.now();
    const shelves = await database.query<Record<string, string | number>>(sql`
      select p.item_id, p.location_id, p.available + coalesce(h.open, 0) as available,
             p.held - coalesce(h.held, 0) as held, p.allocated, p.picked,
             coalesce(f.web, 0) + coalesce(h.web, 0) as web, coalesce(f.shop, 0) + coalesce(h.shop, 0) as shop
      from ledger.position p
      left join lateral (
        select sum(quantity)::bigint as held, sum(quantity - fenced)::bigint as open,
               sum(fenced) filter (where channel_id = 'web')::bigint as web,
               sum(fenced) filter (where channel_id = 'shop')::bigint as shop
        from availability.reservation r
        where r.position_id = p.position_id and r.state = 'held' and r.expires_at <= ${now}
      ) h on true
      left join lateral (
        select sum(quantity) filter (where channel_id = 'web')::bigint as web,
               sum(quantity) filter (where channel_id = 'shop')::bigint as shop
        from availability.ring_fence g where g.position_id = p.position_id
      ) f on true
      where p.item_id = any (${names}::text[]) and p.location_id like 'wh-%'`);
    const promises = await database.query<{ id: string; state: string }>(sql`
      select reservation_id as id,
             case when state in ('released', 'expired') or state = 'held' and expires_at <= ${now} then 'ended'
                  else state::text end as state
      from availability.reservation where item_id = any (${names}::text[])`);
    return {
      shelves: Object.fromEntries(
        shelves
          .map(({ item_id: item, location_id: place, ...units }) => [`${this.#goodOf(item)}@${place}`, units])
          .filter(([, units]) => Object.values(units ?? {}).some((each) => each !== 0))
          .toSorted(),
      ),
      promises: Object.fromEntries(promises.map(({ id, state }) => [id, state]).toSorted()),
    };
  }

  #core(process: number): Core {
    const core = this.#cores[process % this.#cores.length];
    assert.ok(core);
    return core;
  }

  #goodOf(item: unknown): Good {
    const good = GOODS.find((each) => this.#nameOf(each) === item);
    assert.ok(good, `nobody knows ${item}`);
    return good;
  }

  async #reserve(act: Extract<Act, { do: "reserve" }>, number: number, process: number): Promise<Event> {
    const request = {
      channelId: channelId(act.channel),
      policy: act.policy,
      ttlSeconds: act.seconds,
      lines: act.lines.map(({ item, units, place }, at) => ({
        lineId: lineId(String(at)),
        item: { scheme: "id" as const, value: this.#nameOf(item) },
        quantity: { value: units, unit: "EA" },
        ...(place === undefined ? {} : { locationId: locationId(place) }),
      })),
    };
    const context = { clientId: "test", key: `${this.#name}-${number}`, correlationId: this.#name };
    const asking = [process, ...(act.twice ? [process + 1] : [])];
    const answers = await Promise.all(
      asking.map((at) => this.#core(at).availability.reserve(request, context)),
    );
    const [first, second] = answers.map((answer) => {
      assert.ok("answer" in answer, "the key was refused");
      return answer;
    });
    assert.ok(first);
    if (second !== undefined) {
      assert.deepEqual(second.answer, first.answer, "a repeated request was answered in two ways");
      assert.ok(second.replayed || first.replayed, "a repeated request was decided twice");
    }
    const { channel, policy, lines, seconds } = act;
    const given = first.answer.reservations.map((each) => this.#given(each));
    return { is: "asked", channel, policy, lines, ttlMs: seconds * 1_000, order: undefined, given };
  }

  async #order(core: Core, act: Extract<Act, { do: "order" }>, order: string): Promise<Event> {
    const lines = act.lines.map(({ item, units, place = "wh-1" }, at) => ({
      lineId: lineId(String(at)),
      itemId: this.#nameOf(item),
      quantity: quantity(units),
      orderedUnit: quantity(1),
      components: PARTS[item].map(({ good, each }) => ({ itemId: this.#nameOf(good), quantity: each })),
      locationId: locationId(place),
    }));
    const { channel, policy } = act;
    const request = { channelId: channelId(channel), policy, orderId: orderId(order), refused: [], lines };
    const asked = { accountId: accountId("portal"), request, expiresAt: undefined, correlationId: order };
    const [answer] = await core.database.transaction((tx) => core.availability.promise(tx, [asked]));
    const given = (answer?.reservations ?? []).map((each) => this.#given(each));
    return { is: "asked", channel, policy, lines: act.lines, ttlMs: undefined, order, given };
  }

  #given(each: Reservation): Given {
    return {
      id: each.reservationId,
      line: Number(each.lineId),
      good: this.#goodOf(each.itemId),
      place: each.locationId as Place,
      units: each.quantity,
      fenced: each.ringFenced ?? 0,
      expiresAt: each.expiresAt === undefined ? undefined : Date.parse(each.expiresAt),
    };
  }

  async #handle(
    core: Core,
    { step, units, number, about }: { step: "pick" | "ship"; units: number; number: number; about: Known },
  ): Promise<Event> {
    const { good, place, orderLine = "" } = about;
    const [order = "", line = ""] = orderLine.split("/");
    const named = { orderId: orderId(order), lineId: line };
    const goods = { item: this.#nameOf(good), quantity: quantity(units), orderLine: named };
    await this.#say(
      core,
      number,
      step === "pick"
        ? { type: "StockPicked", data: { ...goods, location: locationId(place) } }
        : {
            type: "ShipmentDispatched",
            data: { location: locationId(place), shipmentNumber: "S", cartons: [{ lines: [goods] }] },
          },
    );
    const handled = { orderLine, good, place, units, minute: number };
    return { is: "handled", step: step === "pick" ? "picked" : "shipped", ...handled };
  }

  #stockFact(act: Extract<Act, { do: "receive" | "count" | "lose" }>): StockFact {
    const at = { item: this.#nameOf(act.good), location: locationId(act.place) };
    switch (act.do) {
      case "receive":
        return { type: "StockReceived", data: { ...at, quantity: quantity(act.units) } };
      case "count":
        return { type: "StockCounted", data: { ...at, counted: quantity(act.units) } };
      case "lose":
        return { type: "StockAdjusted", data: { ...at, delta: quantityDelta(-act.units), reason: "lost" } };
      default:
        return act.do satisfies never;
    }
  }

  async #say(core: Core, minute: number, fact: StockFact): Promise<void> {
    await tell(core, [{ id: `${this.#name}-${minute}`, minute, fact }]);
    await core.ledger.subscriber.drain();
  }

  async #fence(core: Core, act: Extract<Act, { do: "fence" | "give-back" }>): Promise<Event> {
    const { channel, good, place, units } = act;
    const { ringFences } = core.availability;
    const command = {
      channelId: channelId(channel),
      itemId: this.#nameOf(good),
      locationId: locationId(place),
      lot: "",
      quantity: quantity(units),
      reason: "test",
      correlationId: this.#name,
    };
    const done = await (act.do === "fence" ? ringFences.setAside(command) : ringFences.giveBack(command));
    const answer = "refused" in done ? "refused" : "done";
    return { is: act.do, channel, good, place, units, answer };
  }
}
