import assert from "node:assert/strict";
import { test } from "node:test";
import { overdueTransfer, shortReceipt } from "./stock-ports.ts";
import { by, createWorld } from "./world.ts";

const lists = [
  { url: "/system/v1/receipts/differences", name: "differences", row: shortReceipt },
  { url: "/system/v1/transfers/open", name: "transfers", row: overdueTransfer },
];

for (const { url, name, row } of lists) {
  test(`${url} lists what was expected and is not so, page by page and by location`, async () => {
    const world = await createWorld();
    const ask = (query: string) =>
      world.gateway.inject({ url: `${url}${query}`, headers: by(world.key({ scopes: ["positions:read"] })) });
    const first = await ask("?limit=1");
    assert.deepEqual(first.json(), { [name]: [row], next: "8" });
    assert.match(String(first.headers.link), /after=8/);
    assert.deepEqual((await ask("?after=8")).json(), { [name]: [] });
    assert.deepEqual((await ask("?location=hamburg")).json(), { [name]: [] });
    assert.equal((await ask("?after=x")).json().code, "invalid-cursor");
  });
}
