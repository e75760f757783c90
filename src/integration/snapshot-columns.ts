import { ConditionStatus, checker, type Reference, SnapshotRow } from "@crossdock/canonical";

/** What a column of a file of stock may hold. */
export const SNAPSHOT_FIELDS = ["item", "quantity", "unit", "lot", "status", "location"] as const;
export type SnapshotField = (typeof SNAPSHOT_FIELDS)[number];

/** How the file names what it says. What is absent goes by the headings below. */
export type SnapshotColumnRules = {
  /** The heading of a field, where the file calls it otherwise. */
  readonly headings: Partial<Readonly<Record<SnapshotField, string>>>;
  /** What kind of name items go by; absent: what the heading says, else the SKU. */
  readonly itemScheme?: string | undefined;
  /** What kind of name locations go by; absent: the code. */
  readonly locationScheme?: string | undefined;
  /** The unit of lines that say none. */
  readonly unit: string;
  /** Where everything was counted, when the file does not say it line by line. */
  readonly location?: string | undefined;
};

/** Where each field stands in a line, and what the file has beside. */
export type SnapshotColumns = {
  readonly places: Partial<Readonly<Record<SnapshotField, number>>>;
  readonly itemScheme: string;
  /** Headings as the file has them, by field. */
  readonly read: Partial<Readonly<Record<SnapshotField, string>>>;
  readonly ignored: readonly string[];
};

/** A line that cannot be taken, and why. */
export type LineFault = { readonly line: number; readonly column?: string; readonly message: string };

/** The headings that mean a field when nothing else was said, in lower case. */
const HEADINGS: Readonly<Record<SnapshotField, readonly string[]>> = {
  item: ["sku", "item", "gtin", "id"],
  quantity: ["quantity", "qty", "counted", "on hand", "on-hand", "onhand"],
  unit: ["unit", "uom"],
  lot: ["lot", "batch", "serial"],
  status: ["status", "condition"],
  location: ["location", "warehouse"],
};
const SCHEME_OF_HEADING: ReadonlyMap<string, string> = new Map([
  ["gtin", "gtin"],
  ["id", "id"],
]);

const CONDITIONS = ConditionStatus.anyOf.map((each) => each.const);

const plain = (heading: string): string => heading.trim().toLowerCase();

/** Finds the fields among headings. `problem`: the file cannot be read with them. */
export function readSnapshotHeadings(
  headings: readonly string[],
  rules: SnapshotColumnRules,
): SnapshotColumns | { readonly problem: string } {
  const places: Partial<Record<SnapshotField, number>> = {};
  const read: Partial<Record<SnapshotField, string>> = {};
  for (const field of SNAPSHOT_FIELDS) {
    const wanted = rules.headings[field];
    const names = wanted === undefined ? HEADINGS[field] : [plain(wanted)];
    const found = headings.flatMap((heading, place) => (names.includes(plain(heading)) ? [place] : []));
    const [place, second] = found;
    if (second !== undefined) {
      const both = found.map((each) => `"${headings[each]}"`).join(" and ");
      return { problem: `The columns ${both} could both be the ${field}. Say which is: columns=${field}:…` };
    }
    if (place === undefined && wanted !== undefined)
      return { problem: `There is no column "${wanted}", which was to be the ${field}.` };
    if (place === undefined) continue;
    places[field] = place;
    read[field] = headings[place] ?? "";
  }
  const problem = missingProblem(places, rules, headings);
  if (problem !== undefined) return { problem };
  const used = new Set(Object.values(places));
  const ignored = headings.filter((_, place) => !used.has(place));
  const itemScheme = rules.itemScheme ?? SCHEME_OF_HEADING.get(plain(read.item ?? "")) ?? "sku";
  return { places, itemScheme, read, ignored };
}

function missingProblem(
  places: Partial<Readonly<Record<SnapshotField, number>>>,
  rules: SnapshotColumnRules,
  headings: readonly string[],
): string | undefined {
  const has = headings.map((heading) => `"${heading}"`).join(", ");
  for (const field of ["item", "quantity"] as const) {
    if (places[field] !== undefined) continue;
    const names = HEADINGS[field].join(", ");
    return `No column is the ${field}: the first line has ${has}. Call it one of ${names}, or say which it is: columns=${field}:…`;
  }
  const { location } = rules;
  if (places.location === undefined && location === undefined)
    return "Nothing says where this was counted: name the location, or have a column of that name.";
  if (places.location !== undefined && location !== undefined)
    return "The file has a column of locations, and one was named for all of it. Leave one of the two out.";
  return undefined;
}

const isRow = checker(SnapshotRow);

/** A line as a row of a snapshot, with the text of its location; or what is wrong with it. */
export function toSnapshotRow(
  columns: SnapshotColumns,
  rules: SnapshotColumnRules,
  { line, cells }: { readonly line: number; readonly cells: readonly string[] },
): { readonly row: SnapshotRow; readonly location: string } | LineFault {
  const cellOf = (field: SnapshotField): string => {
    const place = columns.places[field];
    return place === undefined ? "" : (cells[place] ?? "").trim();
  };
  const fault = (field: SnapshotField, message: string): LineFault => {
    const column = columns.read[field];
    return { line, ...(column === undefined ? {} : { column }), message };
  };
  const item: Reference = { scheme: columns.itemScheme, value: cellOf("item") };
  if (item.value === "") return fault("item", "names no item");
  const amount = cellOf("quantity");
  if (amount === "") return fault("quantity", "says no quantity");
  if (/^-\d/.test(amount)) return fault("quantity", `${amount} is below zero, and nobody counts that`);
  if (!/^\d+(\.\d+)?$/.test(amount))
    return fault("quantity", `"${amount}" is no number: write 1200 or 0.5, without separators of thousands`);
  const status = cellOf("status").toLowerCase();
  const condition = CONDITIONS.find((each) => each === status);
  if (status !== "" && condition === undefined)
    return fault("status", `"${status}" is none of ${CONDITIONS.join(", ")}`);
  const location = rules.location ?? cellOf("location");
  if (location === "") return fault("location", "names no location");
  const lot = cellOf("lot");
  const row: SnapshotRow = {
    item,
    counted: { value: amount, unit: cellOf("unit") || rules.unit },
    ...(lot === "" ? {} : { lot }),
    ...(condition === undefined ? {} : { status: condition }),
  };
  if (!isRow(row).ok) return { line, message: "has an item, a lot, a unit or a number that is too long" };
  return { row, location };
}
