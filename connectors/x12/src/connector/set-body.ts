import type { OutgoingSegment } from "../write.ts";
import type { LocalTime } from "./local-time.ts";
import type { Wording } from "./wording.ts";

/** What a document becomes between ST and SE, and the group that it travels in. More than one set when it is too long for one. */
export type SetBody = {
  readonly id: string;
  readonly functionalId: string;
  readonly sets: readonly (readonly OutgoingSegment[])[];
};

/** What the sets are written with. A refusal goes to `wording`, and then what was written does not matter. */
export type SetContext = {
  readonly wording: Wording;
  readonly accountId: string;
  readonly controlNumber: number;
  readonly now: LocalTime;
  /** A moment on the partner's clocks; undefined, with a refusal, when it is none. `what` names it in the refusal. */
  localTime(moment: string, what: string): LocalTime | undefined;
};
