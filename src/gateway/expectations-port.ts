import type { LocationId } from "@crossdock/canonical";
import type { Page, PageRequest } from "./asking.ts";
import type { OpenTransfer, ReceiptDifference } from "./expectation-views.ts";

type ExpectationPageAsked = PageRequest & { readonly locationId?: LocationId | undefined };

/** What was expected and has not come, or has come beyond it. */
export type ExpectationsPort = {
  /** Receipt lines; those last told of come last. */
  receiptDifferences(asked: ExpectationPageAsked): Promise<Page<ReceiptDifference> | "bad-cursor">;
  /** Transfers between locations; `locationId` is where they go. */
  openTransfers(asked: ExpectationPageAsked): Promise<Page<OpenTransfer> | "bad-cursor">;
};
