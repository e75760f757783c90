import {
  accountId,
  channelId,
  itemId,
  type LineRejection,
  lineId,
  locationId,
  orderId,
  quantity,
  type Rule,
} from "@crossdock/canonical";
import type { ReplayResult, RuleSet } from "../../../src/availability/index.ts";
import { replay } from "../../../src/availability/index.ts";
import type { Database } from "../../../src/platform/index.ts";
import { type Core, openCore, stock, tell } from "../../support/core.ts";

/** A shop whose past is to be played again: the clock moves with everything that happens. */
export type Shop = {
  readonly core: Core;
  /** The moment before everything that happens from now on. */
  readonly begin: () => Date;
  receive(item: string, units: number, location: string): Promise<void>;
  /** Asks for a hold; gives what was reserved. */
  hold(wanted: Wanted, seconds?: number): Promise<Answered>;
  /** Sends an order. */
  order(wanted: Wanted): Promise<Answered>;
  release(ids: readonly string[]): Promise<void>;
  allocate(ids: readonly string[]): Promise<void>;
  pass(seconds: number): void;
  playAgain(from: Date, rules: RuleSet, beside?: RuleSet): Promise<Played>;
};

export type Wanted = {
  readonly channel: string;
  readonly policy?: "all-or-nothing" | "partial" | "ship-complete";
  readonly maxSplits?: number;
  readonly lines: readonly {
    readonly item: string;
    readonly units: number;
    readonly location?: string;
    readonly unit?: "EA" | "XCS";
  }[];
};

export type Answered = { readonly ids: readonly string[]; readonly refused: readonly LineRejection[] };
export type Played = { readonly result: ReplayResult; readonly differing: readonly unknown[] };

const plain = (id: string) => ({
  itemId: id,
  sku: id.toUpperCase(),
  description: id,
  baseUnit: "EA",
  tracking: "none" as const,
  units: [{ unit: "XCS", numerator: 4, denominator: 1 }],
  components: [],
});

const NUTS_IN_SET = [
  { itemId: "nut", quantity: 2 },
  { itemId: "bolt", quantity: 1 },
];

/** Opens a shop with items `nut`, `bolt`, `cog` and the kit `set` of two nuts and a bolt, sold by `web` and `retail` from two places. */
export async function openShop(database: Database): Promise<Shop> {
  const core = openCore(database);
  await core.governance.saveItems(["nut", "bolt", "cog"].map(plain));
  await core.governance.saveItems([{ ...plain("set"), components: NUTS_IN_SET }]);
  await core.availability.saveChannels([
    { channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] },
    { channelId: "retail", name: "Retail", locationIds: ["wh-2", "wh-1"] },
  ]);
  core.clock.advance(10_000);
  let count = 0;
  const next = () => {
    count += 1;
    core.clock.advance(1_000);
    return count;
  };
  const step = async (ids: readonly string[], name: "release" | "allocate") => {
    next();
    await core.availability.step(ids, { step: name, reason: "test", correlationId: "test" });
  };
  return {
    core,
    begin() {
      core.clock.advance(1_000);
      return core.clock.now();
    },
    async receive(item, units, location) {
      const fact = stock.received(units, itemId(item), locationId(location));
      await tell(core, [{ id: `receive-${next()}`, minute: count, fact }]);
      await core.ledger.subscriber.drain();
    },
    hold: (wanted, seconds = 900) => hold(core, `hold-${next()}`, wanted, seconds),
    order: (wanted) => order(core, `order-${next()}`, wanted),
    release: (ids) => step(ids, "release"),
    allocate: (ids) => step(ids, "allocate"),
    pass: (seconds) => core.clock.advance(seconds * 1_000),
    playAgain: (from, rules, beside = { is: "as-it-was" }) => playAgain(core, { from, rules, beside }),
  };
}

async function hold(core: Core, key: string, wanted: Wanted, ttlSeconds: number): Promise<Answered> {
  const { channel, policy, maxSplits, lines } = wanted;
  const answer = await core.availability.reserve(
    {
      channelId: channelId(channel),
      ...(policy === undefined ? {} : { policy }),
      ...(maxSplits === undefined ? {} : { maxSplits }),
      ttlSeconds,
      lines: lines.map(({ item, units, location, unit = "EA" }, at) => ({
        lineId: lineId(String(at + 1)),
        item: { scheme: "id", value: item },
        quantity: { value: units, unit },
        ...(location === undefined ? {} : { locationId: locationId(location) }),
      })),
    },
    { clientId: "test", key, correlationId: key },
  );
  if (!("answer" in answer)) throw new Error("the key was refused");
  const { reservations, rejections } = answer.answer;
  return { ids: reservations.map((each) => each.reservationId), refused: rejections };
}

async function order(core: Core, id: string, wanted: Wanted): Promise<Answered> {
  const { channel, policy = "all-or-nothing", lines } = wanted;
  const request = {
    channelId: channelId(channel),
    policy,
    orderId: orderId(id),
    refused: [],
    lines: lines.map(({ item, units }, at) => ({
      lineId: lineId(String(at + 1)),
      itemId: itemId(item),
      quantity: quantity(units),
      orderedUnit: quantity(1),
      components: (item === "set" ? NUTS_IN_SET : [{ itemId: item, quantity: 1 }]).map((part) => ({
        ...part,
        itemId: itemId(part.itemId),
      })),
    })),
  };
  const entry = { request, expiresAt: undefined, correlationId: id, accountId: accountId(`${channel}-1`) };
  const [made] = await core.database.transaction((tx) => core.availability.promise(tx, [entry]));
  const ids = made?.reservations.map((each) => each.reservationId) ?? [];
  return { ids, refused: made?.decision.rejections ?? [] };
}

async function playAgain(
  core: Core,
  { from, rules, beside }: { readonly from: Date; readonly rules: RuleSet; readonly beside: RuleSet },
): Promise<Played> {
  const differing: unknown[] = [];
  const to = new Date(core.clock.now().getTime() + 1_000);
  const result = await replay(
    core,
    { window: { from, to }, rules, beside },
    {
      restMs: 0,
      signal: new AbortController().signal,
      progress: () => undefined,
      differs: (difference) => differing.push(difference),
    },
  );
  if ("refused" in result) throw new Error(result.message);
  return { result, differing };
}

/** A protection of so many units of an item for a channel. */
export const protection = (channel: string, item: string, units: number): Rule => ({
  kind: "protection",
  channel: channelId(channel),
  item: itemId(item),
  units: quantity(units),
});
