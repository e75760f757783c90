import { checker, type Reference, type StockStatement, SupplyBasis, SupplyKind } from "@crossdock/canonical";

/** A line of a file that cannot be taken, and what to do. */
export type SupplyFault = { readonly line: number; readonly column?: string; readonly message: string };

/** A row of a file, as it was read. */
type Row = {
  readonly line: number;
  readonly cells: readonly string[];
  readonly problem?: string | undefined;
};

/** A moment as a cell has it: exact, or a day, whose bounds are those of the place. */
export type CellMoment = { readonly instant: string } | { readonly day: string };

/** One line of supply as a file says it, before its days have become moments. */
export type SheetSupply = {
  readonly line: number;
  readonly data: Omit<SupplyData, "expectedAt" | "leavesAt">;
  readonly expected: CellMoment;
  readonly leaves: CellMoment | undefined;
};
type SupplyData = Extract<StockStatement, { type: "SupplyExpected" }>["data"];

/** What a file leaves unsaid. */
export type SheetUsual = { readonly kind: SupplyKind; readonly counts: SupplyBasis; readonly unit: string };

const REQUIRED = ["number", "item", "location", "quantity", "expected"] as const;
export const SUPPLY_HEADINGS: readonly string[] = [
  ...[
    "kind",
    "number",
    "line",
    "item",
    "location",
    "from",
    "vendor",
    "quantity",
    "unit",
    "counts",
    "expected",
  ],
  ...["leaves", "cancelled", "revision"],
];

const plain = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");

/** The headings of a file of supply; or why they will not do. */
export function readSupplyHeadings(
  cells: readonly string[],
): readonly string[] | { readonly problem: string } {
  const headings = cells.map(plain);
  while (headings.at(-1) === "") headings.pop();
  const has = `A file of supply has ${SUPPLY_HEADINGS.join(", ")}.`;
  const unknown = headings.find((heading) => !SUPPLY_HEADINGS.includes(heading));
  if (unknown !== undefined)
    return { problem: `The first line has the heading ${JSON.stringify(unknown.slice(0, 40))}. ${has}` };
  const missing = REQUIRED.filter((heading) => !headings.includes(heading));
  if (missing.length > 0) return { problem: `The first line lacks ${missing.join(", ")}. ${has}` };
  const twice = headings.find((heading, place) => headings.indexOf(heading) !== place);
  return twice === undefined ? headings : { problem: `The heading ${twice} stands twice. Keep one.` };
}

const readKind = checker(SupplyKind);
const readBasis = checker(SupplyBasis);
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/;
const NUMBER = /^\d{1,15}(\.\d{1,8})?$/;
const TEXT_LENGTH_MAX = 200;

const MOMENT_WANTED = "is neither a day such as 2026-03-06 nor a moment such as 2026-03-06T10:00:00+01:00";

/** A name with its scheme before a colon, or without one in the usual scheme. */
function toReference(cell: string, usual: string): Reference {
  const [, scheme = usual, value = cell] = /^(id|gtin|sku|gln|code|part):(.+)$/.exec(cell) ?? [];
  return { scheme, value };
}

function toMoment(cell: string): CellMoment | undefined {
  const isReal =
    !Number.isNaN(Date.parse(cell)) &&
    (!DAY.test(cell) || new Date(`${cell}T00:00:00Z`).toISOString().startsWith(cell));
  if (DAY.test(cell)) return isReal ? { day: cell } : undefined;
  return INSTANT.test(cell) && isReal ? { instant: cell } : undefined;
}

type Cells = (heading: string) => string;
type Wrong = Omit<SupplyFault, "line">;

/** What is wrong with the form of a cell. */
function faultIn(headings: readonly string[], cell: Cells): Wrong | undefined {
  const empty = REQUIRED.find((heading) => cell(heading) === "");
  if (empty !== undefined) return { column: empty, message: "is empty, and every line needs it" };
  const long = headings.find((heading) => cell(heading).length > TEXT_LENGTH_MAX);
  if (long !== undefined) return { column: long, message: `has more than ${TEXT_LENGTH_MAX} characters` };
  return FORMS.find(({ column, isRight }) => !isRight(cell(column)));
}

const FORMS: readonly (Wrong & { readonly column: string; isRight(text: string): boolean })[] = [
  {
    column: "quantity",
    message: "is no number such as 20 or 2.5, without a sign",
    isRight: (text) => NUMBER.test(text),
  },
  {
    column: "unit",
    message: "is no unit code such as EA or XCS",
    isRight: (text) => /^[A-Z0-9]{0,4}$/.test(text),
  },
  { column: "expected", message: MOMENT_WANTED, isRight: (text) => toMoment(text) !== undefined },
  {
    column: "leaves",
    message: MOMENT_WANTED,
    isRight: (text) => text === "" || toMoment(text) !== undefined,
  },
  { column: "revision", message: "is no whole number", isRight: (text) => /^\d{0,15}$/.test(text) },
  {
    column: "cancelled",
    message: "is neither yes nor no",
    isRight: (text) => /^(yes|no|true|false)?$/i.test(text),
  },
];

/** Reads a line; or says what is wrong with it, and in which column. */
export function readSupplyLine(
  headings: readonly string[],
  row: Row,
  usual: SheetUsual,
): SheetSupply | SupplyFault {
  const { line } = row;
  if (row.problem !== undefined) return { line, message: row.problem };
  const cells = new Map(headings.map((heading, place) => [heading, (row.cells[place] ?? "").trim()]));
  const cell: Cells = (heading) => cells.get(heading) ?? "";
  const fault = faultIn(headings, cell);
  if (fault !== undefined) return { line, ...fault };
  const [kind, counts] = [readKind(cell("kind") || usual.kind), readBasis(cell("counts") || usual.counts)];
  if (!kind.ok) {
    return { line, column: "kind", message: "is none of purchase-order, transfer, return, production" };
  }
  if (!counts.ok) return { line, column: "counts", message: "is neither ordered nor open" };
  const expected = toMoment(cell("expected"));
  if (expected === undefined) return { line, column: "expected", message: MOMENT_WANTED };
  const more = optionalOf(cell);
  return {
    ...{ line, expected, leaves: toMoment(cell("leaves")) },
    data: {
      ...{ kind: kind.value, number: cell("number"), counts: counts.value, ...more },
      ...{ item: toReference(cell("item"), "sku"), location: toReference(cell("location"), "code") },
      quantity: { value: amountOf(cell("quantity")), unit: cell("unit") || usual.unit },
    },
  };
}

/** What a line may leave out. */
function optionalOf(
  cell: Cells,
): Pick<SheetSupply["data"], "line" | "from" | "vendor" | "cancelled" | "revision"> {
  return {
    ...(cell("line") === "" ? {} : { line: cell("line") }),
    ...(cell("from") === "" ? {} : { from: toReference(cell("from"), "code") }),
    ...(cell("vendor") === "" ? {} : { vendor: cell("vendor") }),
    ...(/^(yes|true)$/i.test(cell("cancelled")) ? { cancelled: true } : {}),
    ...(cell("revision") === "" ? {} : { revision: Number(cell("revision")) }),
  };
}

/** A whole number, or a decimal as text, so that nothing of it is lost. */
const amountOf = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);
