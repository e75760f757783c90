/** A stockroom in a process of its own: opens what it is told, and carries out what it is asked. */
import { openDatabase } from "../../src/platform/index.ts";
import { serveOrders } from "../load/child-process.ts";
import { openParts } from "../product-parts.ts";
import { crossdockRoom } from "./crossdock.ts";
import { openMedusa } from "./medusa.ts";
import type { RoomOrder, RoomToOpen } from "./room.ts";
import type { Stockroom } from "./stockroom.ts";
import { openVendure } from "./vendure.ts";

let opened: Stockroom | undefined;

async function open({ name, url, folder, isFirst }: RoomToOpen): Promise<Stockroom> {
  switch (name) {
    case "crossdock": {
      const database = await openDatabase(url, { applicationName: "compare", poolMax: 8 });
      return { ...crossdockRoom(openParts(database)), stop: () => database.close() };
    }
    case "medusa":
      return openMedusa(url, folder, { isFirst, hasLocks: false });
    case "vendure":
      return openVendure(url, folder, isFirst);
    default:
      return name satisfies never;
  }
}

serveOrders<RoomOrder, unknown>(async (order) => {
  if (order.is === "open") {
    opened = await open(order.room);
    return undefined;
  }
  if (opened === undefined) throw new Error("the stockroom was asked before it was opened");
  switch (order.is) {
    case "version":
      return opened.version();
    case "receive":
      return opened.receive(order.item, order.place, order.units);
    case "ask":
      return opened.ask(order.asks);
    case "close":
      return opened.close(order.ids, order.how);
    case "books":
      return opened.books(order.item);
    case "figure":
      return opened.figure(order.channel, order.item);
    case "stop":
      return opened.stop();
    default:
      return order satisfies never;
  }
});
