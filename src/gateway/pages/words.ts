/** How the pages say what programs say in codes. */
import type { DriftCause } from "../drift-cause-views.ts";
import { type Html, html } from "../html.ts";

/** What a transfer's reason means to a person. A reason that is not here says itself. */
const REASONS: Readonly<Record<string, string>> = {
  receipt: "Received",
  pick: "Picked",
  shipment: "Shipped",
  count: "Counted: the difference",
  "count-correction": "Correction: the count had seen this already",
  adjustment: "Adjusted upwards",
  scrap: "Adjusted downwards",
  "transfer-out": "Sent to another location",
  "transfer-in": "Came from another location",
  return: "Returned by a customer",
  "status-change": "Condition changed",
  reserve: "Held, or promised to an order",
  allocate: "Promise confirmed",
  settle: "Promise settled: the units had left before it was made",
  replace: "Promise given back: the units left from elsewhere",
  release: "Promise released",
  reduce: "Promise made smaller",
  expire: "Hold expired",
  restore: "Promise restored: units were put back",
  "short-pick": "Not found by the picker: set aside until somebody has looked",
  "put-back": "Put back after a pick",
  conversion: "Became another item, or came of one",
  "lot-change": "Given another lot number",
  "transfer-loss": "Lost on the way",
  "ring-fence": "Set aside for one channel",
  "give-back": "Given back by a channel",
};

/** A transfer's reason in words. */
export function reasonText(reason: string): string {
  return REASONS[reason] ?? `${reason.charAt(0).toUpperCase()}${reason.slice(1).replaceAll("-", " ")}`;
}

/** A moment for people: to the second, in UTC and marked so, with the exact text for programs beside it. */
export function moment(instant: string): Html {
  const text = new Date(instant).toISOString().slice(0, 19).replace("T", " ");
  return html`<time datetime="${instant}">${text} Z</time>`;
}

/** A signed number: what came has a plus, and the minus is one. */
export function signed(units: number): string {
  if (units === 0) return "0";
  return units > 0 ? `+${units}` : `−${-units}`;
}

/** A whole number with its minus. */
export const units = (value: number): string => (value < 0 ? `−${-value}` : String(value));

/** A system as people call it: an account by its name alone. */
export const sourceName = (source: string): string => source.replace(/^\/accounts\//, "");

/** What a person typed as a system, as facts name it. */
export const sourceTyped = (text: string): string => (text.startsWith("/") ? text : `/accounts/${text}`);

const AGES = [
  ["days", 86_400],
  ["h", 3_600],
  ["min", 60],
] as const;

/** An age for people: in the largest unit of which there are two. */
export function ageText(seconds: number): string {
  const unit = AGES.find(([, size]) => seconds >= 2 * size);
  return unit === undefined ? `${seconds} s` : `${Math.floor(seconds / unit[1])} ${unit[0]}`;
}

/** An amount of money with its currency, and the minus that it may have. */
export const amountText = ({
  currency,
  amount,
}: {
  readonly currency: string;
  readonly amount: string;
}): string => `${amount.replace("-", "−")} ${currency}`;

const CAUSES: Readonly<Record<DriftCause["cause"], string>> = {
  "numbers-missing": "messages of its numbering that have not come",
  "rows-unresolved": "rows that name something unknown",
  "records-waiting": "records that wait to be taken",
  "records-parked": "parked records",
  "duplicates-held": "records that look like something said before",
  "facts-dead": "facts that no reader could take",
};

/** What may have made a count and the books differ, in words. */
export function causeText({ cause, count, stream, first, last, since }: DriftCause): Html {
  const which = stream === undefined ? "" : ` (${stream} ${first ?? ""} to ${last ?? ""})`;
  return html`${CAUSES[cause]}${which}: ${String(count)}${since === undefined ? html`` : html`, known since ${moment(since)}`}. `;
}
