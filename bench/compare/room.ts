import { startChild } from "../load/child-process.ts";
import type { Ask, SalesChannel, StockBooks, StockPlace, Stockroom, Told } from "./stockroom.ts";

/** Which stockroom to open. The first of several makes the tables. */
export type RoomToOpen = {
  readonly name: "crossdock" | "medusa" | "vendure";
  readonly url: string;
  readonly folder: string;
  readonly isFirst: boolean;
};

/** What a stockroom's process is told. */
export type RoomOrder =
  | { readonly is: "open"; readonly room: RoomToOpen }
  | { readonly is: "version" | "stop" }
  | { readonly is: "receive"; readonly item: string; readonly place: StockPlace; readonly units: number }
  | { readonly is: "ask"; readonly asks: readonly Ask[] }
  | { readonly is: "close"; readonly ids: readonly string[]; readonly how: "release" | "ship" }
  | { readonly is: "books"; readonly item: string }
  | { readonly is: "figure"; readonly channel: SalesChannel; readonly item: string };

/** Opens a stockroom in a process of its own. */
export async function openRoom(room: RoomToOpen): Promise<Stockroom> {
  const child = startChild<RoomOrder, unknown>(new URL("room-process.ts", import.meta.url));
  // What comes back is what the process's stockroom gave for this very order.
  const run = <Answer>(order: RoomOrder) => child.run(order) as Promise<Answer>;
  await run({ is: "open", room });
  return {
    version: () => run<string>({ is: "version" }),
    receive: (item, place, units) => run<void>({ is: "receive", item, place, units }),
    ask: (asks) => run<readonly Told[]>({ is: "ask", asks }),
    close: (ids, how) => run<readonly string[]>({ is: "close", ids, how }),
    books: (item) => run<StockBooks>({ is: "books", item }),
    figure: (channel, item) => run<number>({ is: "figure", channel, item }),
    async stop() {
      await run({ is: "stop" });
      await child.stop();
    },
  };
}
