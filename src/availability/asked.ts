import type { AdmissionLine, AdmissionRequest } from "./admission-request.ts";
import type { Admitted, RequestToAdmit } from "./request-to-admit.ts";

/** A line as it is kept: what it has in common with nearly all lines is left out. */
export type AskedLine = {
  readonly lineId: string;
  readonly itemId: string;
  readonly quantity: number;
  readonly orderedUnit?: number;
  readonly components?: readonly { readonly itemId: string; readonly quantity: number }[];
  readonly locationId?: string;
  readonly lot?: string;
  readonly locationsMax?: number;
};

/** A request that is kept, because the log alone would not tell what was asked for. */
export type AskedToKeep = {
  readonly entry: RequestToAdmit;
  readonly times: number;
  /** Places, among the promises of the batch, of its own; and of the last one before it, -1 where there was none. */
  readonly firstPromise: number;
  readonly promises: number;
};

const isItself = ({ itemId, components }: AdmissionLine): boolean =>
  components.length === 1 && components[0]?.itemId === itemId && components[0].quantity === 1;

const isPlainLine = (line: AdmissionLine): boolean =>
  line.orderedUnit === 1 &&
  line.locationId === undefined &&
  line.lot === undefined &&
  line.locationsMax === undefined &&
  isItself(line);

/** Whether a request that was promised whole can be told from its promises: so many of some items, from wherever, all of it or nothing. */
const isPlain = ({ policy, locationsMax, destination, refused, lines }: AdmissionRequest): boolean =>
  policy === "all-or-nothing" &&
  locationsMax === undefined &&
  destination === undefined &&
  refused.length === 0 &&
  lines.every(isPlainLine);

/** The line without what goes without saying. */
export function toAskedLine(line: AdmissionLine): AskedLine {
  const { lineId, itemId, quantity, orderedUnit, components, locationId, lot, locationsMax } = line;
  return {
    ...{ lineId, itemId, quantity },
    ...(orderedUnit === 1 ? {} : { orderedUnit }),
    ...(isItself(line) ? {} : { components }),
    ...(locationId === undefined ? {} : { locationId }),
    ...(lot === undefined ? {} : { lot }),
    ...(locationsMax === undefined ? {} : { locationsMax }),
  };
}

/**
 * The requests of a batch to be kept: those that were refused, wholly or in part, and those of which the promises do not say what was
 * asked for. Of most batches there is none. What is moved, or has waited, was asked for before, and lines that nobody could have promised (an item that
 * nobody knows) are no demand.
 *
 * Requests that were refused alike, with nothing promised in between, are one. A request of the same journey as the one before it is kept
 * as well: their promises alone would look like those of one request.
 */
export function askedToKeep(
  requests: readonly RequestToAdmit[],
  admitted: readonly Admitted[],
): readonly AskedToKeep[] {
  const kept: { -readonly [Key in keyof AskedToKeep]: AskedToKeep[Key] }[] = [];
  const alike = new Map<Admitted, (typeof kept)[number]>();
  let promisesBefore = 0;
  for (const [at, entry] of requests.entries()) {
    const decided = admitted[at];
    if (decided === undefined) continue;
    const firstPromise = promisesBefore;
    const promises = decided.reservations.length;
    promisesBefore += promises;
    if (!isKept(entry, decided, requests[at - 1])) continue;
    const same = promises === 0 ? alike.get(decided) : undefined;
    if (same !== undefined) {
      same.times += 1;
      continue;
    }
    const asked = { entry, times: 1, firstPromise, promises };
    kept.push(asked);
    if (promises === 0) alike.set(decided, asked);
  }
  return kept;
}

function isKept(
  { request, cameFrom, waits, correlationId }: RequestToAdmit,
  { decision, reservations }: Admitted,
  before: RequestToAdmit | undefined,
): boolean {
  if (cameFrom !== undefined || waits !== undefined || request.lines.length === 0) return false;
  const { rejections } = decision;
  // Neither promised nor refused: it had been answered before.
  if (reservations.length === 0 && rejections.length === 0) return false;
  if (rejections.length > request.refused.length) return true;
  if (reservations.length === 0) return false;
  return !isPlain(request) || before?.correlationId === correlationId;
}
