import type { OpenStockRow } from "../ledger/index.ts";
import type { Transaction } from "../platform/index.ts";
import { selectRingFences } from "./ring-fence-store.ts";
import type { Shelf } from "./shelf.ts";
import type { ReservationRow } from "./store.ts";

type FencedRow = Pick<OpenStockRow, "position_id" | "channel_reserved">;

/** What is set aside for the channels of requests, the units of holds that have run out included. Nearly always nothing. */
export function fencesOf(
  tx: Transaction,
  of: {
    readonly requests: readonly { readonly request: { readonly channelId: string } }[];
    readonly positions: readonly FencedRow[];
    readonly swept: readonly ReservationRow[];
  },
): Promise<Shelf["fences"]> | Shelf["fences"] {
  const fenced = of.positions.filter((row) => row.channel_reserved > 0);
  const back = of.swept.filter((row) => row.fenced > 0);
  return fenced.length === 0 && back.length === 0 ? NO_FENCES : readFences(tx, { ...of, fenced, back });
}

const NO_FENCES: Shelf["fences"] = new Map();

async function readFences(
  tx: Transaction,
  of: {
    readonly requests: readonly { readonly request: { readonly channelId: string } }[];
    readonly fenced: readonly FencedRow[];
    readonly back: readonly ReservationRow[];
  },
): Promise<Shelf["fences"]> {
  const channels = [...new Set(of.requests.map(({ request }) => request.channelId))];
  const positions = of.fenced.map((row) => row.position_id);
  const rows = await selectRingFences(tx, positions, channels);
  const fences = new Map<string, Map<number, number>>();
  for (const row of [...rows, ...of.back.map((each) => ({ ...each, quantity: each.fenced }))]) {
    const own = fences.get(row.channel_id) ?? new Map<number, number>();
    own.set(row.position_id, (own.get(row.position_id) ?? 0) + row.quantity);
    fences.set(row.channel_id, own);
  }
  return fences;
}
