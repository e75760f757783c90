/** Sets drawn at random from our own definitions: whatever the definitions allow must be accepted. */
import type { ElementSpec } from "../src/schema/elements.ts";
import { type SegmentSpec, segments } from "../src/schema/segments.ts";
import { type Level, type Node, setDefinition } from "../src/schema/sets.ts";
import type { CompositeSpec, ElementUse, SyntaxRule } from "../src/schema/uses.ts";

export type Random = (bound: number) => number;

/** A small generator with a seed, so that a failing case can be named (mulberry32). */
export function randomFrom(seed: number): Random {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** The segments between ST and SE of a random set. */
export function randomSet(id: string, version: "004010" | "005010", random: Random): string[] {
  const definition = setDefinition(id, version);
  if (definition === undefined) throw new Error(`no definition of ${id}`);
  const specs = segments[definition.dictionary];
  return randomLevel(definition.root, { specs, random, depth: 0 });
}

type Context = {
  readonly specs: ReadonlyMap<string, SegmentSpec>;
  readonly random: Random;
  readonly depth: number;
};

function randomLevel(level: Level, context: Context): string[] {
  return level.nodes.flatMap((node) =>
    Array.from({ length: occurrences(node, context) }, () => randomNode(node, context)).flat(),
  );
}

/** Mostly none, often one, sometimes as many as are allowed. */
function occurrences(node: Node, { random, depth }: Context): number {
  const least = node.mandatory ? 1 : 0;
  const drawn = random(8);
  if (drawn < 5) return least;
  if (drawn < 7) return 1;
  return Math.max(least, Math.min(node.max, depth === 0 ? 3 : 2));
}

function randomNode(node: Node, context: Context): string[] {
  const spec = context.specs.get(node.id);
  const segment = spec === undefined ? `${node.id}*A` : randomSegment(spec, context.random);
  if (node.body === undefined) return [segment];
  return [segment, ...randomLevel(node.body, { ...context, depth: context.depth + 1 })];
}

/** Draws which elements are sent until the rules between them hold. */
export function randomSegment(spec: SegmentSpec, random: Random): string {
  return [spec.id, ...randomValues(spec, random)].join("*");
}

function randomValues(spec: CompositeSpec, random: Random): string[] {
  while (true) {
    const sent = new Set(
      spec.uses.flatMap((use, index) => (use.mandatory || random(3) === 0 ? [index + 1] : [])),
    );
    for (const rule of spec.rules) mend(rule, sent);
    if (!spec.rules.every((rule) => ruleHolds(rule, sent))) continue;
    const last = Math.max(0, ...sent);
    return spec.uses.slice(0, last).map((use, index) => (sent.has(index + 1) ? randomUse(use, random) : ""));
  }
}

function randomUse({ spec, composite }: ElementUse, random: Random): string {
  return composite === undefined ? randomValue(spec, random) : randomValues(composite, random).join(">");
}

function mend(rule: SyntaxRule, sent: Set<number>): void {
  const [first = 1, ...others] = rule.positions;
  if (rule.kind === "P" && rule.positions.some((position) => sent.has(position)))
    for (const position of rule.positions) sent.add(position);
  if (rule.kind === "C" && sent.has(first)) for (const position of others) sent.add(position);
  if (ruleHolds(rule, sent) || rule.kind === "E") return;
  sent.add(rule.kind === "R" ? first : (others[0] ?? first));
}

function ruleHolds(rule: SyntaxRule, sent: ReadonlySet<number>): boolean {
  const [first = 1, ...others] = rule.positions;
  const count = rule.positions.filter((position) => sent.has(position)).length;
  switch (rule.kind) {
    case "P":
      return count === 0 || count === rule.positions.length;
    case "R":
      return count > 0;
    case "E":
      return count <= 1;
    case "C":
      return !sent.has(first) || others.every((position) => sent.has(position));
    case "L":
      return !sent.has(first) || others.some((position) => sent.has(position));
    default:
      return rule.kind satisfies never;
  }
}

function randomValue(spec: ElementSpec, random: Random): string {
  const length = spec.lengthMin + random(Math.min(spec.lengthMax, spec.lengthMin + 12) - spec.lengthMin + 1);
  const digits = (count: number) => Array.from({ length: count }, () => random(10)).join("");
  switch (spec.type) {
    case "AN":
    case "ID": {
      if (spec.codes !== undefined) return [...spec.codes][random(spec.codes.size)] ?? "";
      const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcxyz.,-/#&()\xe9";
      const inner = Array.from({ length }, () => letters[random(letters.length)]).join("");
      return spec.type === "ID" ? inner.toUpperCase().replaceAll(/[^A-Z0-9]/g, "X") : inner;
    }
    case "N0":
    case "N2":
      return (random(5) === 0 ? "-" : "") + digits(length);
    case "R":
      return `${random(5) === 0 ? "-" : ""}${digits(length - 1)}${random(2) === 0 ? "." : ""}${digits(1)}`;
    case "DT": {
      const day = `${19 + random(2)}${digits(2)}${String(1 + random(12)).padStart(2, "0")}${String(1 + random(28)).padStart(2, "0")}`;
      return spec.lengthMax === 6 ? day.slice(2) : day;
    }
    case "TM":
      return `${String(random(24)).padStart(2, "0")}${String(random(60)).padStart(2, "0")}${["", "59", "599", "0099"][random(4)]}`;
    case "C":
      throw new Error(`element ${spec.number} is a composite`);
    default:
      return spec.type satisfies never;
  }
}
