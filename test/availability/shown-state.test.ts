import assert from "node:assert/strict";
import { test } from "node:test";
import { shownState } from "../../src/availability/index.ts";

const cases = [
  { figure: 0, minimumToPublish: 0, lowBelow: 5, state: "out" },
  { figure: 1, minimumToPublish: 0, lowBelow: 5, state: "low" },
  { figure: 4, minimumToPublish: 0, lowBelow: 5, state: "low" },
  { figure: 5, minimumToPublish: 0, lowBelow: 5, state: "in-stock" },
  { figure: 1, minimumToPublish: 0, lowBelow: 0, state: "in-stock" },
  { figure: 2, minimumToPublish: 3, lowBelow: 5, state: "out" },
] as const;

for (const { figure, state, ...showing } of cases) {
  test(`${figure}, told none below ${showing.minimumToPublish} and few below ${showing.lowBelow}, is shown as ${state}`, () => {
    assert.equal(shownState(showing, figure), state);
  });
}
