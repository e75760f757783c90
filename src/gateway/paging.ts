import { Type } from "typebox";
import { CURSOR_LENGTH_MAX, PAGE_ROWS_DEFAULT, PAGE_ROWS_MAX } from "./limits.ts";
import type { PageRequest } from "./services.ts";

/** The parameters of every list. */
export const pageParameters = {
  after: Type.Optional(
    Type.String({
      pattern: `^[A-Za-z0-9._~-]{1,${CURSOR_LENGTH_MAX}}$`,
      description: "Where to go on: `next` of the page before, unchanged. Absent: from the beginning.",
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: PAGE_ROWS_MAX,
      description: `Rows at most; ${PAGE_ROWS_DEFAULT} when absent.`,
    }),
  ),
};

/** The page that a query asks for. */
export function pageOf(query: { readonly after?: string; readonly limit?: number }): PageRequest {
  const limit = query.limit ?? PAGE_ROWS_DEFAULT;
  return query.after === undefined ? { limit } : { limit, after: query.after };
}
