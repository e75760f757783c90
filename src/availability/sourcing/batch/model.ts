import type { LocationId } from "@crossdock/canonical";
import { type AdmissionRequest, takesParts } from "../../admission-request.ts";
import type { Lying } from "../../assignment.ts";
import { UNKNOWN, type Weighing } from "../ranking.ts";

/** A sum of variables, each with what it is taken times. */
export type Terms = readonly (readonly [variable: string, times: number])[];

/** What a solver is asked: the best by the first objective, and of those the best by the next. */
export type Model = {
  /** Each is at most, or exactly, so much. */
  readonly rows: readonly { readonly terms: Terms; readonly is: "<=" | "="; readonly rhs: number }[];
  /** Whole numbers from none to so many. */
  readonly variables: ReadonlyMap<string, number>;
  /** Each is to be as small as can be, in their order. */
  readonly objectives: readonly Terms[];
};

/** What a variable of the model stands for: steps of a part of a line of a request that come from a location. */
export type Meaning = {
  readonly request: number;
  readonly line: number;
  readonly part: number;
  readonly location: LocationId;
  /** Its place among the locations of the stock. */
  readonly place: number;
};

export type BatchModel = { readonly model: Model; readonly meanings: ReadonlyMap<string, Meaning> };

/** What there is for the requests of a batch, all of one channel. */
export type BatchStock = {
  readonly locations: readonly LocationId[];
  readonly lying: readonly Lying[];
  /** Units of an item that the channel may be promised, wherever they lie. */
  readonly promisable: (item: string) => number;
};

type Builder = {
  readonly rows: Model["rows"][number][];
  readonly variables: Map<string, number>;
  readonly meanings: Map<string, Meaning>;
  readonly objectives: [string, number][][];
  /** What takes of an item at a location, and of an item at all. */
  readonly takes: Map<string, [string, number][]>;
  readonly left: ReadonlyMap<string, number>;
};

const key = (...names: readonly string[]): string => names.join("\n");

/** Criteria that are no sum of what each request does: what stays at a location depends on all of them. */
const isSum = (criterion: string): boolean => criterion !== "protection";

/**
 * Which steps of which lines come from where, for all requests at once: as many units as can be promised, and of those plans the one that is
 * worth the most by the criteria of the rule, in their order. A request that is not to be promised in part is promised whole or not at all.
 */
export function batchModel(
  stock: BatchStock,
  requests: readonly AdmissionRequest[],
  rankings: readonly Weighing[],
): BatchModel {
  const left = new Map<string, number>();
  for (const { item, location, units } of stock.lying)
    left.set(key(item, location), (left.get(key(item, location)) ?? 0) + units);
  const criteria = rankings[0]?.criteria ?? [];
  const builder: Builder = {
    ...{ rows: [], variables: new Map(), meanings: new Map(), takes: new Map(), left },
    objectives: [[], ...criteria.filter(isSum).map(() => [])],
  };
  for (const [index, request] of requests.entries()) {
    const ranking = rankings[index];
    if (ranking !== undefined) addRequest(builder, stock, { request, index, ranking });
  }
  for (const [name, terms] of builder.takes) {
    const [item = "", location] = name.split("\n");
    const rhs = location === undefined ? stock.promisable(item) : (left.get(name) ?? 0);
    builder.rows.push({ terms, is: "<=", rhs });
  }
  const { rows, variables, meanings, objectives } = builder;
  return { model: { rows, variables, objectives }, meanings };
}

type Adding = { readonly request: AdmissionRequest; readonly index: number; readonly ranking: Weighing };

function addRequest(builder: Builder, stock: BatchStock, adding: Adding): void {
  const { request, index } = adding;
  const isWhole = !takesParts(request);
  const whole = `y${index}`;
  if (isWhole) builder.variables.set(whole, 1);
  for (const [at, line] of request.lines.entries()) {
    const steps = line.quantity / line.orderedUnit;
    const [units] = builder.objectives;
    const promised = isWhole ? whole : `k${index}_${at}`;
    const times = isWhole ? steps : 1;
    if (!isWhole) builder.variables.set(promised, steps);
    units?.push([promised, -times * line.orderedUnit]);
    addLine(builder, stock, { ...adding, at, promised: [promised, times] });
  }
  const used = stock.locations
    .map((_, place) => `u${index}_${place}`)
    .filter((name) => builder.variables.has(name));
  const { locationsMax } = request;
  if (locationsMax !== undefined && used.length > locationsMax)
    builder.rows.push({ terms: used.map((name) => [name, 1]), is: "<=", rhs: locationsMax });
}

type LineAdding = Adding & { readonly at: number; readonly promised: readonly [string, number] };

/** Every part of a line is promised as often as the line is. */
function addLine(builder: Builder, stock: BatchStock, adding: LineAdding): void {
  const { request, index, at, promised } = adding;
  const line = request.lines[at];
  const places = new Set<string>();
  for (const part of line?.components.keys() ?? []) {
    const given = addPart(builder, stock, { ...adding, part });
    for (const { place } of given) places.add(place);
    const terms: Terms = [...given.map(({ name }) => [name, 1] as const), [promised[0], -promised[1]]];
    builder.rows.push({ terms, is: "=", rhs: 0 });
  }
  const most = line?.locationsMax;
  if (most === undefined || places.size <= most) return;
  // A line that has a limit of its own says by itself which locations it uses.
  const used = [...places].map((place): [string, number] => [`v${index}_${at}_${place}`, 1]);
  for (const [name] of used) builder.variables.set(name, 1);
  builder.rows.push({ terms: used, is: "<=", rhs: most });
  for (const [name, { request: of, line: own, place }] of builder.meanings) {
    if (of !== index || own !== at) continue;
    const upTo = builder.variables.get(name) ?? 0;
    builder.rows.push({
      terms: [
        [name, 1],
        [`v${index}_${at}_${place}`, -upTo],
      ],
      is: "<=",
      rhs: 0,
    });
  }
}

type PartAdding = LineAdding & { readonly part: number };

function addPart(builder: Builder, stock: BatchStock, adding: PartAdding) {
  const { request, index, at, part } = adding;
  const line = request.lines[at];
  const wanted = line?.components[part];
  if (line === undefined || wanted === undefined) return [];
  const step = line.orderedUnit * wanted.quantity;
  return stock.locations.flatMap((location, place) => {
    if (line.locationId !== undefined && line.locationId !== location) return [];
    const there = builder.left.get(key(wanted.itemId, location)) ?? 0;
    const upTo = Math.min(line.quantity / line.orderedUnit, Math.floor(Math.max(0, there) / step));
    if (upTo === 0) return [];
    const name = `x${index}_${at}_${part}_${place}`;
    builder.variables.set(name, upTo);
    builder.meanings.set(name, { request: index, line: at, part, location, place });
    for (const whole of [key(wanted.itemId, location), wanted.itemId]) {
      const takes = builder.takes.get(whole) ?? [];
      takes.push([name, step]);
      builder.takes.set(whole, takes);
    }
    addWorth(builder, adding, { name, place, location, item: wanted.itemId, step, upTo });
    return [{ name, place: String(place) }];
  });
}

type Choice = {
  readonly name: string;
  readonly place: number;
  readonly location: string;
  readonly item: string;
  readonly step: number;
  readonly upTo: number;
};

/** What is not known is worth less than all that is, and no more than that: large numbers would cost the solver its exactness. */
const plain = (value: number): number => Math.min(value, UNKNOWN / 10);

function addWorth(builder: Builder, { index, ranking }: PartAdding, choice: Choice): void {
  const { name, place, location, item, step, upTo } = choice;
  const used = `u${index}_${place}`;
  const isNew = !builder.variables.has(used);
  builder.variables.set(used, 1);
  builder.rows.push({
    terms: [
      [name, 1],
      [used, -upTo],
    ],
    is: "<=",
    rhs: 0,
  });
  const sums = ranking.criteria
    .map((criterion, at) => ({ criterion, at }))
    .filter(({ criterion }) => isSum(criterion));
  for (const [index, { at }] of sums.entries()) {
    const terms = builder.objectives[index + 1];
    const [ofUnit, ofLocation] = [
      ranking.ofUnit(item, location)[at] ?? 0,
      ranking.ofLocation(location)[at] ?? 0,
    ];
    if (ofUnit !== 0) terms?.push([name, plain(ofUnit) * step]);
    if (isNew && ofLocation !== 0) terms?.push([used, plain(ofLocation)]);
  }
}

/** What a model comes to, criterion by criterion, by values of its variables. */
export const sumOfTerms = (terms: Terms, values: ReadonlyMap<string, number>): number =>
  terms.reduce((sum, [name, times]) => sum + times * (values.get(name) ?? 0), 0);

/** Each variable once: of one that stands twice the format knows the last alone. */
function onceEach(terms: Terms): Terms {
  const sums = new Map<string, number>();
  for (const [name, times] of terms) sums.set(name, (sums.get(name) ?? 0) + times);
  return [...sums];
}

/** A model as text in the LP format, with one objective; a term a line, because lines may not be long. */
export function lpText({ rows, variables }: Pick<Model, "rows" | "variables">, objective: Terms): string {
  const sum = (terms: Terms) =>
    onceEach(terms)
      .map(([name, times]) => `${times < 0 ? "-" : "+"} ${Math.abs(times)} ${name}`)
      .join("\n ");
  const [anything = "x"] = variables.keys();
  const constraints = rows
    .filter(({ terms }) => terms.length > 0)
    .map(({ terms, is, rhs }, index) => ` c${index}: ${sum(terms)} ${is} ${rhs}`);
  const bounds = [...variables].map(([name, most]) => ` 0 <= ${name} <= ${most}`);
  return [
    "Minimize",
    ` obj: ${objective.length === 0 ? `0 ${anything}` : sum(objective)}`,
    ...["Subject To", ...constraints, "Bounds", ...bounds, "General"],
    ...[...variables.keys()].map((name) => ` ${name}`),
    "End",
  ].join("\n");
}
