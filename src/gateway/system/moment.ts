import { Instant, isRealMoment } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Fault } from "../problem.ts";
import type { MomentAsked } from "../services.ts";

const instant = (description: string) => ({ ...Instant, description: `${description} ${form}` });
const form = "RFC 3339 date and time with offset, for example 2026-11-23T09:30:00Z; a + is written %2B here.";

/** The parameters of an operation that can be asked about the past. Both may be given, together or alone. */
export const momentParameters = {
  at: Type.Optional(
    instant("As it was at this instant: everything that had taken effect, as far as it is known now."),
  ),
  believedAt: Type.Optional(
    instant("As it was believed at this instant: without what was recorded after it."),
  ),
};

const AXES = ["at", "believedAt"] as const;

/** The moment that a query asks about, or what is wrong with it: a day that no calendar has passes the pattern. */
export function momentOf(query: {
  readonly at?: string;
  readonly believedAt?: string;
}): MomentAsked | { readonly faults: readonly Fault[] } {
  const faults = instantFaults(query, AXES);
  if (faults.length > 0) return { faults };
  return {
    ...(query.at === undefined ? {} : { at: new Date(query.at) }),
    ...(query.believedAt === undefined ? {} : { believedAt: new Date(query.believedAt) }),
  };
}

/** Which instants of a request no calendar has, though they have the form of one: 31 February, an offset of a day. */
export function instantFaults<Name extends string>(
  given: { readonly [name in Name]?: string | undefined },
  names: readonly Name[],
): readonly Fault[] {
  return names
    .map((name) => ({ name, text: given[name] }))
    .filter(({ text }) => text !== undefined && !isRealMoment(text))
    .map(({ name, text }) => ({ pointer: `/${name}`, message: `is a moment that no calendar has: ${text}` }));
}
