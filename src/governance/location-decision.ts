import { type MasterRecordOf, VIRTUAL_LOCATIONS } from "@crossdock/canonical";
import { type Key, keyText } from "./master.ts";
import { changed, created, type Fields, type MasterDecision, refused, withId } from "./master-outcome.ts";
import type { LocationState, MasterState, StateChange } from "./master-state.ts";
import { declareName, nameProblem } from "./name-decision.ts";
import { valueAt } from "./timeline.ts";

type LocationRecord = MasterRecordOf<"location">;

const codeKey = (code: string): Key => ["location", "code", "", code];
const virtualLocations: ReadonlySet<string> = new Set(Object.values(VIRTUAL_LOCATIONS));

/** Decides about a location. `newId` is the id of one that comes without. */
export function decideLocation(
  state: MasterState,
  record: LocationRecord,
  newId: () => string,
): MasterDecision {
  const { locationId, code } = record;
  const subject = `location ${locationId ?? code ?? ""}`;
  const problem = placeProblem(record);
  if (problem !== undefined) return refused(subject, problem.reason, problem);
  const named =
    code === undefined ? undefined : valueAt(state.names.get(keyText(codeKey(code))) ?? [], state.now);
  const found = state.locations.get(locationId ?? named ?? "");
  if (found?.type === "virtual" || virtualLocations.has(locationId ?? "")) {
    const detail = `${subject} stands for the outside and is ours. Choose another one.`;
    return refused(subject, "virtual-location", { detail, field: "code" });
  }
  if (found !== undefined) return placed(state, { found, place: changedPlace(found, record), subject });
  const { name = code ?? "", type = "warehouse", timeZone } = record;
  if (code === undefined || timeZone === undefined) {
    const missing = code === undefined ? "code" : "timeZone";
    const detail = `A new location needs a ${missing === "code" ? "code" : "time zone, such as Europe/Berlin"}.`;
    return refused(subject, "field-missing", { detail, field: missing });
  }
  const place = { locationId: locationId ?? newId(), code, name, type, timeZone, calendar: new Map() };
  return placed(state, { found, place, subject });
}

/** Without an id a code only says which location is meant, and an old one means it as well. */
function changedPlace(found: LocationState, record: LocationRecord): LocationState {
  return {
    locationId: found.locationId,
    code: record.locationId === undefined ? found.code : (record.code ?? found.code),
    name: record.name ?? found.name,
    type: record.type ?? found.type,
    timeZone: record.timeZone ?? found.timeZone,
    calendar: found.calendar,
  };
}

function placed(
  state: MasterState,
  about: {
    readonly found: LocationState | undefined;
    readonly place: LocationState;
    readonly subject: string;
  },
): MasterDecision {
  const { found, place, subject } = about;
  const key = codeKey(place.code);
  const said = { from: undefined, to: undefined };
  const isNewName = found?.code !== place.code;
  const declared = isNewName ? declareName(state, { key, target: place.locationId, said }) : undefined;
  if (declared !== undefined && "reason" in declared) {
    return refused(subject, declared.reason, { ...declared, field: "code" });
  }
  const change: StateChange = {
    locations: [place],
    ...(declared === undefined ? {} : { names: [{ key, timeline: declared.timeline }] }),
  };
  const after = placeFields(place);
  const decision =
    found === undefined
      ? created(subject, after, change)
      : changed(subject, { before: placeFields(found), after }, change);
  return withId(decision, place.locationId);
}

const placeFields = ({ code, name, type, timeZone }: LocationState): Fields => ({
  code,
  name,
  type,
  timeZone,
});

function placeProblem({ code, name, timeZone }: LocationRecord) {
  const bad = code === undefined ? undefined : nameProblem(code);
  if (bad !== undefined) return { reason: "bad-name", detail: `The code ${bad}.`, field: "code" } as const;
  if (/\p{Cc}/u.test(name ?? "")) {
    const detail = "The name has a control character. Write it in one line.";
    return { reason: "bad-name", detail, field: "name" } as const;
  }
  if (timeZone === undefined || isTimeZone(timeZone)) return undefined;
  const detail = `${timeZone} is no time zone of the IANA database. Write a place, such as Europe/Berlin or America/New_York, or UTC.`;
  return { reason: "bad-time-zone", detail, field: "timeZone" } as const;
}

/** Whether the runtime's copy of the IANA database has the zone. Offsets such as +01:00, which it takes as well, are no zones. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
