import { channelId, lineId, locationId } from "@crossdock/canonical";
import { verify } from "../../src/verify/index.ts";
import { readProductBooks } from "../b1/product-books.ts";
import { openProductData } from "../b1/product-data.ts";
import { CHANNEL, LOCATION } from "../b1/request.ts";
import type { Cluster } from "../cluster.ts";
import { openParts } from "../product-parts.ts";
import type { Contestant } from "./contestant.ts";

/** The product as it is wired, asked in its own process: what HTTP costs is measured by B1. */
export async function openProduct(
  cluster: Cluster,
  calls: number,
): Promise<Contestant & { readonly url: string }> {
  const url = await cluster.createDatabase("product");
  const data = await openProductData(url);
  const { database } = data;
  const { availability, clock } = openParts(database);
  return {
    name: "crossdock",
    role: "product",
    url,
    calls,
    prepare: (item, units) => data.receive(item, units),
    async decide(item, keys) {
      const answers = await Promise.all(
        keys.map((key) =>
          availability.reserve(requestFor(item), { clientId: "bench", key, correlationId: key }),
        ),
      );
      return keys.filter((_, at) => {
        const answer = answers[at];
        return answer !== undefined && "answer" in answer && answer.answer.outcome === "reserved";
      });
    },
    async audit(item, { units, promised }) {
      const books = await readProductBooks(database, { itemId: item, keyPrefix: `${item}.` });
      const equal: readonly (readonly [what: string, value: number, wanted: number])[] = [
        ["units promised", promised.length, units],
        ["units held", books.held, units],
        ["units available", books.available, 0],
        ["units that transfers have moved into held", books.transferred.held, units],
        ["reservations", books.promised.reservations, units],
        ["facts of reservations", books.facts, units],
        ["keys that are kept as accepted", promised.filter((key) => books.accepted.has(key)).length, units],
      ];
      return equal.flatMap(([what, value, wanted]) =>
        value === wanted ? [] : [`${what}: ${value}, not ${wanted}`],
      );
    },
    async verify() {
      const report = await verify(database, { now: clock.now() });
      return report.failed === 0 ? [] : [`the oracle found ${report.failed} offences`];
    },
    close: () => data.close(),
  };
}

function requestFor(item: string) {
  return {
    channelId: channelId(CHANNEL),
    ttlSeconds: 900,
    lines: [
      {
        lineId: lineId("1"),
        item: { scheme: "id" as const, value: item },
        quantity: { value: 1, unit: "EA" },
        locationId: locationId(LOCATION),
      },
    ],
  };
}
