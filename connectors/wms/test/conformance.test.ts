import { conformance, type VendorFake } from "@crossdock/connector-kit/testing";
import { startFakeWarehouse } from "../src/fake/index.ts";
import { wmsConnector } from "../src/index.ts";
import { account, delivery, events, PREVIOUS_SECRET, release, SECRET, snapshotPage } from "./fixtures.ts";

const rotating = () => account({ rotation: true }, { previousSigningSecret: PREVIOUS_SECRET });
const all = Object.values(events);
const batch = { warehouse: "W1", events: all };

async function fake(): Promise<VendorFake> {
  const stock = ["A-1", "A-2"].map((sku) => ({ sku, onHand: 10 }));
  const now = () => new Date("2026-11-23T09:30:00Z");
  const warehouse = await startFakeWarehouse({ seed: 1, code: "W1", secret: SECRET, stock, now });
  warehouse.announceStock();
  warehouse.skipNumber("the count was given up");
  warehouse.announceStock();
  return {
    account: () => account({ url: warehouse.url }),
    failNext: warehouse.server.failNext,
    effects: warehouse.releasesTaken,
    close: warehouse.close,
  };
}

conformance({
  connector: wmsConnector,
  account: rotating,
  samples: [
    {
      name: "one event of every type",
      message: delivery(batch, "d-77"),
      expect: {
        parts: [{ key: "d-77", kind: "events" }],
        counts: { stock: all.length - 1, master: 1, invalid: 0 },
      },
    },
    {
      name: "a batch signed with the secret before",
      message: delivery(batch, "d-78", PREVIOUS_SECRET),
      expect: { counts: { stock: all.length - 1, master: 1 } },
    },
    {
      name: "a batch signed by somebody else",
      message: delivery(batch, "d-79", "another-secret"),
      expect: { genuine: false, counts: { stock: all.length - 1, master: 1 } },
    },
    {
      name: "a small batch, with a poisoned event and a repeated one",
      message: delivery({
        warehouse: "W1",
        events: [events.count, { ...events.pick, quantity: -1 }, events.count],
      }),
      expect: { counts: { stock: 2, invalid: 1 } },
    },
    {
      name: "no events",
      message: delivery({ warehouse: "W1", events: [] }),
      expect: { records: [{ is: "ignored", at: "/events", reason: "the batch is empty" }] },
    },
    {
      name: "a page of a snapshot",
      message: delivery(snapshotPage, "s-1"),
      expect: { parts: [{ key: "s-1", kind: "events" }], counts: { snapshot: 1, invalid: 0 } },
    },
    {
      name: "a page of a snapshot with a poisoned row",
      message: delivery({ ...snapshotPage, rows: [...snapshotPage.rows, { sku: "A-2", counted: -1 }] }),
      expect: { counts: { snapshot: 0, invalid: 1 } },
    },
    { name: "no bytes", message: delivery(""), expect: { counts: { invalid: 1 } } },
  ],
  documents: [
    { name: "a release of two lines", document: release },
    { name: "a release without lines", document: { ...release, lines: [] }, expect: "refused" },
  ],
  backfills: [
    { stream: "W1", first: 1, last: 5 },
    { stream: "W1", first: 3, last: 3 },
  ],
  fake,
});
