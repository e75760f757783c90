import type { Availability, ChannelId } from "@crossdock/canonical";
import type { FiguresAt } from "./figure.ts";
import type { View, Views } from "./memory/service.ts";
import { channelIn, figuresIn } from "./memory/view.ts";

/** How a question is to be answered. */
export type Asking = {
  /** From what is committed when it is asked, by whichever process; absent: of at most a tenth of a second before. */
  readonly fresh?: boolean | undefined;
};

/** Questions what a channel may sell of items, all of the moment that the answer names. Undefined: there is no such channel. */
export type Reads = {
  figures(channelId: ChannelId, itemIds: readonly string[], asking?: Asking): Promise<FiguresAt | undefined>;
  /** The same where nobody has to wait for it; `must-wait` otherwise. */
  recallFigures(channelId: ChannelId, itemIds: readonly string[]): FiguresAt | undefined | "must-wait";
  /** The same, each with its moment. */
  availability(
    channelId: ChannelId,
    itemIds: readonly string[],
    asking?: Asking,
  ): Promise<readonly Availability[] | undefined>;
};

/** Makes the door of questions what may be promised: from memory where that is as good as rows. */
export function createReads(views: Views): Reads {
  const figures: Reads["figures"] = async (channelId, itemIds, asking) =>
    figuresAt(await views.view(itemIds, asking), channelId);
  return {
    figures,
    recallFigures(channelId, itemIds) {
      const view = views.recall(itemIds);
      return view === undefined ? "must-wait" : figuresAt(view, channelId);
    },
    async availability(channelId, itemIds, asking) {
      const found = await figures(channelId, itemIds, asking);
      return found?.figures.map((figure) => ({ ...figure, asOf: found.asOf }));
    },
  };
}

function figuresAt(view: View, channelId: ChannelId): FiguresAt | undefined {
  const channel = channelIn(view, channelId);
  return channel && { asOf: view.asOfText, figures: figuresIn(view, channel) };
}
