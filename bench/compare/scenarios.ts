import type { Ask, StockBooks, Stockroom, Told } from "./stockroom.ts";

/** What a scenario came to, in a few words that can be held against the books. */
export type Finding = { readonly holds: boolean; readonly saw: string };

/** A public report of stock that was sold twice, lost or invented, as something that can be played. */
export type Scenario = {
  readonly name: string;
  /** Where it was reported. */
  readonly reported: string;
  readonly must: string;
  /** Plays it with an item that nobody has used. The two rooms are two processes over one database. */
  run(rooms: readonly [Stockroom, Stockroom], item: string): Promise<Finding>;
};

const BUYERS = 40;
const UNITS = 10;

const one = (item: string, units = 1): Ask => ({ channel: "everywhere", lines: [{ item, units }] });
const accepted = (told: readonly Told[]) => told.filter(({ units }) => units > 0);
const unitsOf = (told: readonly Told[]) => told.reduce((sum, { units }) => sum + units, 0);
const idsOf = (told: readonly Told[]) => told.flatMap((each) => ("id" in each ? [each.id] : []));
const shown = ({ onHand, promised, held }: StockBooks) =>
  `${onHand} on hand, ${promised} promised by the counter, ${held} by the promises`;

function soldFrom(units: number, told: readonly Told[], books: StockBooks): Finding {
  const sold = unitsOf(told);
  const holds = sold === units && books.promised === sold && books.held === sold;
  return { holds, saw: `${sold} of ${units} sold; ${shown(books)}` };
}

/** The public reports, each as a scenario. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a burst on the last units",
    reported: "nopSolutions/nopCommerce#4184, vendurehq/vendure PR#4930",
    must: "40 buyers at once, ten units: ten are sold, and the counter says ten",
    async run([room], item) {
      await room.receive(item, "wh-1", UNITS);
      const told = await room.ask(Array.from({ length: BUYERS }, () => one(item)));
      return soldFrom(UNITS, told, await room.books(item));
    },
  },
  {
    name: "the same through two processes",
    reported: "opencart/opencart#4811, saleor/saleor#543",
    must: "20 buyers at each of two processes, ten units: ten are sold",
    async run([room, other], item) {
      await room.receive(item, "wh-1", UNITS);
      const asks = Array.from({ length: BUYERS / 2 }, () => one(item));
      const told = (await Promise.all([room.ask(asks), other.ask(asks)])).flat();
      return soldFrom(UNITS, told, await room.books(item));
    },
  },
  {
    name: "an order that two places must make up",
    reported: "vendurehq/vendure#3508, #4030",
    must: "eight of five here and five there: eight are promised, and none where there is none",
    async run([room], item) {
      await room.receive(item, "wh-1", 5);
      await room.receive(item, "wh-2", 5);
      const told = await room.ask([one(item, 8)]);
      return soldFrom(8, told, await room.books(item));
    },
  },
  {
    name: "more than there is, told so",
    reported: "vendurehq/vendure#3508",
    must: "twelve of ten: refused, or as many as were promised are said to be",
    async run([room], item) {
      await room.receive(item, "wh-1", UNITS);
      const told = await room.ask([one(item, 12)]);
      const books = await room.books(item);
      const holds = unitsOf(told) <= UNITS && books.promised === unitsOf(told);
      return { holds, saw: `${unitsOf(told)} said to be promised; ${shown(books)}` };
    },
  },
  {
    name: "orders without their allocation",
    reported: "saleor/saleor#5334",
    must: "after thirty orders at once for thirty of fifty units, each has its promise and the counter is their sum",
    async run([room, other], item) {
      await room.receive(item, "wh-1", 50);
      const asks = Array.from({ length: 15 }, () => ({ ...one(item), isFirm: true }));
      const told = (await Promise.all([room.ask(asks), other.ask(asks)])).flat();
      const books = await room.books(item);
      const holds = accepted(told).length === 30 && books.held === 30 && books.promised === 30;
      return { holds, saw: `${accepted(told).length} orders accepted; ${shown(books)}` };
    },
  },
  {
    name: "two lines that share a component",
    reported: "medusajs/medusa#16502",
    must: "two lines of six of an item of which there are ten: refused together, or ten at most",
    async run([room], item) {
      await room.receive(item, "wh-1", UNITS);
      const line = { item, units: 6 };
      await room.ask([{ channel: "everywhere", lines: [line, line] }]);
      const books = await room.books(item);
      return { holds: books.promised <= UNITS && books.held <= UNITS, saw: shown(books) };
    },
  },
  {
    name: "a promise that is closed twice at once",
    reported: "medusajs/medusa#12401",
    must: "of two promises of four, one is released by two callers at once: four stay promised",
    async run([room, other], item) {
      await room.receive(item, "wh-1", UNITS);
      const [id = ""] = idsOf(await room.ask([one(item, 4)]));
      await room.ask([one(item, 4)]);
      await Promise.all([room.close([id], "release"), other.close([id], "release")]);
      const books = await room.books(item);
      return { holds: books.promised === 4 && books.held === 4, saw: shown(books) };
    },
  },
  {
    name: "a cancellation after the shipment",
    reported: "magento/inventory#1849, #1246",
    must: "four of ten are shipped and then released: six are there, and none is promised",
    async run([room], item) {
      await room.receive(item, "wh-1", UNITS);
      const [id = ""] = idsOf(await room.ask([{ ...one(item, 4), isFirm: true }]));
      await room.close([id], "ship");
      const [told = ""] = await room.close([id], "release");
      const books = await room.books(item);
      const holds = books.onHand === 6 && books.promised === 0 && books.held === 0;
      return { holds, saw: `${told}; ${shown(books)}` };
    },
  },
  {
    name: "stock of another channel's place",
    reported: "vendurehq/vendure#2356",
    must: "what lies where a channel does not sell from is neither shown to it nor promised",
    async run([room], item) {
      await room.receive(item, "wh-1", UNITS);
      await room.receive(item, "wh-2", 1);
      const figure = await room.figure("second", item);
      const told = await room.ask([{ channel: "second", lines: [{ item, units: 2 }] }]);
      const books = await room.books(item);
      const holds = figure === 1 && unitsOf(told) <= 1 && books.promised === unitsOf(told);
      return { holds, saw: `shown ${figure}, promised ${unitsOf(told)}; ${shown(books)}` };
    },
  },
];
