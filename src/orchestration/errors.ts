import type { ErrorEntry } from "../platform/index.ts";

/** Every error that this part throws on purpose. The reference pages are generated from this table. */
export const orchestrationErrors = Object.freeze({
  orderNumberTaken: Object.freeze({
    code: "orchestration.order-number-taken",
    retry: false,
    meaning: "An order came under the number of another order of its account.",
    action:
      "Compare the two; where both are wanted, have the sender send this one under a number and an id of its own.",
  }) satisfies ErrorEntry,
});
