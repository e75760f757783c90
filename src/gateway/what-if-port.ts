import type { ChannelId } from "@crossdock/canonical";
import type { Caller, Page, PageRequest } from "./asking.ts";
import type { WhatIfDifference, WhatIfRun, WhatIfWhole } from "./what-if-views.ts";

/** What became of the wish to play the past again. */
export type WhatIfStarted =
  | { readonly is: "started"; readonly run: WhatIfRun }
  | { readonly is: "too-many" }
  | { readonly is: "no-window" | "no-rules"; readonly message: string };

/** The past, played again under other rules. */
export type WhatIfPort = {
  start(asked: {
    readonly from: string;
    readonly to: string | undefined;
    readonly rules: string;
    readonly beside: string | undefined;
    readonly caller: Caller;
  }): Promise<WhatIfStarted>;
  find(runId: string): Promise<WhatIfWhole | undefined>;
  list(page: PageRequest): Promise<Page<WhatIfRun> | "bad-cursor">;
  differences(
    runId: string,
    page: PageRequest & { readonly channelId?: ChannelId | undefined },
  ): Promise<Page<WhatIfDifference> | "bad-cursor">;
  /** False where there is none that has not ended. */
  cancel(runId: string): Promise<boolean>;
};
