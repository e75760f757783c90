import { Type } from "typebox";

// RFC 9111, sections 5.2.1.4 and 5.2.1.1: among other directives, names in any case.
const directive = /(?:^|,)\s*(?:no-cache|max-age\s*=\s*"?0+"?)\s*(?:,|$)/i;

/** Whether a request wants no answer that was remembered. */
export function wantsFresh(cacheControl: string | undefined): boolean {
  return cacheControl !== undefined && directive.test(cacheControl);
}

/** How it is published. */
export const CACHE_CONTROL_HEADERS = Type.Object({
  "cache-control": Type.Optional(
    Type.String({
      description:
        "`no-cache`: the answer has everything that was committed before the question arrived (RFC 9111). Otherwise it may be a tenth of a second old, as `asOf` says, but for what was done through the same process.",
    }),
  ),
});
