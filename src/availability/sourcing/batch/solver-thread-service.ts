import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type highsTypes from "highs";
import { lpText, type Model, sumOfTerms, type Terms } from "./model.ts";
import type { Solved, ToSolve } from "./solver-service.ts";

/** Its types are those of CommonJS, so it is loaded as that. */
const createHighs: typeof highsTypes.default = createRequire(import.meta.url)("highs");
type Highs = Awaited<ReturnType<typeof createHighs>>;
type Values = ReadonlyMap<string, number>;

/** One objective to look after, and a plan to begin with. */
type Step = {
  readonly model: Pick<Model, "rows" | "variables">;
  readonly objective: Terms;
  readonly start: Values;
  readonly leftMs: number;
};

/**
 * Solves one model in a thread of its own: objective after objective, each kept while the next is looked after, and each begun with the plan
 * that was found so far, the rules' own at first. Where the time is up, the best that was found is given.
 */
async function solve({ model, start, timeLimitMs }: ToSolve): Promise<Solved> {
  const highs = await createHighs();
  const endsAt = performance.now() + timeLimitMs;
  let values = start;
  let isBest = true;
  let rows: Model["rows"] = model.rows;
  for (const [index, objective] of model.objectives.entries()) {
    // Each of those to come has its share: a plan that promises the most is worth little if it costs twice as much.
    const leftMs = (endsAt - performance.now()) / (model.objectives.length - index);
    if (leftMs <= 0) return { is: "solved", values, isBest: false };
    const by = bestBy(highs, { model: { ...model, rows }, objective, start: values, leftMs });
    const isBetter = sumOfTerms(objective, by.found) <= sumOfTerms(objective, values);
    if (isBetter && keepsAll(rows, by.found)) values = by.found;
    isBest &&= by.isBest;
    // Half a unit: sums are whole numbers, and the solver's are nearly so.
    rows = [...rows, { terms: objective, is: "<=", rhs: sumOfTerms(objective, values) + 0.5 }];
  }
  return { is: "solved", values, isBest };
}

function bestBy(highs: Highs, { model, objective, start, leftMs }: Step) {
  return highs.withModel({ format: "lp", data: lpText(model, objective) }, (asked) => {
    asked.options.set({ output_flag: false, time_limit: leftMs / 1_000, mip_rel_gap: 0 });
    const columns = [...model.variables.keys()].map((name) => ({ name, at: asked.getColByName(name) }));
    const first = new Float64Array(columns.length);
    for (const { name, at } of columns) first[at] = start.get(name) ?? 0;
    asked.setSolution({ colValue: first });
    asked.run();
    const { colValue } = asked.getSolution();
    const found: Values = new Map(columns.map(({ name, at }) => [name, Math.round(colValue[at] ?? 0)]));
    return { found, isBest: asked.getModelStatus() === highs.constants.modelStatus.optimal };
  });
}

/** Whether rounded values keep every row; what a solver holds when its time is up need not. */
function keepsAll(rows: Model["rows"], values: Values): boolean {
  return rows.every(({ terms, is, rhs }) => {
    const sum = sumOfTerms(terms, values);
    return is === "=" ? sum === rhs : sum <= rhs;
  });
}

const asked: ToSolve = workerData;
solve(asked).then(
  (solved) => parentPort?.postMessage(solved),
  (error: unknown) => parentPort?.postMessage({ is: "failed", because: String(error) } satisfies Solved),
);
