import assert from "node:assert/strict";
import { test } from "node:test";
import { berlin, bolt, NOW, warehouse } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

const path = "/system/v1/disagreements";
const get = (world: World, url: string) => world.gateway.inject({ url, headers: by(world.key()) });

test("disagreements are listed with their age, in units and in money", async () => {
  const world = await createWorld();
  const [row] = (await get(world, `${path}?location=${berlin}&sort=money`)).json().disagreements;
  assert.deepEqual(
    [row.itemId, row.said, row.difference, row.ageSeconds, row.money],
    [bolt, 8, -2, 60, { currency: "EUR", amount: "-2.5" }],
  );
  assert.deepEqual((await get(world, `${path}?unitsMin=3`)).json(), { disagreements: [] });
  assert.equal((await get(world, `${path}?after=soon`)).json().code, "invalid-cursor");
});

test("the file runs nothing in a spreadsheet", async () => {
  const world = await createWorld();
  const answer = await get(world, `${path}.csv`);
  assert.match(String(answer.headers["content-type"]), /^text\/csv/);
  const [header, row] = answer.body.split("\r\n");
  assert.match(header ?? "", /^source,location,item,lot,said,/);
  assert.equal(
    row,
    `/accounts/${warehouse},${berlin},${bolt},"'=HYPERLINK(""x"")",8,${NOW},60,7,10,9,-2,EUR,-2.5`,
  );
});

test("a disagreement is explained in parts that add up to it", async () => {
  const world = await createWorld();
  const asked = `${path}/explanation?item=${bolt}&location=${berlin}`;
  const answer = (await get(world, `${asked}&source=/accounts/${warehouse}&counts=available,picked`)).json();
  const sum = answer.parts.reduce((all: number, { units }: { units: number }) => all + units, 0);
  assert.deepEqual([sum, answer.ours - answer.theirs.said], [answer.difference, answer.difference]);
  assert.deepEqual(answer.theirs.counts, ["available", "picked"]);
  assert.equal((await get(world, `${asked}&source=/accounts/erp`)).json().code, "not-found");
  const wrong = (await get(world, `${asked}&source=/accounts/erp&counts=available,lost`)).json();
  assert.deepEqual([wrong.code, wrong.errors[0].pointer], ["invalid-request", "/counts"]);
});
