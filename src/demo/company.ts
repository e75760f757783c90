import { accountSource, type MasterRecord } from "@crossdock/canonical";
import type { ChannelToSave, RuleToSave } from "../availability/index.ts";
import type { AliasToSave, ItemToSave, LocationToSave, OwnershipToSave } from "../governance/index.ts";
import { type Random, seededRandom } from "../platform/index.ts";

/** The company of the demonstration and of the scenarios: everything about it follows from the seed. */
export type Company = {
  readonly warehouses: readonly LocationToSave[];
  readonly items: readonly DemoItem[];
  readonly aliases: readonly AliasToSave[];
  readonly ownership: readonly OwnershipToSave[];
  /** When each warehouse works, and until when it still ships. */
  readonly calendars: readonly MasterRecord[];
  readonly channels: readonly ChannelToSave[];
  readonly rules: readonly RuleToSave[];
  readonly retailers: readonly Retailer[];
};

/** An item with what the demonstration needs beside master data. */
export type DemoItem = ItemToSave & {
  /** Popularity: the share of demand follows Zipf's law over the ranks, 1 the most wanted. */
  readonly rank: number;
  /** Units that each stocking warehouse starts with. */
  readonly openingStock: readonly {
    readonly warehouse: string;
    readonly units: number;
    readonly lot: string;
  }[];
  /** Whether the shop sells it; one in ten is for other channels only. */
  readonly inShop: boolean;
};

/** A retailer that orders by EDI. */
export type Retailer = {
  readonly accountId: string;
  readonly channelId: string;
  readonly name: string;
  readonly isaId: string;
  readonly stores: readonly string[];
  /** Whether one order is for all its stores at once (X12 SDQ). */
  readonly spreads: boolean;
  /** Interchanges that it collects into one file. */
  readonly interchangesPerFile: number;
};

export const DEMO = {
  seed: "crossdock",
  warehouses: 12,
  items: 2_000,
  /** One item in so many is sold in cases, is a kit, is tracked by lot. */
  caseEvery: 4,
  kitEvery: 25,
  lotEvery: 20,
  /** One item in so many is not sold in the shop. */
  notInShopEvery: 10,
  shopAccount: "shop",
  shopChannel: "web",
  /** Whose the demonstration's API key is. */
  client: "demo",
} as const;

/** Classes of items by rank, as stock is commonly classed: the first few are most of the demand, the last many hardly any of it. */
const CLASSES = [
  { itemClass: "A", upToRank: 100 },
  { itemClass: "B", upToRank: 500 },
  { itemClass: "C", upToRank: Number.POSITIVE_INFINITY },
] as const;

/** Cities along the freight corridors of one continent, with the time zone of their clocks. */
const CITIES = [
  ["Reno", "America/Los_Angeles"],
  ["Ontario", "America/Los_Angeles"],
  ["Phoenix", "America/Phoenix"],
  ["Denver", "America/Denver"],
  ["Dallas", "America/Chicago"],
  ["Memphis", "America/Chicago"],
  ["Joliet", "America/Chicago"],
  ["Indianapolis", "America/Indiana/Indianapolis"],
  ["Atlanta", "America/New_York"],
  ["Harrisburg", "America/New_York"],
  ["Edison", "America/New_York"],
  ["Tampa", "America/New_York"],
] as const;

const MATERIALS = [
  "Steel",
  "Brass",
  "Nylon",
  "Oak",
  "Cotton",
  "Glass",
  "Copper",
  "Rubber",
  "Linen",
  "Ceramic",
] as const;
const THINGS = [
  "Bracket",
  "Hinge",
  "Valve",
  "Hose",
  "Lamp",
  "Bowl",
  "Towel",
  "Filter",
  "Caster",
  "Clamp",
  "Tray",
  "Knob",
] as const;
const CASE_SIZES = [6, 12, 24, 48] as const;

const two = (value: number): string => String(value).padStart(2, "0");
const warehouseId = (index: number): string => `wh-${two(index + 1)}`;

/** Reference scheme of the numbers by which a trading partner orders (X12 PO1, qualifier IN or BP). */
const BUYER_PART_SCHEME = "buyer-part";

/** The account over which a warehouse's system speaks. */
export const warehouseAccount = (locationId: string): string => `wms-${locationId}`;

function makeWarehouses(count: number): LocationToSave[] {
  return CITIES.slice(0, count).map(([city, timeZone], index) => ({
    locationId: warehouseId(index),
    code: `WH${two(index + 1)}`,
    name: `${city} distribution center`,
    type: "warehouse",
    timeZone,
  }));
}

/** Two lorries a day and one on Saturdays; what arrives is on the shelf half a shift later. */
const calendarOf = ({ code }: LocationToSave): MasterRecord => ({
  kind: "location-calendar",
  location: { scheme: "code", value: code },
  workingHours: "Mon-Fri 06:00-20:00; Sat 07:00-13:00",
  cutOffs: "Mon-Fri 12:00 17:00; Sat 11:00",
  dockToStock: "4h",
});

/** GTIN-13 in our own fictitious number range, with its check digit. */
function gtin(index: number): string {
  const body = `0950110${String(index).padStart(5, "0")}`;
  const sum = [...body].reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 3), 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

function isKit(index: number): boolean {
  return index % DEMO.kitEvery === DEMO.kitEvery - 1;
}

function makeItems(random: Random, count: number, warehouses: readonly string[]): readonly DemoItem[] {
  const items: DemoItem[] = [];
  for (let index = 0; index < count; index += 1) {
    // The parts of a kit lie together, so that a kit leaves in one piece.
    const before = isKit(index + 1)
      ? items.at(-1)?.openingStock.map(({ warehouse }) => warehouse)
      : undefined;
    items.push(makeItem(random, index, before ?? someOf(random, index, warehouses)));
  }
  return items;
}

/** Popular items lie in many warehouses, the tail in one or two. */
function someOf(random: Random, index: number, warehouses: readonly string[]): readonly string[] {
  const spread = Math.max(1, Math.min(warehouses.length, Math.round(warehouses.length / (1 + index / 150))));
  return random.shuffle(warehouses).slice(0, spread);
}

function makeItem(random: Random, index: number, places: readonly string[]): DemoItem {
  const kit = isKit(index);
  const tracked = !kit && index % DEMO.lotEvery === 3;
  const description = `${random.pick(MATERIALS)} ${random.pick(THINGS)} ${10 + (index % 90)}${kit ? " set" : ""}`;
  const caseSize = !kit && index % DEMO.caseEvery === 0 ? random.pick(CASE_SIZES) : 1;
  const lot = tracked ? `L26${two(1 + (index % 12))}` : "";
  return {
    itemId: `itm-${String(index + 1).padStart(5, "0")}`,
    sku: `CD-${1_000 + index}`,
    description,
    baseUnit: "EA",
    tracking: tracked ? "lot" : "none",
    itemClass: CLASSES.find(({ upToRank }) => index < upToRank)?.itemClass,
    units: caseSize === 1 ? [] : [{ unit: "XCS", numerator: caseSize, denominator: 1 }],
    components: kit ? componentsBefore(index) : [],
    rank: index + 1,
    openingStock: kit
      ? []
      : places.map((warehouse) => ({ warehouse, units: openingUnits(random, index, caseSize), lot })),
    inShop: index % DEMO.notInShopEvery !== DEMO.notInShopEvery - 1,
  };
}

/** The more wanted, the more there is of it; in whole cases where it comes in cases. */
function openingUnits(random: Random, index: number, caseSize: number): number {
  const UNITS_MIN = 40;
  const CASES_MIN = 12;
  const units = Math.max(UNITS_MIN, CASES_MIN * caseSize, Math.round(4_000 / (index + 5)) * 10);
  return Math.ceil(random.integer(Math.ceil(units / 2), units) / caseSize) * caseSize;
}

/** A kit holds the two plain items before it: two of one, one of the other. */
function componentsBefore(index: number): DemoItem["components"] {
  return [2, 1].map((quantity, back) => ({
    itemId: `itm-${String(index - back).padStart(5, "0")}`,
    quantity,
  }));
}

function aliasesOf(item: DemoItem, index: number, retailers: readonly Retailer[]): AliasToSave[] {
  const base = { kind: "item" as const, target: item.itemId };
  const parts = retailers.map((retailer) => ({
    ...base,
    scheme: BUYER_PART_SCHEME,
    scope: retailer.accountId,
    value: buyerPart(retailer, index),
  }));
  return [{ ...base, scheme: "gtin", scope: "", value: gtin(index) }, ...parts];
}

/** What a retailer calls an item. */
function buyerPart(retailer: Retailer, index: number): string {
  return `${retailer.isaId.slice(0, 3)}${100_000 + index}`;
}

/** What a retailer lists and orders: the items that lie in warehouses from which its channel is served. */
export function rangeOf({ items, channels }: Company, { channelId }: Retailer): readonly DemoItem[] {
  const served = channels.find((channel) => channel.channelId === channelId)?.locationIds ?? [];
  const network = new Set(served);
  return items.filter(({ openingStock }) => openingStock.some(({ warehouse }) => network.has(warehouse)));
}

/** A retailer's own numbers of the items, by item. */
export function buyerPartsOf(company: Company, accountId: string): ReadonlyMap<string, string> {
  const own = company.aliases.filter(
    ({ scheme, scope }) => scheme === BUYER_PART_SCHEME && scope === accountId,
  );
  return new Map(own.map(({ target, value }) => [target, value]));
}

const RETAILERS: readonly Retailer[] = [
  {
    accountId: "northgate",
    channelId: "edi-northgate",
    name: "Northgate Home Stores",
    isaId: "NORTHGATE",
    stores: ["0101", "0102", "0117", "0233"],
    spreads: false,
    interchangesPerFile: 2,
  },
  {
    accountId: "lakeside",
    channelId: "edi-lakeside",
    name: "Lakeside Supply Co-op",
    isaId: "LAKESIDE",
    stores: ["17", "23", "42"],
    spreads: true,
    interchangesPerFile: 1,
  },
];

function makeChannels(warehouses: readonly LocationToSave[]): ChannelToSave[] {
  const all = warehouses.map(({ locationId }) => locationId);
  // Each retailer is served from two thirds of the warehouses, in part from the same.
  const third = Math.max(1, Math.floor(all.length / 3));
  return [
    { channelId: DEMO.shopChannel, name: "Web shop", locationIds: all },
    { channelId: "edi-northgate", name: "Northgate Home Stores", locationIds: all.slice(0, third * 2) },
    { channelId: "edi-lakeside", name: "Lakeside Supply Co-op", locationIds: all.slice(-third * 2) },
    { channelId: "api", name: "Sales desk and partners", locationIds: all },
  ];
}

/** The shop keeps two back against its own lag; Northgate has some of the best sellers protected; Lakeside sees no more than 500. */
function makeRules(items: readonly DemoItem[]): RuleToSave[] {
  const PROTECTED_ITEMS = 40;
  return [
    { channelId: DEMO.shopChannel, itemId: "", buffer: 2, cap: null, protected: 0 },
    { channelId: "edi-lakeside", itemId: "", buffer: 0, cap: 500, protected: 0 },
    ...items.slice(0, PROTECTED_ITEMS).map((item) => ({
      channelId: "edi-northgate",
      itemId: item.itemId,
      buffer: 0,
      cap: null,
      protected: 20,
    })),
  ];
}

/** How large a company is. Absent: the demonstration's own size. */
export type CompanySize = { readonly items?: number; readonly warehouses?: number };

/** Makes the company. The same seed and size make the same company, to the last alias. At most 12 warehouses. */
export function makeCompany(seed: string = DEMO.seed, size: CompanySize = {}): Company {
  const random = seededRandom(`${seed}-company`);
  const warehouses = makeWarehouses(size.warehouses ?? DEMO.warehouses);
  const places = warehouses.map(({ locationId }) => locationId);
  const items = makeItems(random, size.items ?? DEMO.items, places);
  return {
    warehouses,
    items,
    aliases: items.flatMap((item, index) => aliasesOf(item, index, RETAILERS)),
    calendars: warehouses.map(calendarOf),
    ownership: warehouses.map(({ locationId }) => ({
      measure: "physical-stock" as const,
      locationId,
      source: accountSource(warehouseAccount(locationId)),
    })),
    channels: makeChannels(warehouses),
    rules: makeRules(items),
    retailers: RETAILERS,
  };
}
