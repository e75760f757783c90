import type { MasterRecord, Reference } from "@crossdock/canonical";
import { decideCalendar, decideDay } from "./calendar-decision.ts";
import { decideComponent, decideLot } from "./detail-decision.ts";
import { decideItem } from "./item-decision.ts";
import { decideLocation } from "./location-decision.ts";
import { type Key, keyText, nameKey } from "./master.ts";
import type { MasterDecision } from "./master-outcome.ts";
import { type MasterState, nameText, referenceKey } from "./master-state.ts";
import { decideCost, decideUnit } from "./measure-decision.ts";
import { decideName } from "./name-decision.ts";

/** Decides about one statement of master data, given what is known. `newId` makes ids for what comes without one. */
export function decideMaster(state: MasterState, record: MasterRecord, newId: () => string): MasterDecision {
  switch (record.kind) {
    case "item":
      return decideItem(state, record, newId);
    case "item-name":
    case "location-name":
      return decideName(state, record);
    case "item-unit":
      return decideUnit(state, record);
    case "kit-component":
      return decideComponent(state, record);
    case "item-cost":
      return decideCost(state, record);
    case "lot":
      return decideLot(state, record);
    case "location":
      return decideLocation(state, record, newId);
    case "location-calendar":
      return decideCalendar(state, record);
    case "location-day":
      return decideDay(state, record);
    default:
      return record satisfies never;
  }
}

const named = (kind: "item" | "location", reference: Reference): string =>
  nameText(referenceKey(kind, reference, reference.scope ?? ""));

/** What a record is about, as one text: a second record of a batch with the same text would overwrite the first. */
export function identityOf(record: MasterRecord): string {
  switch (record.kind) {
    case "item":
      return keyText(["item", record.itemId ?? "", record.itemId === undefined ? (record.sku ?? "") : ""]);
    case "location":
      return keyText([
        "location",
        record.locationId ?? "",
        record.locationId === undefined ? (record.code ?? "") : "",
      ]);
    case "item-name":
      return keyText([...ownKey("item", record), beginning(record)]);
    case "location-name":
      return keyText([...ownKey("location", record), beginning(record)]);
    case "item-unit":
      return keyText(["unit", named("item", record.item), record.unit, beginning(record)]);
    case "item-cost":
      return keyText(["cost", named("item", record.item), record.currency, beginning(record)]);
    case "kit-component":
      return keyText(["component", named("item", record.kit), named("item", record.item)]);
    case "location-calendar":
      return keyText(["calendar", named("location", record.location), beginning(record)]);
    case "location-day":
      return keyText(["day", named("location", record.location), record.day]);
    case "lot":
      return keyText(["lot", named("item", record.item), record.lot]);
    default:
      return record satisfies never;
  }
}

const ownKey = (kind: "item" | "location", { scheme, scope = "", value }: Reference): Key =>
  nameKey({ kind, scheme, scope, value });

const beginning = ({ validFrom = "" }: { readonly validFrom?: string }): string => validFrom;

/** The references by which a record speaks of things that should be there, and the names that it is about. */
export function referencesIn(record: MasterRecord): {
  readonly items: readonly Reference[];
  readonly locations: readonly Reference[];
} {
  switch (record.kind) {
    case "item":
      return {
        items: [
          ...(record.itemId === undefined ? [] : [{ scheme: "id", value: record.itemId }]),
          ...(record.sku === undefined ? [] : [{ scheme: "sku", value: record.sku }]),
        ],
        locations: [],
      };
    case "location":
      return {
        items: [],
        locations: [
          ...(record.locationId === undefined ? [] : [{ scheme: "id", value: record.locationId }]),
          ...(record.code === undefined ? [] : [{ scheme: "code", value: record.code }]),
        ],
      };
    case "item-name":
      return { items: [record.item, ownName(record)], locations: [] };
    case "location-name":
      return { items: [], locations: [record.location, ownName(record)] };
    case "location-calendar":
    case "location-day":
      return { items: [], locations: [record.location] };
    case "kit-component":
      return { items: [record.kit, record.item], locations: [] };
    case "item-unit":
    case "item-cost":
    case "lot":
      return { items: [record.item], locations: [] };
    default:
      return record satisfies never;
  }
}

const ownName = ({ scheme, value, scope }: Reference): Reference => ({
  scheme,
  value,
  ...(scope === undefined ? {} : { scope }),
});
