import { checker } from "@crossdock/canonical";
import { Type } from "typebox";

/** How long a server may take to say who it is. */
const ANSWER_MS_MAX = 3_000;

/** An address as somebody on this machine can use it. */
export function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

const readReadiness = checker(
  Type.Object({
    status: Type.Union([Type.Literal("ready"), Type.Literal("not-ready")]),
    version: Type.String(),
    checks: Type.Array(
      Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.Optional(Type.String()) }),
    ),
  }),
);

/** A server of this product, as it says it is. */
export type Neighbour = { readonly version: string; readonly isReady: boolean; readonly complaint: string };

/** Who answers at an address; undefined when nobody does, or another program. */
export async function neighbourAt(url: string): Promise<Neighbour | undefined> {
  const answer = await ask(`${url}/health/ready`, {});
  const read = readReadiness(answer?.body);
  if (!read.ok) return undefined;
  const { status, version, checks } = read.value;
  const failed = checks.filter(({ ok }) => !ok).map(({ name, detail = "failed" }) => `${name}: ${detail}`);
  return { version, isReady: status === "ready", complaint: failed.join("; ") };
}

/** Whether a server at this address knows an API key: then it runs on the database that the key is from. */
export async function knowsKey(url: string, key: string): Promise<boolean> {
  if ((await neighbourAt(url)) === undefined) return false;
  const headers = { authorization: `Bearer ${key}` };
  const answer = await ask(`${url}/process/v1/orders?limit=1`, headers);
  // Any other refusal is of one who has looked the key up, or cannot look anything up at the moment.
  return answer !== undefined && answer.status !== 401;
}

async function ask(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: unknown } | undefined> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    return { status: response.status, body: await response.json() };
  } catch {
    return undefined; // Nobody is there, or somebody who speaks otherwise: for us that is the same.
  }
}
