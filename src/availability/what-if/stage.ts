import type { RuleBook } from "../rules/book.ts";
import type { Ask, Happening } from "./happening.ts";
import { type AskOutcome, outcomeOf } from "./outcome.ts";
import { openSandbox, type Start } from "./sandbox.ts";
import { openShelves } from "./shown.ts";
import { type ChannelTally, openTally } from "./tally.ts";

/** Which book holds: one throughout, or those that held at the time, one after the other. */
export type Books =
  | { readonly is: "fixed"; readonly book: RuleBook }
  | { readonly is: "as-it-was"; readonly first: RuleBook; readonly version: (version: number) => RuleBook };

/** A window played under one rule set. */
export type Stage = {
  /** Decides a request anew. */
  ask(ask: Ask): AskOutcome;
  play(happening: Exclude<Happening, { readonly kind: "asked" }>): void;
  /** Ends it; gives what came of it, by channel. */
  end(at: number): ReadonlyMap<string, ChannelTally>;
};

/** Opens a stage on what there was at the beginning of a window. */
export function openStage(start: Start, books: Books): Stage {
  const tally = openTally(() => sandbox);
  const shelves = openShelves(() => sandbox, tally.overshown);
  const first = books.is === "fixed" ? books.book : books.first;
  const sandbox = openSandbox(start, first, {
    changing: (itemId, at) => shelves.changing(itemId, at),
    holdEnded: (ended) => tally.held(ended),
  });

  /** Where it was kept by which version something was decided, it is decided by that one: another process may learn of a new one later. */
  function decided(ask: Ask) {
    if (books.is === "fixed" || ask.bookVersion === undefined) return sandbox.ask(ask);
    const now = sandbox.book();
    sandbox.useBook(books.version(ask.bookVersion));
    const decision = sandbox.ask(ask);
    sandbox.useBook(now);
    return decision;
  }

  return {
    ask(ask) {
      const outcome = outcomeOf(ask.request, decided(ask));
      tally.asked(ask, outcome, (itemId) => shelves.shownOn(ask.request.channelId, itemId));
      return outcome;
    },
    play(happening) {
      if (happening.kind === "told") shelves.told(happening);
      else if (happening.kind !== "rules") sandbox.play(happening);
      else if (books.is === "as-it-was") sandbox.useBook(books.version(happening.version));
    },
    end(at) {
      shelves.close(at);
      sandbox.close(at);
      return tally.channels();
    },
  };
}
