/** The table of the house's rules, in the order in which they are reported. */
import { arrowRules } from "./arrows.ts";
import { circleRules } from "./circles.ts";
import { doorRules } from "./doors.ts";
import { purityRules } from "./purity.ts";
import type { Rule } from "./rule.ts";
import { sizeRules } from "./size.ts";
import { sqlRules } from "./sql.ts";
import { textRules } from "./texts.ts";
import { wordRules } from "./words.ts";

/** Every rule. A rule without a planted breach in `planted.ts` fails the test of the test. */
export const rules: readonly Rule[] = [
  ...arrowRules,
  ...circleRules,
  ...purityRules,
  ...sqlRules,
  ...sizeRules,
  ...doorRules,
  ...wordRules,
  ...textRules,
];
