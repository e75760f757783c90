/**
 * The connector half of X12: a trading partner as the product sees it.
 *
 * Terms: a *profile* is what an account says of its partner: addresses, delimiters, units, what its item qualifiers mean; a
 * *part* is one interchange of a delivery; a *reply* is the 997 or TA1 that it is owed; a *refusal* is a document that cannot
 * be put into the partner's words, with what to mend.
 *
 * Invariants: an interchange is taken by its sets, and an order whole or not at all. What identifies something is never
 * mended, neither on the way in nor on the way out. Every group is answered once, and acknowledgements never are. The same
 * bytes always give the same records, and the same document under the same control number the same bytes.
 *
 * What this part deliberately does not do: it looks nothing up, numbers nothing, keeps nothing, takes over no changes of
 * orders (860), and knows no transport but HTTP and waiting to be fetched.
 */
import type { Connector, Outlet } from "@crossdock/connector-kit";
import { intake } from "./intake.ts";
import { deliver } from "./io.ts";
import { manifest } from "./manifest.ts";
import { renderDocument } from "./outlet.ts";
import { profileOf } from "./settings.ts";

const outlet: Outlet = {
  documents: ["order-acknowledgement", "ship-notice", "inventory-advice", "reply"],
  adviceIntervalMs: (account) => profileOf(account).adviceIntervalMinutes * 60_000,
  render: renderDocument,
  deliver: (rendered, _document, io, account) => deliver(rendered, io, account),
};

/** The connector as the product loads it. It publishes nothing: an 846 is a document. */
export const x12: Connector = { manifest, intake, outlet };

export { ITEM_NAMES_DEFAULT } from "./item-names.ts";
export { CONTENT_TYPE } from "./outlet.ts";
export { ReplyContent } from "./reply.ts";
export { X12Settings } from "./settings.ts";
export { UNITS_DEFAULT } from "./units.ts";
