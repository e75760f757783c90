import type { AdmissionLine, AdmissionRequest } from "../admission-request.ts";

/** A line of a request that was decided in the window: what is done later to its promises is done to this. */
export type LineOfAsk = { readonly ask: number; readonly lineId: string; readonly itemId: string };

/** A promise as it was made at the time. */
export type LivePromise = {
  readonly reservationId: string;
  readonly lineId: string;
  readonly itemId: string;
  readonly positionId: number;
  readonly units: number;
};

/** Units of a line that had left before the line was asked for, and are on the shelf while it is decided. */
export type EarlyLeft = { readonly lineId: string; readonly positionId: number; readonly units: number };

/** A request as it was asked, with what became of it then. */
export type Ask = {
  /** Its place among those of the window. */
  readonly ask: number;
  readonly at: number;
  readonly request: AdmissionRequest;
  readonly correlationId: string;
  /** How long its hold was to last; undefined: it was firm. */
  readonly holdMs: number | undefined;
  /** A limit of holds applied, which is no rule of the book: it is left out. */
  readonly isLimited: boolean;
  /** The version of the book by which it was decided, where that was kept. */
  readonly bookVersion: number | undefined;
  readonly early: readonly EarlyLeft[];
  readonly live: readonly LivePromise[];
};

/** Units that come to what is available at a position, or with a minus leave it. */
export type Change = { readonly positionId: number; readonly units: number };

/**
 * One thing that happened, as it is played again. What the world did (a receipt, a count, a pick, a person who sets stock aside) is played as it
 * was; what was asked is decided anew; what was done to promises is done to what the same line is promised now.
 */
export type Happening =
  /** Stock moved; `of`: for a line that was asked for in the window, and only if it is promised here as well. */
  | {
      readonly kind: "moved";
      readonly at: number;
      readonly changes: readonly Change[];
      readonly of: LineOfAsk | undefined;
    }
  | { readonly kind: "asked"; readonly at: number; readonly ask: Ask }
  /** Units of a promise are not kept any more, and go back on the shelf. */
  | {
      readonly kind: "given-back";
      readonly at: number;
      readonly of: LineOfAsk | undefined;
      readonly reservationId: string;
      readonly positionId: number;
      readonly units: number;
      /** Whose ring-fence they go back into; undefined: they are there for all. */
      readonly fence: string | undefined;
    }
  /** Units are kept for a promise again. */
  | {
      readonly kind: "kept-again";
      readonly at: number;
      readonly of: LineOfAsk | undefined;
      readonly positionId: number;
      readonly units: number;
    }
  /** A hold became firm, or lasts longer. */
  | {
      readonly kind: "kept-on";
      readonly at: number;
      readonly of: LineOfAsk;
      readonly until: number | undefined;
    }
  /** Units that were promised have left, or were not found where they should be. */
  | {
      readonly kind: "used";
      readonly at: number;
      readonly of: LineOfAsk;
      readonly positionId: number;
      readonly units: number;
    }
  /** What was given back just before is promised from another position. */
  | {
      readonly kind: "promised-elsewhere";
      readonly at: number;
      readonly of: LineOfAsk | undefined;
      readonly from: string;
      readonly positionId: number;
      readonly units: number;
    }
  /** A person set units aside for a channel, or with a minus gave them back. */
  | {
      readonly kind: "set-aside";
      readonly at: number;
      readonly channelId: string;
      readonly positionId: number;
      readonly units: number;
    }
  /** Another version of the book came into force. */
  | { readonly kind: "rules"; readonly at: number; readonly version: number }
  /** A channel account was told what it may sell of an item. */
  | {
      readonly kind: "told";
      readonly at: number;
      readonly accountId: string;
      readonly channelId: string;
      readonly line: AdmissionLine;
    };
