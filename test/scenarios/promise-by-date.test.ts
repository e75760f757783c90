import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { openSilentHouse } from "./company.ts";

const Answer = Type.Object({
  dated: Type.Array(
    Type.Object({
      availableToPromise: Type.Integer(),
      cutOffs: Type.Array(Type.Object({ locationId: Type.String(), at: Type.String(), is: Type.String() })),
      supply: Type.Array(
        Type.Object({ document: Type.String(), dueAt: Type.String(), counted: Type.Integer() }),
      ),
    }),
  ),
  sources: Type.Array(Type.Object({ source: Type.String(), lagSeconds: Type.Optional(Type.Integer()) })),
  shipping: Type.Array(Type.Object({ locationId: Type.String(), next: Type.String() })),
});
const Problem = Type.Object({ code: Type.String(), source: Type.String(), maxStaleness: Type.Integer() });

test("a calendar and a file of orders that are sent over HTTP decide what may be promised by a day, and a source that is too old is named", async (t) => {
  // A Monday.
  const house = await openSilentHouse(t, new Date("2026-03-02T08:00:00Z"));
  const post = async (path: string, body: string, type: string) => {
    const headers = { authorization: `Bearer ${house.key}`, "content-type": type };
    const response = await fetch(house.url + path, { method: "POST", headers, body });
    assert.equal(response.status, 200, await response.clone().text());
    return response;
  };
  const location = { scheme: "code", value: "EAST" };
  const calendar = { workingHours: "Mon-Fri 07:00-19:00", cutOffs: "Mon-Fri 16:00", dockToStock: "1d" };
  const records = [{ kind: "location-calendar", location, ...calendar }];
  await post("/system/v1/master-data", JSON.stringify({ records }), "application/json");
  const file = [
    "number,item,location,quantity,expected",
    "PO-1,LAMP,EAST,12,2026-03-05T10:00:00Z",
    "PO-2,LAMP,WEST,5,2026-03-06",
  ].join("\r\n");
  const path = "/system/v1/supply/files?accountId=wms-east&saidAt=2026-03-02T08:00:00Z";
  await post(`${path}&rehearse=true`, file, "text/csv");
  await post(path, file, "text/csv");
  await house.product.drain();

  const question = "/experience/v1/availability?channel=web&sku=LAMP&by=";
  // What comes on Thursday is put away as Friday begins.
  const thursday = (await house.get(`${question}2026-03-05`, Answer)).dated[0];
  assert.deepEqual(
    [thursday?.availableToPromise, thursday?.cutOffs[0]?.at, thursday?.cutOffs[0]?.is],
    [0, "2026-03-05T16:00:00.000Z", "cut-off"],
  );
  const friday = await house.get(`${question}2026-03-06`, Answer);
  assert.equal(friday.dated[0]?.availableToPromise, 17);
  assert.deepEqual(friday.dated[0]?.supply.map(({ document, dueAt }) => `${document} ${dueAt}`).toSorted(), [
    "PO-1 2026-03-06T07:00:00.000Z",
    "PO-2 2026-03-06T23:59:59.000Z",
  ]);
  assert.deepEqual(friday.shipping, [{ locationId: "east", next: "2026-03-02T16:00:00.000Z" }]);
  assert.deepEqual(friday.sources, [
    {
      source: "/accounts/wms-east",
      locationIds: ["east"],
      heardAt: "2026-03-02T08:00:00.000Z",
      lagSeconds: 0,
    },
    { source: "/accounts/wms-west", locationIds: ["west"] },
  ]);
  const refused = await house.get(`${question}2026-03-06&maxStaleness=60`, Problem);
  assert.deepEqual([refused.code, refused.source], ["source-too-old", "/accounts/wms-west"]);
});
