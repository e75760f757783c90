import { toBaseUnits } from "@crossdock/canonical";
import {
  type Availabilities,
  type BackorderAnswer,
  type BackorderChange,
  measureRefusalText,
} from "../availability/index.ts";
import type { BackorderChangeAsked, BackorderChanged, BackordersPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Database } from "../platform/index.ts";
import { numberCursor } from "./cursor.ts";

type Parts = {
  readonly database: Database;
  readonly availability: Pick<Availabilities, "backorders">;
  readonly governance: Pick<Governance, "items">;
};

/** What waits for stock, as the gateway asks for it. */
export function backordersPort(parts: Parts): BackordersPort {
  const { backorders } = parts.availability;
  return {
    async page({ after: cursor, ...asked }) {
      const after = numberCursor(cursor) ?? 0;
      if (after === "bad-cursor") return after;
      const { rows, next } = await backorders.page({ ...asked, after });
      return { rows, next: next === undefined ? undefined : String(next) };
    },
    find: (id) => backorders.find(id),
    async change({ backorderId, change, because, caller }, keep) {
      const asked = await inBaseUnits(parts, backorderId, change);
      if ("is" in asked) return asked;
      const { clientId: by, correlationId } = caller;
      const answer = await backorders.change(backorderId, asked, {
        ...{ by, because, correlationId },
        keep: (tx, done) => keep(tx, toChanged(done)),
      });
      return toChanged(answer);
    },
  };
}

const refused = (reason: "unknown-backorder" | "not-possible", message: string): BackorderChanged => ({
  ...{ is: "refused", reason, message },
});

/** A change with its amount in the base units of the item that waits. */
async function inBaseUnits(
  { database, availability, governance }: Parts,
  id: string,
  change: BackorderChangeAsked,
): Promise<BackorderChange | BackorderChanged> {
  if (change.kind !== "reduce") return change;
  const found = await availability.backorders.find(id);
  if (found === undefined) return refused("unknown-backorder", `There is no backorder ${id}.`);
  const item = (await governance.items(database, [found.itemId])).get(found.itemId);
  if (item === undefined) return refused("not-possible", "Its item has gone from master data.");
  const measured = toBaseUnits(change.waiting, item.units);
  if (!measured.ok) return refused("not-possible", measureRefusalText(measured.rejected));
  return { kind: "reduce", waiting: measured.delta };
}

function toChanged(answer: BackorderAnswer): BackorderChanged {
  if (!answer.done) return { is: "refused", ...answer.refused };
  return { is: "done", already: answer.already, backorder: answer.backorder };
}
