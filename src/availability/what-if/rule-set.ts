/** Which rules a window is played under: those that held at the time, a version of the book, or the book of now as a draft would make it. */
export type RuleSet =
  | { readonly is: "as-it-was" }
  | { readonly is: "version"; readonly version: number }
  | { readonly is: "draft"; readonly draftId: string };

const VERSION = /^\d{1,15}$/;
const AS_IT_WAS = "as-it-was";

/** Reads which rules are meant: `as-it-was`, the number of a version, or the id of a draft. */
export function parseRuleSet(text: string): RuleSet {
  if (text === AS_IT_WAS) return { is: "as-it-was" };
  return VERSION.test(text) ? { is: "version", version: Number(text) } : { is: "draft", draftId: text };
}

/** The same as text. */
export function ruleSetText(set: RuleSet): string {
  switch (set.is) {
    case "as-it-was":
      return AS_IT_WAS;
    case "version":
      return String(set.version);
    case "draft":
      return set.draftId;
    default:
      return set satisfies never;
  }
}
