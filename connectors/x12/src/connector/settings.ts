import { checker, problemsText, UnitCode } from "@crossdock/canonical";
import type { Account } from "@crossdock/connector-kit";
import { type Static, Type } from "typebox";
import type { Delimiters } from "../delimiters.ts";
import { ITEM_NAMES_DEFAULT } from "./item-names.ts";
import { isTimeZone } from "./local-time.ts";
import { type UnitTable, unitTable } from "./units.ts";

/** A file of a whole assortment may take its receiver a while; longer than this is an outcome that nobody knows. */
const REQUEST_TIMEOUT_MS_DEFAULT = 30_000;
const REQUEST_TIMEOUT_MS_MAX = 120_000;

/** Retailers load an 846 in a batch job, and many charge or throttle by the document; a day is the longest that stock may be old. */
const ADVICE_INTERVAL_MINUTES_DEFAULT = 15;
const ADVICE_INTERVAL_MINUTES_MAX = 24 * 60;

const closed = { additionalProperties: false } as const;

const delimiter = (description: string) =>
  Type.Optional(Type.String({ pattern: "^[^A-Za-z0-9 \\u0100-\\uffff]$", description }));

const address = (whose: string, description: string) =>
  Type.Object(
    {
      qualifier: Type.String({
        pattern: "^[A-Z0-9]{2}$",
        description: `Who gave out ${whose} id: 01, 08, 12, 14, ZZ.`,
      }),
      id: Type.String({
        pattern: "^[!-~]([ -~]{0,13}[!-~])?$",
        description: `The id of ${whose} mailbox in the ISA, without padding.`,
      }),
      groupId: Type.Optional(
        Type.String({
          pattern: "^[!-~]([ -~]{0,13}[!-~])$",
          description: `The application id of ${whose} side in the GS that we write; the id of the ISA when left out.`,
        }),
      ),
    },
    { description, ...closed },
  );

const delimiters = Type.Object(
  {
    element: delimiter("Between elements; * when left out."),
    component: delimiter("Between components; > when left out."),
    segment: delimiter("After each segment; ~ when left out."),
    repetition: delimiter("Between repetitions, from version 005010 on; ^ when left out."),
  },
  { description: "The delimiters of what we write. What we read declares its own.", ...closed },
);

const itemName = Type.Object(
  {
    qualifier: Type.String({ pattern: "^[A-Z0-9]{2}$", description: "Data element 235 in PO1 and LIN." }),
    scheme: Type.String({ pattern: "^[a-z0-9-]{1,40}$", description: "Reference scheme of our aliases." }),
    scoped: Type.Optional(
      Type.Boolean({ description: "True where the number means something with this partner only." }),
    ),
  },
  closed,
);

const delivery = Type.Union([
  Type.Object({ how: Type.Literal("fetch") }, closed),
  Type.Object(
    {
      how: Type.Literal("http"),
      url: Type.String({ pattern: "^https?://[^\\s#]+$", maxLength: 500 }),
      bearer: Type.Optional(Type.Boolean({ description: "True: the secret `token` is sent along." })),
    },
    closed,
  ),
]);

/** The profile of a trading partner. Addresses are what we must be told; everything else has a good default. */
export const X12Settings = Type.Object(
  {
    us: address("our", "Our own address: the receiver of what comes in and the sender of what goes out."),
    partner: address("the partner's", "The partner's address. Interchanges from anyone else are refused."),
    version: Type.Optional(
      Type.Union([Type.Literal("004010"), Type.Literal("005010")], {
        default: "004010",
        description: "The version of what we write.",
      }),
    ),
    usage: Type.Optional(
      Type.Union([Type.Literal("P"), Type.Literal("T")], {
        default: "P",
        description:
          "P in production, T while the partner tests with us. Tests are never taken for orders in production.",
      }),
    ),
    delimiters: Type.Optional(
      Type.Refine(delimiters, hasDistinct, () => "must have four delimiters that differ from one another"),
    ),
    lineBreaks: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether a line break follows each segment that we write.",
      }),
    ),
    replacement: Type.Optional(
      Type.String({
        pattern: "^[ -~]?$",
        default: " ",
        description:
          "What stands in descriptions and addresses for characters that cannot be sent. Empty: the document is refused.",
      }),
    ),
    units: Type.Optional(
      Type.Record(Type.String({ pattern: "^[A-Z0-9]{2}$" }), UnitCode, {
        description:
          "Our units by the partner's codes (data element 355), before those of the default table.",
      }),
    ),
    items: Type.Optional(
      Type.Array(itemName, {
        minItems: 1,
        maxItems: 40,
        description:
          "What the partner's item qualifiers mean, the one to resolve by first; replaces the default list.",
      }),
    ),
    timeZone: Type.Optional(
      Type.Refine(
        Type.String({
          default: "UTC",
          description: "The partner's time zone, for dates and times without one: America/Chicago.",
        }),
        isTimeZone,
        () => "must be a time zone such as America/Chicago",
      ),
    ),
    shortLines: Type.Optional(
      Type.Union([Type.Literal("rejected"), Type.Literal("backordered")], {
        default: "rejected",
        description:
          "What the 855 says of quantities that were not promised: cancelled (IR) or still to come (IB).",
      }),
    ),
    acknowledge997: Type.Optional(
      Type.Boolean({
        default: true,
        description: "Whether the partner wants a 997 for each group that it sends.",
      }),
    ),
    adviceIntervalMinutes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: ADVICE_INTERVAL_MINUTES_MAX,
        default: ADVICE_INTERVAL_MINUTES_DEFAULT,
        description:
          "The least time between two 846s. An item that goes to zero is told at once, and everything that has changed with it.",
      }),
    ),
    delivery: Type.Optional(
      Type.Unsafe<Static<typeof delivery>>({
        ...delivery,
        default: { how: "fetch" },
        description: "How documents reach the partner: it fetches them here, or we post them to its address.",
      }),
    ),
    requestTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: REQUEST_TIMEOUT_MS_MAX,
        default: REQUEST_TIMEOUT_MS_DEFAULT,
        description: "How long posting a document may take before its outcome counts as unknown.",
      }),
    ),
  },
  { title: "X12Settings", ...closed },
);
export type X12Settings = Static<typeof X12Settings>;

/** A partner's profile with its defaults, ready for use. */
export type Profile = Omit<Required<X12Settings>, "units" | "delimiters"> & {
  readonly delimiters: Delimiters;
  readonly units: UnitTable;
};

const check = checker(X12Settings);

/**
 * The profile behind an account's settings. Throws a TypeError when they do not fit the schema: the product checks them when
 * an account is configured, so this is a fault of the product and not of a partner.
 */
export function profileOf(account: Account): Profile {
  const checked = check(account.settings);
  if (!checked.ok) {
    throw new TypeError(`settings of account ${account.accountId}: ${problemsText(checked.problems)}`);
  }
  const settings = checked.value;
  return {
    version: "004010",
    usage: "P",
    lineBreaks: false,
    replacement: " ",
    items: [...ITEM_NAMES_DEFAULT],
    timeZone: "UTC",
    shortLines: "rejected",
    acknowledge997: true,
    adviceIntervalMinutes: ADVICE_INTERVAL_MINUTES_DEFAULT,
    delivery: { how: "fetch" },
    requestTimeoutMs: REQUEST_TIMEOUT_MS_DEFAULT,
    ...settings,
    delimiters: delimitersOf(settings.delimiters ?? {}),
    units: unitTable(settings.units ?? {}),
  };
}

type DelimiterSettings = Static<typeof delimiters>;

function delimitersOf(given: DelimiterSettings): Delimiters {
  const { element = "*", component = ">", segment = "~", repetition = "^" } = given;
  return { element, component, terminator: segment, repetition };
}

function hasDistinct(given: DelimiterSettings): boolean {
  return new Set(Object.values(delimitersOf(given))).size === 4;
}

/**
 * The delimiters of an interchange in a version, ISA12. Before 00402 nothing repeats, and the repetition separator is data
 * like any other character.
 */
export function delimitersIn(version: string, { delimiters }: Profile): Delimiters {
  return version < "00402" ? { ...delimiters, repetition: "" } : delimiters;
}
