import { conformance } from "@crossdock/connector-kit/testing";
import { startFakeRetailer } from "../../src/fake/index.ts";
import { x12 } from "../../src/index.ts";
import { bytesOf, draftText, orderSegments } from "../envelopes.ts";
import {
  accountWith,
  acknowledgementOf,
  inventoryAdvice,
  mappingsOf,
  orderFrom,
  orderOf,
  SETTINGS,
  shipNoticeOf,
  withSets,
} from "./partner.ts";

const order = orderFrom(orderOf(orderSegments));
const [mapping] = mappingsOf(draftText(withSets({}, { segments: ["BEG*00*SA*PO-2", "CTT*0"] })));
const message = (text: string) => ({
  headers: { "content-type": "application/edi-x12" },
  body: bytesOf(text),
});
const secrets = { token: "s3cret-of-the-partner" };
const key = (number: string) => `ISA:ZZ/RETAILER:ZZ/DISTRIBUTOR:${number}`;
const numbered = (number: string, segments: readonly string[]) =>
  draftText({ ...withSets({ segments }), isa: { 13: number }, iea: ["1", number] });
const spread = [
  "BEG*00*SA*PO-8**20260112",
  "PO1*1*30*EA*2**UP*012345678905",
  "SDQ*EA*92*0101*10*0102*20",
  "CTT*1",
];

conformance({
  connector: x12,
  account: () => accountWith({}, secrets),
  samples: [
    {
      name: "an order",
      message: message(numbered("000000001", orderSegments)),
      expect: { parts: [{ key: key("000000001"), kind: "850" }], counts: { order: 1 } },
    },
    {
      name: "several interchanges on lines of their own, one of them with junk behind it",
      message: message(`${numbered("000000002", orderSegments)}\r\n--\r\n${numbered("000000003", spread)}\n`),
      expect: {
        parts: [
          { key: key("000000002"), kind: "850" },
          { key: key("000000003"), kind: "850" },
        ],
        counts: { order: 2, ignored: 1 },
      },
    },
    {
      name: "other delimiters, and two orders of which one is broken",
      message: message(
        draftText({
          ...withSets({ segments: spread }, { segments: ["BEG*00*SA*PO-2", "CTT*0"] }),
          version: "00501",
          separators: { element: "|", component: ":", terminator: "\n" },
        }),
      ),
      expect: { counts: { order: 1, invalid: 1 } },
    },
    {
      name: "a 997 and a TA1",
      message: message(
        draftText({
          groups: [{ functionalId: "FA", sets: [{ id: "997", segments: ["AK1*PR*101", "AK9*A*1*1*1"] }] }],
        }).replace("GS*", "TA1*000000100*260112*0930*A*000~GS*"),
      ),
      expect: { counts: { acknowledgement: 2 } },
    },
    {
      name: "another partner's order",
      message: message(draftText({ isa: { 6: "SOMEBODY       " } })),
      expect: { genuine: false, counts: { order: 0, invalid: 1 } },
    },
    {
      name: "no X12 at all",
      message: message("<html>502 Bad Gateway</html>"),
      expect: { counts: { ignored: 1, invalid: 1 } },
    },
  ],
  documents: [
    { name: "an acknowledgement", document: acknowledgementOf(order, [8, 0]) },
    { name: "a ship notice", document: shipNoticeOf(order) },
    { name: "an inventory advice", document: inventoryAdvice },
    { name: "a 997", document: { kind: "reply", replyTo: "key", content: mapping?.reply } },
    {
      name: "a reply of nobody's",
      document: { kind: "reply", replyTo: "key", content: {} },
      expect: "refused",
    },
    { name: "a shipment of nothing", document: { ...shipNoticeOf(order), cartons: [] }, expect: "refused" },
  ],
  fake: async () => {
    const { us, partner } = SETTINGS;
    const fake = await startFakeRetailer({
      seed: 7,
      isaId: partner.id,
      supplier: us,
      token: secrets.token,
      now: () => new Date("2026-01-12T16:00:00Z"),
    });
    return {
      account: () => accountWith(fake.account.settings, fake.account.secrets),
      failNext: fake.failNext,
      effects: fake.effects,
      close: fake.close,
    };
  },
});
