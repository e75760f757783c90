import { type Availability, type Reference, referenceText } from "@crossdock/canonical";
import type { Availabilities, FiguresAt } from "../availability/index.ts";
import type { AvailabilityAnswered, AvailabilityPort } from "../gateway/index.ts";
import type { Governance, ResolvedItem } from "../governance/index.ts";

/** Availability, as the gateway asks for it: items by any name that we know. */
export function availabilityPort(availability: Availabilities, governance: Governance): AvailabilityPort {
  /** Asks for items by their ids, and gives the figures in the order of asking. */
  async function figuresOf<Figure extends Pick<Availability, "itemId">>(
    items: readonly Reference[],
    ask: (itemIds: readonly string[]) => Promise<readonly Figure[] | undefined>,
  ) {
    const known = await governance.resolveItems(items);
    const idOf = (reference: Reference) => known.get(referenceText(reference))?.itemId;
    const ids = items.flatMap((reference) => idOf(reference) ?? []);
    const figures = await ask(ids);
    if (figures === undefined) return { is: "unknown-channel" } as const;
    const byItem = new Map(figures.map((figure) => [figure.itemId, figure]));
    return {
      is: "answered",
      figures: ids.flatMap((id) => byItem.get(id) ?? []),
      unknown: items.filter((reference) => idOf(reference) === undefined),
    } as const;
  }

  return {
    async ask({ channelId, items, fresh }) {
      const known = await governance.resolveItems(items);
      const ids = idsOf(items, known);
      return answerOf({ items, known, ids }, await availability.figures(channelId, ids, { fresh }));
    },
    recall({ channelId, items }) {
      const known = governance.recallItems(items);
      if (known === undefined) return undefined;
      const ids = idsOf(items, known);
      const found = availability.recallFigures(channelId, ids);
      return found === "must-wait" ? undefined : answerOf({ items, known, ids }, found);
    },
    askBy: ({ items, ...question }) =>
      figuresOf(items, (itemIds) => availability.dated.by({ ...question, itemIds })),
    series: ({ items, ...question }) =>
      figuresOf(items, (itemIds) => availability.dated.series({ ...question, itemIds })),
  };
}

type Known = ReadonlyMap<string, ResolvedItem>;

/** The ids of items that are known, in the order of asking. */
function idsOf(items: readonly Reference[], known: Known): readonly string[] {
  const ids: string[] = [];
  for (const reference of items) {
    const item = known.get(referenceText(reference));
    if (item !== undefined) ids.push(item.itemId);
  }
  return ids;
}

type Asked = { readonly items: readonly Reference[]; readonly known: Known; readonly ids: readonly string[] };

/** Figures in the order of asking; one that was asked for by two names stands there twice. */
function answerOf({ items, known, ids }: Asked, found: FiguresAt | undefined): AvailabilityAnswered {
  if (found === undefined) return { is: "unknown-channel" };
  const { asOf, figures } = found;
  const isInOrder = figures.length === items.length && figures.every(({ itemId }, at) => itemId === ids[at]);
  if (isInOrder) return { is: "answered", asOf, figures, unknown: [] };
  const byItem = new Map(figures.map((figure): [string, typeof figure] => [figure.itemId, figure]));
  return {
    ...{ is: "answered", asOf },
    figures: ids.flatMap((id) => byItem.get(id) ?? []),
    unknown: items.filter((reference) => !known.has(referenceText(reference))),
  };
}
