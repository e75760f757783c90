import type { Rule } from "@crossdock/canonical";

/** What a rule says before and after a change; undefined where there is none. */
export type ChangedRule = {
  readonly key: string;
  readonly before: Rule | undefined;
  readonly after: Rule | undefined;
};
