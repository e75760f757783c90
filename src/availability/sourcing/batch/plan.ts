import { type ItemId, type LineId, type LocationId, quantity } from "@crossdock/canonical";
import { decide } from "../../admission.ts";
import type { AdmissionLine, AdmissionRequest, Promised } from "../../admission-request.ts";
import type { RuleBook } from "../../rules/book.ts";
import type { Shelf } from "../../shelf.ts";
import { isBetter, sumOf, type Values, type Weighing, worthOf } from "../ranking.ts";
import { type BatchModel, sumOfTerms } from "./model.ts";

/** Units of an item that a line takes from a location. */
export type Taking = {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly units: number;
};

/** From where the lines of each request of a batch are taken. */
export type BatchPlan = readonly (readonly Taking[])[];

/** What a plan comes to. */
export type BatchSum = {
  /** Units of the lines, kits counted as kits. */
  readonly units: number;
  readonly wholeRequests: number;
  /** Locations that requests use, summed over the requests: so many parcels. */
  readonly parcels: number;
  /** By each criterion that is a sum of what requests do. */
  readonly worth: Values;
};

/** Requests that are decided before others of the process get their turn. */
const REQUESTS_A_TURN = 10;
/** Waits until others of the process had their turn. */
type NextTurn = () => Promise<unknown>;

/** The plan of the rules: each request decided in its turn, on what those before it have left. */
export async function planByRules(
  shelf: Shelf,
  book: RuleBook,
  requests: readonly AdmissionRequest[],
  nextTurn: NextTurn,
): Promise<BatchPlan> {
  const plan: (readonly Taking[])[] = [];
  for (const request of requests) {
    plan.push(takingsOf(decide(shelf, book, request).promised));
    if (plan.length % REQUESTS_A_TURN === 0) await nextTurn();
  }
  return plan;
}

function takingsOf(promised: readonly Promised[]): readonly Taking[] {
  const takings = new Map<string, Taking>();
  for (const { lineId, position, quantity: units } of promised) {
    const { itemId, locationId } = position;
    const name = `${lineId}\n${itemId}\n${locationId}`;
    const before = takings.get(name)?.units ?? 0;
    takings.set(name, { lineId, itemId, locationId, units: before + units });
  }
  return [...takings.values()];
}

/** The plan that the values of a model stand for. */
export function planOf(
  { meanings }: BatchModel,
  requests: readonly AdmissionRequest[],
  values: ReadonlyMap<string, number>,
): BatchPlan {
  const plan: Taking[][] = requests.map(() => []);
  for (const [name, { request, line: at, part, location }] of meanings) {
    const line = requests[request]?.lines[at];
    const wanted = line?.components[part];
    const steps = values.get(name) ?? 0;
    if (line === undefined || wanted === undefined || steps === 0) continue;
    const units = steps * line.orderedUnit * wanted.quantity;
    plan[request]?.push({ lineId: line.lineId, itemId: wanted.itemId, locationId: location, units });
  }
  return plan;
}

/** The values of a model that stand for a plan; undefined where the plan is none of the model's. */
export function valuesOf(
  { model, meanings }: BatchModel,
  requests: readonly AdmissionRequest[],
  plan: BatchPlan,
): ReadonlyMap<string, number> | undefined {
  const values = new Map<string, number>();
  const set = (name: string, value: number) => {
    if (model.variables.has(name)) values.set(name, value);
  };
  for (const [name, { request: index, line: at, part, location, place }] of meanings) {
    const line = requests[index]?.lines[at];
    const wanted = line?.components[part];
    if (line === undefined || wanted === undefined) return undefined;
    const units = (plan[index] ?? [])
      .filter(
        (each) =>
          each.lineId === line.lineId && each.itemId === wanted.itemId && each.locationId === location,
      )
      .reduce((sum, each) => sum + each.units, 0);
    const steps = units / (line.orderedUnit * wanted.quantity);
    set(name, steps);
    if (steps === 0) continue;
    set(`u${index}_${place}`, 1);
    set(`v${index}_${at}_${place}`, 1);
  }
  for (const [index, request] of requests.entries()) {
    for (const [at, line] of request.lines.entries())
      set(`k${index}_${at}`, unitsOf(line, plan[index] ?? []) / line.orderedUnit);
    set(`y${index}`, (plan[index] ?? []).length > 0 ? 1 : 0);
  }
  const isKept = model.rows.every(({ terms, is, rhs }) => {
    const sum = sumOfTerms(terms, values);
    return is === "=" ? sum === rhs : sum <= rhs;
  });
  return isKept ? values : undefined;
}

/** A request that asks for exactly what a plan takes, from there, and for nothing else. */
export function pinned(request: AdmissionRequest, takings: readonly Taking[]): AdmissionRequest {
  const { channelId, orderId } = request;
  const lines = takings.map(({ lineId, itemId, locationId, units }): AdmissionLine => {
    const line = request.lines.find((each) => each.lineId === lineId);
    const part = line?.components.find((each) => each.itemId === itemId);
    const step = quantity((line?.orderedUnit ?? 1) * (part?.quantity ?? 1));
    return {
      ...{ lineId, itemId, quantity: quantity(units), locationId, lot: line?.lot },
      ...{ orderedUnit: step, components: [{ itemId, quantity: 1 }] },
    };
  });
  const policy = "all-or-nothing";
  return { channelId, policy, lines, refused: [], ...(orderId === undefined ? {} : { orderId }) };
}

/** Whether all of a plan can be had together, by the rules that hold. */
export async function isPossible(
  shelf: Shelf,
  book: RuleBook,
  { requests, plan }: { readonly requests: readonly AdmissionRequest[]; readonly plan: BatchPlan },
  nextTurn: NextTurn,
): Promise<boolean> {
  for (const [index, request] of requests.entries()) {
    const takings = plan[index] ?? [];
    if (takings.length > 0 && decide(shelf, book, pinned(request, takings)).promised.length === 0)
      return false;
    if (index % REQUESTS_A_TURN === 0) await nextTurn();
  }
  return true;
}

/** What a plan comes to. Criteria that depend on what all requests leave are not counted. */
export function sumOfPlan(
  requests: readonly AdmissionRequest[],
  rankings: readonly Weighing[],
  plan: BatchPlan,
): BatchSum {
  let [units, wholeRequests, parcels] = [0, 0, 0];
  let worth: Values = (rankings[0]?.criteria ?? []).map(() => 0);
  for (const [index, takings] of plan.entries()) {
    const [request, ranking] = [requests[index], rankings[index]];
    if (request === undefined || ranking === undefined) continue;
    const given = request.lines.map((line) => unitsOf(line, takings));
    units += given.reduce((sum, each) => sum + each, 0);
    if (request.lines.every((line, at) => given[at] === line.quantity)) wholeRequests += 1;
    parcels += new Set(takings.map(({ locationId }) => locationId)).size;
    const taken = takings.map(({ itemId: item, locationId: location, units: many }) => ({
      item,
      location,
      units: many,
    }));
    worth = sumOf(
      worth,
      worthOf({ ...ranking, leave: { units: 0, at: -1 } }, taken, () => 0),
    );
  }
  return { units, wholeRequests, parcels, worth };
}

/** Units of a line that takings come to: of a kit as many as all its parts make. */
function unitsOf(line: AdmissionLine, takings: readonly Taking[]): number {
  const kits = line.components.map(({ itemId, quantity: perUnit }) => {
    const own = takings.filter((each) => each.lineId === line.lineId && each.itemId === itemId);
    return Math.floor(own.reduce((sum, each) => sum + each.units, 0) / perUnit);
  });
  return Math.min(...kits);
}

/** Whether one plan is to be preferred: it promises more, or as much and is worth more by the rule. */
export const isBetterSum = (one: BatchSum, other: BatchSum): boolean =>
  one.units > other.units || (one.units === other.units && isBetter(one.worth, other.worth));
