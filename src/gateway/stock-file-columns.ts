import { AccountId, UnitCode } from "@crossdock/canonical";
import { Type } from "typebox";
import { faultFinder } from "./validation.ts";

const text = (lengthMax: number) => Type.String({ minLength: 1, maxLength: lengthMax });
const scheme = Type.String({ pattern: "^[a-z0-9-]{1,40}$" });

/** What is said of a file of stock in words of its own, however it is handed in. */
export const STOCK_FILE_FIELDS = {
  accountId: AccountId,
  snapshotId: text(120),
  location: Type.Optional({
    ...text(200),
    description: "Where everything was counted. Absent: the column `location` says it line by line.",
  }),
  locationScheme: Type.Optional({
    ...scheme,
    description: "What kind of name locations go by. Absent: `code`.",
  }),
  itemScheme: Type.Optional({
    ...scheme,
    description:
      "What kind of name items go by. Absent: `gtin` or `id` where the column is called so, else `sku`.",
  }),
  unit: Type.Optional({ ...UnitCode, description: "The unit of lines that say none. Absent: `EA`." }),
};

/** What is wrong with these fields, where they did not come through a route that checks them. */
export const stockFileFaults = faultFinder(Type.Object(STOCK_FILE_FIELDS));

/** Reads `field:heading,field:heading`; undefined when it is not that. */
export function readColumns(given: string): Readonly<Record<string, string>> | undefined {
  const pairs = given.split(",").filter((pair) => pair.trim() !== "");
  const read = pairs.map((pair) => /^\s*([a-z]+)\s*:\s*(.+?)\s*$/.exec(pair));
  const known = read.flatMap((match) =>
    match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]] as const],
  );
  return known.length === pairs.length ? Object.fromEntries(known) : undefined;
}
