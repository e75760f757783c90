import { selectLotExpiries } from "../governance/index.ts";
import type { Transaction } from "../platform/index.ts";
import type { OpenPosition } from "./shelf.ts";

/** Notes when the lots of positions expire. Items without lots, which nearly all are, are not asked about. */
export function withExpiries(
  tx: Transaction,
  positions: readonly OpenPosition[],
): Promise<readonly OpenPosition[]> | readonly OpenPosition[] {
  const dated = [...new Set(positions.flatMap(({ itemId: item, lot }) => (lot === "" ? [] : [item])))];
  return dated.length === 0 ? positions : readExpiries(tx, positions, dated);
}

async function readExpiries(
  tx: Transaction,
  positions: readonly OpenPosition[],
  items: readonly string[],
): Promise<readonly OpenPosition[]> {
  const expiries = await selectLotExpiries(tx, items);
  return positions.map((position) => {
    const expiresOn = expiries.get(position.itemId)?.get(position.lot);
    return expiresOn === undefined ? position : { ...position, expiresOn };
  });
}
