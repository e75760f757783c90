import { Instant, LocationId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { FreshnessPort } from "./freshness-port.ts";
import { STALENESS_SECONDS_MAX } from "./limits.ts";
import type { Occurrence } from "./problem.ts";

const closed = { additionalProperties: false } as const;

/** A source that stock of an answer is owned by, and how far behind what we know of it is. */
export const SourceLag = Type.Object(
  {
    source: Type.Optional(
      Type.String({
        description: "Absent: nobody is named as the owner there, and whoever speaks is believed.",
      }),
    ),
    locationIds: Type.Array(LocationId, { description: "The locations whose stock it owns." }),
    heardAt: Type.Optional(
      Type.Unsafe<Instant>({ ...Instant, description: "When it was last heard of. Absent: it never was." }),
    ),
    lagSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          "How old what is known of it may be: since it was last heard of, or since the first of its messages came that has yet to be taken in.",
      }),
    ),
  },
  { title: "SourceLag", ...closed },
);

/** What every answer of availability says of how fresh it is, and of when something ships next. */
export const freshnessFields = {
  sources: Type.Array(SourceLag, {
    description:
      "The sources that own stock at the channel's locations, as of a second ago at most, or of the last reading within five.",
  }),
  shipping: Type.Array(Type.Object({ locationId: LocationId, next: Instant }, closed), {
    description:
      "Until when something has to be ordered to ship next, at the locations whose calendars say when lorries leave.",
  }),
};

/** The parameter by which a caller says how old what it is told may be. */
export const maxStalenessParameter = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: STALENESS_SECONDS_MAX,
    description:
      "Seconds. Where a source of the answer was not heard of within them, or never, the call is refused, and nothing is done.",
  }),
);

/** What is known of a channel's sources, or the refusal where that is older than a caller takes. */
export async function freshEnough(
  freshness: FreshnessPort,
  channelId: string,
  maxStaleness: number | undefined,
): Promise<{ readonly known: Freshness } | { readonly refusal: Occurrence }> {
  const known = await freshness.of(channelId, maxStaleness !== undefined);
  if (maxStaleness === undefined) return { known };
  const late = known.sources.find(({ lagSeconds }) => lagSeconds === undefined || lagSeconds > maxStaleness);
  return late === undefined ? { known } : { refusal: tooOld(late, maxStaleness) };
}

type Freshness = Awaited<ReturnType<FreshnessPort["of"]>>;

function tooOld(late: Freshness["sources"][number], maxStaleness: number): Occurrence {
  const { source, locationIds, heardAt, lagSeconds } = late;
  const places = locationIds.join(", ");
  const detail =
    source === undefined
      ? `Nobody is named as the owner of stock at ${places}, so nobody knows how old what we know of it is. Name one, or ask without maxStaleness.`
      : `What ${source} says of ${places} may be ${lagSeconds === undefined ? "of any age: it was never heard of" : `${lagSeconds} s old`}, and ${maxStaleness} s are allowed. ` +
        "Look whether its messages come in and are taken in, or allow more.";
  const more = {
    ...(source === undefined ? {} : { source }),
    locationIds: [...locationIds],
    ...(heardAt === undefined ? {} : { heardAt }),
    ...(lagSeconds === undefined ? {} : { lagSeconds }),
    maxStaleness,
  };
  return { code: "source-too-old", detail, more };
}
