import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "../support/database.ts";
import { liveADay, openActivity } from "./activity.ts";

const { database } = await testDatabase();

test("a day of real activity keeps every law", async () => {
  const activity = await openActivity(database);
  await liveADay(activity);
  const report = await verify(database, { now: activity.clock.now() });
  assert.equal(report.failed, 0);
});
