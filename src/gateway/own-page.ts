import type { FastifyRequest } from "fastify";

/**
 * Whether a request comes from a page of ours. A browser sends a key that it was given along with whatever another site makes it send, so
 * the key alone does not say that its holder meant it. Browsers say where a request comes from in `Sec-Fetch-Site`, and over plain HTTP,
 * where they leave that out, in `Origin`; a page cannot write either. What says neither is refused.
 */
export function comesFromOwnPage({ headers, host }: Pick<FastifyRequest, "headers" | "host">): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  const { origin } = headers;
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
