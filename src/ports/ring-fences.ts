import { quantity, referenceText, toBaseUnits } from "@crossdock/canonical";
import {
  measureRefusalText,
  type RingFenceAnswer,
  type RingFenceCommand,
  type RingFences,
} from "../availability/index.ts";
import type { RingFenceOutcome, RingFenceRequest, RingFencesPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { KeepAnswer } from "../platform/index.ts";

/** Ring-fences, as the gateway asks for them: items by any name, amounts in any unit that the item has. */
export function ringFencesPort(ringFences: RingFences, governance: Governance): RingFencesPort {
  async function resolved(request: RingFenceRequest): Promise<RingFenceCommand | RingFenceOutcome> {
    const { item, lot = "", quantity: measure, caller, channelId, locationId, reason } = request;
    const found = (await governance.resolveItems([item])).get(referenceText(item));
    if (found === undefined) return unresolvable(`No item is known as ${referenceText(item)}.`);
    if (found.components.length > 0)
      return unresolvable("A kit does not lie on a shelf; set its components aside.");
    const measured = toBaseUnits(measure, found.units);
    if (!measured.ok) return unresolvable(measureRefusalText(measured.rejected));
    if (measured.delta <= 0) return unresolvable("The quantity must be at least one base unit.");
    const { correlationId } = caller;
    const units = quantity(measured.delta);
    return { channelId, itemId: found.itemId, locationId, lot, quantity: units, reason, correlationId };
  }

  async function run(
    request: RingFenceRequest,
    keep: KeepAnswer<RingFenceOutcome>,
    act: (command: RingFenceCommand, keep: KeepAnswer<RingFenceAnswer>) => Promise<RingFenceAnswer>,
  ): Promise<RingFenceOutcome> {
    const command = await resolved(request);
    if ("is" in command) return command;
    return toOutcome(await act(command, (tx, answer) => keep(tx, toOutcome(answer))));
  }

  return {
    setAside: (request, keep) => run(request, keep, ringFences.setAside),
    giveBack: (request, keep) => run(request, keep, ringFences.giveBack),
    list: ringFences.list,
  };
}

function toOutcome(answer: RingFenceAnswer): RingFenceOutcome {
  if ("done" in answer) return { is: "done", ringFence: answer.done };
  return { is: "refused", reason: answer.refused, message: answer.message };
}

const unresolvable = (message: string): RingFenceOutcome => ({
  is: "refused",
  reason: "unresolvable",
  message,
});
