import type { Order, Party } from "@crossdock/canonical";
import { isDate } from "../validate-elements.ts";
import type { OutgoingSegment } from "../write.ts";
import type { Wording } from "./wording.ts";

/** Data element 324. */
const ORDER_NUMBER_LENGTH_MAX = 22;
const RELEASE_LENGTH_MAX = 30;
/** Data element 127; it grew after 004010, and what fits the older one fits both. */
const REFERENCE_LENGTH_MAX = 30;
const NAME_LENGTH_MAX = 60;
const CODE_LENGTH = { min: 2, max: 80 };
const STREET_LENGTH_MAX = 55;
/** N3 segments of one party. */
const STREETS_MAX = 2;

/** The partner's own number, release and date of an order, from what its 850 said; our order number where it said nothing. */
export function orderNumbers(
  { orderNumber, attributes = {} }: Order,
  wording: Wording,
): { readonly number: string; readonly release: string; readonly date: string } {
  const { BEG03: number = orderNumber, BEG04: release = "", BEG05: date = "" } = attributes;
  return {
    number: wording.identity(number, { what: "order number", max: ORDER_NUMBER_LENGTH_MAX }),
    release:
      release === "" ? "" : wording.identity(release, { what: "release number", max: RELEASE_LENGTH_MAX }),
    date: /^\d{8}$/.test(date) && isDate(date) ? date : "",
  };
}

/** The partner's references given back: REF*DP and whatever else its order had. What does not fit is left out. */
export function referenceSegments(order: Order, wording: Wording, max: number): readonly OutgoingSegment[] {
  const references = Object.entries(order.attributes ?? {}).flatMap(([name, text]): OutgoingSegment[] => {
    const qualifier = /^REF\*([A-Z0-9]{2,3})$/.exec(name)?.[1];
    const value = wording.identityOrNothing(text, { max: REFERENCE_LENGTH_MAX });
    return qualifier === undefined || value === "" ? [] : [["REF", qualifier, value]];
  });
  return references.slice(0, max);
}

/** The N1 loop of the party that the goods go to, as the partner described it. */
export function shipToSegments({ parties = [] }: Order, wording: Wording): readonly OutgoingSegment[] {
  const party = parties.find(({ role }) => role === "ship-to");
  return party === undefined ? [] : partySegments("ST", party, wording);
}

function partySegments(role: string, party: Party, wording: Wording): readonly OutgoingSegment[] {
  const name = wording.free(party.name ?? "", NAME_LENGTH_MAX);
  const code = wording.identityOrNothing(party.code, CODE_LENGTH);
  const qualifier = code === "" ? "" : wording.identityOrNothing(party.codeQualifier ?? "92", { max: 2 });
  const isCoded = code !== "" && qualifier !== "";
  if (name === "" && !isCoded) return [];
  const lines = (party.address ?? [])
    .map((line) => wording.free(line, STREET_LENGTH_MAX))
    .filter((line) => line !== "");
  const streets = lines.slice(0, STREETS_MAX * 2);
  const [first, second, ...others] = streets;
  return [
    ["N1", role, name, ...(isCoded ? [qualifier, code] : [])],
    ...(first === undefined ? [] : [["N3", first, second ?? ""] satisfies OutgoingSegment]),
    ...(others.length === 0 ? [] : [["N3", ...others] satisfies OutgoingSegment]),
    ...townSegments(party, wording),
  ];
}

function townSegments(party: Party, wording: Wording): readonly OutgoingSegment[] {
  const city = wording.free(party.city ?? "", 30);
  const n4: OutgoingSegment = [
    "N4",
    city.length < 2 ? "" : city,
    wording.identityOrNothing(party.region, { min: 2, max: 2 }),
    wording.identityOrNothing(party.postalCode, { min: 3, max: 15 }),
    wording.identityOrNothing(party.country, { min: 2, max: 3 }),
  ];
  return n4.some((element, index) => index > 0 && element !== "") ? [n4] : [];
}
