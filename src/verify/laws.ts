import type { Law } from "./check.ts";
import { conservationChecks } from "./conservation/checks.ts";
import { exactlyOnceChecks } from "./exactly-once/checks.ts";
import { logChecks } from "./log/checks.ts";
import { noOversellChecks } from "./no-oversell/checks.ts";
import { nothingDisappearsChecks } from "./nothing-disappears/checks.ts";
import { nothingLostChecks } from "./nothing-lost/checks.ts";
import { orderFreeChecks } from "./order-free/checks.ts";

/** Everything that is judged, in the order in which it is reported. The log comes first, because all else is read off it. */
export const laws: readonly Law[] = [
  { number: undefined, title: "The log is in order", checks: logChecks },
  { number: 1, title: "No oversell", checks: noOversellChecks },
  { number: 2, title: "Conservation", checks: conservationChecks },
  { number: 3, title: "Exactly-once effect", checks: exactlyOnceChecks },
  { number: 4, title: "Order does not matter where it cannot be known", checks: orderFreeChecks },
  {
    number: 5,
    title: "Nothing acknowledged is lost, nothing unacknowledged is half done",
    checks: nothingLostChecks,
  },
  { number: 6, title: "Nothing disappears", checks: nothingDisappearsChecks },
];
