import type { MasterRecordOf } from "@crossdock/canonical";
import { changed, created, type Fields, type MasterDecision, refused } from "./master-outcome.ts";
import {
  type ItemState,
  itemNamed,
  type LotState,
  type MasterState,
  type StateChange,
} from "./master-state.ts";
import { mergedAway } from "./measure-decision.ts";
import { nameProblem, unknownItem } from "./name-decision.ts";

/** Decides about what a kit holds. A kit holds plain items, in whole numbers, and has neither stock nor lots of its own. */
export function decideComponent(state: MasterState, record: MasterRecordOf<"kit-component">): MasterDecision {
  const kit = itemNamed(state, record.kit);
  const part = itemNamed(state, record.item);
  if (kit === undefined) return unknownItem("component of a kit", record.kit, "kit");
  if (part === undefined) return unknownItem(`component of ${kit.itemId}`, record.item);
  const subject = `${part.itemId} in kit ${kit.itemId}`;
  const before = kit.components.get(part.itemId);
  const refusal =
    mergedAway(subject, kit) ??
    mergedAway(subject, part) ??
    (record.quantity > 0 && before === undefined ? kitProblem(subject, kit, part) : undefined);
  if (refusal !== undefined) return refusal;
  if (record.quantity === (before ?? 0)) return { outcome: { subject, outcome: "unchanged" } };
  const components = new Map(kit.components);
  const kits = new Set(part.kits);
  if (record.quantity === 0) {
    components.delete(part.itemId);
    kits.delete(kit.itemId);
  } else {
    components.set(part.itemId, record.quantity);
    kits.add(kit.itemId);
  }
  const change: StateChange = {
    items: [
      { ...kit, components },
      { ...part, kits },
    ],
  };
  const after = { quantity: String(record.quantity) };
  return before === undefined
    ? created(subject, after, change)
    : changed(subject, { before: { quantity: String(before) }, after }, change);
}

function kitProblem(subject: string, kit: ItemState, part: ItemState): MasterDecision | undefined {
  if (kit.itemId === part.itemId || part.components.size > 0 || kit.kits.size > 0) {
    const which = kit.itemId === part.itemId ? "itself" : "a kit";
    const detail = `A kit holds plain items, never ${which}. Say what is in the inner kit instead.`;
    return refused(subject, "kit-of-kits", { detail, field: "item" });
  }
  if (kit.tracking !== "none") {
    const detail = `${kit.itemId} is tracked by ${kit.tracking}, and a kit has no lots: its components have them. Load the kit as an item without tracking.`;
    return refused(subject, "kit-is-tracked", { detail, field: "kit" });
  }
  if (kit.components.size === 0 && kit.isStocked) {
    const detail = `There is or was stock of ${kit.itemId} itself, and a kit is only what it holds. Load the kit as a new item.`;
    return refused(subject, "kit-has-stock", { detail, field: "kit" });
  }
  return undefined;
}

/** Decides about a lot. */
export function decideLot(state: MasterState, record: MasterRecordOf<"lot">): MasterDecision {
  const item = itemNamed(state, record.item);
  if (item === undefined) return unknownItem(`lot ${record.lot}`, record.item);
  const subject = `lot ${record.lot} of ${item.itemId}`;
  const problem = nameProblem(record.lot);
  if (problem !== undefined)
    return refused(subject, "bad-name", { detail: `The lot ${problem}.`, field: "lot" });
  if (item.tracking === "none") {
    const detail = `${item.itemId} is tracked neither by lot nor by serial number. Set its tracking first.`;
    return refused(subject, "not-tracked", { detail, field: "item" });
  }
  const found = item.lots.get(record.lot);
  const lot: LotState = {
    expiresOn: record.expiresOn ?? found?.expiresOn,
    madeOn: record.madeOn ?? found?.madeOn,
    // What is stated has the last word from then on, also where it says what receipts said.
    expiryFromReceipts: record.expiresOn === undefined && found?.expiryFromReceipts === true,
    attributes: { ...found?.attributes, ...record.attributes },
  };
  const bad = dayProblem(lot);
  if (bad !== undefined) return refused(subject, "bad-day", bad);
  const change = { items: [{ ...item, lots: new Map(item.lots).set(record.lot, lot) }] };
  return found === undefined
    ? created(subject, lotFields(lot), change)
    : changed(subject, { before: lotFields(found), after: lotFields(lot) }, change);
}

const lotFields = ({ expiresOn = "", madeOn = "", expiryFromReceipts, attributes }: LotState): Fields => ({
  expiresOn,
  madeOn,
  expiryFrom: expiryFromReceipts ? "receipts" : "",
  ...attributes,
});

/** Whether a day of the right form is in the calendar: 31 February is not. */
export const isDay = (day: string): boolean => {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
};

function dayProblem({ expiresOn, madeOn }: LotState) {
  for (const [field, day] of [
    ["expiresOn", expiresOn],
    ["madeOn", madeOn],
  ] as const) {
    if (day !== undefined && !isDay(day)) return { detail: `${day} is no day of the calendar.`, field };
  }
  if (expiresOn !== undefined && madeOn !== undefined && expiresOn < madeOn) {
    return {
      detail: `It would expire on ${expiresOn}, before it was made on ${madeOn}.`,
      field: "expiresOn",
    };
  }
  return undefined;
}
