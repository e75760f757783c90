import type { WhatIfPort, WhatIfResult, WhatIfRun } from "../../src/gateway/index.ts";
import { channel, NOW, pageOf } from "./ports.ts";

const figures = {
  ...{ asked: 3, promisedWhole: 2, promisedPartly: 0, refused: 1, lines: 4, linesPromised: 3 },
  ...{ units: 10, unitsPromised: 8, splits: 1, splitRequests: 1, holds: 2, heldSeconds: 90 },
  ...{ unitsKeptBack: 2, unitsStranded: 2, overshownUnitSeconds: 7_200, unitsOversold: 1, ordersOversold: 1 },
};

function resultOf({ from, to, rules, beside }: WhatIfRun): WhatIfResult {
  const side = (name: string) => ({
    rules: name,
    all: figures,
    channels: [{ channelId: channel, ...figures }],
  });
  return {
    ...{ from, to, asked: 3, leftOut: 0, transfers: 12, differing: 1, unclearFences: 0 },
    ...{ tried: side(rules), beside: side(beside) },
    reproduced: { exactly: 3, not: 0, whys: {}, samples: [] },
    askedKeptSince: from,
  };
}

/** Runs that are done as soon as they are looked at. The real part is tested in test/availability/what-if. */
export function memoryWhatIf(): WhatIfPort {
  const runs = new Map<string, WhatIfRun>();
  return {
    async start({ from, to = NOW, rules, beside = "as-it-was", caller }) {
      if (from >= to) return { is: "no-window", message: "The window ends before it begins." };
      if (rules === "404") return { is: "no-rules", message: "There is no version 404 of the rules." };
      if (rules === "429") return { is: "too-many" };
      const runId = `run-${runs.size + 1}`;
      const asked = { askedBy: caller.clientId, askedAt: NOW };
      const run: WhatIfRun = { runId, from, to, rules, beside, state: "waiting", transfers: 0, ...asked };
      runs.set(runId, run);
      return { is: "started", run };
    },
    async find(runId) {
      const run = runs.get(runId);
      if (run === undefined) return undefined;
      if (run.state === "cancelled") return { run };
      return { run: { ...run, state: "done", transfers: 12, endedAt: NOW }, result: resultOf(run) };
    },
    list: async (page) => pageOf([...runs.values()], page),
    differences: async (_runId, page) =>
      page.after === "x"
        ? "bad-cursor"
        : pageOf(
            [
              {
                ...{ ask: 2, at: NOW, channelId: channel, correlationId: "j-2" },
                lines: [{ lineId: "1", itemId: "itm-1", asked: 5, promised: 5, beside: 0 }],
              },
            ],
            page,
          ),
    async cancel(runId) {
      const run = runs.get(runId);
      if (run === undefined) return false;
      runs.set(runId, { ...run, state: "cancelled", endedAt: NOW });
      return true;
    },
  };
}
