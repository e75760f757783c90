import type { AdmissionLine } from "../admission-request.ts";
import { toldOf } from "../channel.ts";
import type { Happening } from "./happening.ts";
import type { Sandbox } from "./sandbox.ts";

type Told = Extract<Happening, { readonly kind: "told" }>;

/** What an account shows of an item. */
type Shown = {
  readonly channelId: string;
  readonly line: AdmissionLine;
  units: number;
  /** Up to when it was held against what could be promised. */
  seenAt: number;
};

/** What channel accounts show, and by how much that is more than could be promised to them. */
export type Shelves = {
  /** An account is told the figure of now, at the moment at which it was told one then. */
  told(told: Told): void;
  /** What is there of an item is about to change: until now it was what it is. */
  changing(itemId: string, at: number): void;
  /** The most that an account of a channel shows of an item. */
  shownOn(channelId: string, itemId: string): number;
  close(at: number): void;
};

/** Opens what accounts show. `over` is told the unit-seconds by which they show too much. */
export function openShelves(
  sandbox: () => Pick<Sandbox, "book" | "possible">,
  over: (channelId: string, unitSeconds: number) => void,
): Shelves {
  const byAccount = new Map<string, Shown>();
  const byPart = new Map<string, Set<Shown>>();
  const byOffer = new Map<string, Set<Shown>>();

  function look(shown: Shown, at: number): void {
    if (at <= shown.seenAt) return;
    const since = shown.seenAt;
    shown.seenAt = at;
    if (shown.units === 0) return;
    const possible = sandbox().possible(shown.channelId, shown.line, since);
    const beyond = shown.units - possible;
    if (beyond > 0) over(shown.channelId, (beyond * (at - since)) / 1_000);
  }

  function shownBy({ accountId, channelId, line, at }: Told): Shown {
    const name = `${accountId} ${line.itemId}`;
    const known = byAccount.get(name);
    if (known !== undefined) return known;
    const shown = { channelId, line, units: 0, seenAt: at };
    byAccount.set(name, shown);
    for (const part of line.components) addTo(byPart, part.itemId, shown);
    addTo(byOffer, `${channelId} ${line.itemId}`, shown);
    return shown;
  }

  return {
    told(told) {
      const shown = shownBy(told);
      look(shown, told.at);
      const channel = sandbox().book().channels.get(told.channelId);
      const possible = sandbox().possible(told.channelId, told.line, told.at);
      shown.units = channel === undefined ? 0 : toldOf(channel, possible);
    },
    changing(itemId, at) {
      for (const shown of byPart.get(itemId) ?? []) look(shown, at);
    },
    shownOn(channelId, itemId) {
      let most = 0;
      for (const { units } of byOffer.get(`${channelId} ${itemId}`) ?? []) most = Math.max(most, units);
      return most;
    },
    close(at) {
      for (const shown of byAccount.values()) look(shown, at);
    },
  };
}

function addTo(index: Map<string, Set<Shown>>, name: string, shown: Shown): void {
  const known = index.get(name);
  if (known === undefined) index.set(name, new Set([shown]));
  else known.add(shown);
}
