import { accountOfSource, locationId } from "@crossdock/canonical";
import type { OwnerRequestOf, OwnershipChangeView, OwnershipPort, OwnerView } from "../gateway/index.ts";
import type { Governance, OwnerAnswer, OwnerRow, OwnershipChangeRow } from "../governance/index.ts";
import type { Integration } from "../integration/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock } from "../platform/index.ts";
import { numberCursor } from "./cursor.ts";

type Parts = {
  readonly governance: Governance;
  readonly ledger: Ledger;
  readonly integration: Integration;
  readonly clock: Clock;
};

const placeOf = (text: string) => (text === "" ? {} : { locationId: locationId(text) });

function toOwner({ measure, location_id, source, valid_from, valid_to }: OwnerRow): OwnerView {
  return {
    measure,
    ...placeOf(location_id),
    source,
    ...(valid_from === null ? {} : { validFrom: valid_from.toISOString() }),
    ...(valid_to === null ? {} : { validTo: valid_to.toISOString() }),
  };
}

function toChange(row: OwnershipChangeRow): OwnershipChangeView {
  return {
    changeNumber: String(row.change_number),
    measure: row.measure,
    ...placeOf(row.location_id),
    source: row.source,
    ...(row.valid_from === null ? {} : { from: row.valid_from.toISOString() }),
    ...(row.valid_to === null ? {} : { to: row.valid_to.toISOString() }),
    before: [...row.before],
    after: [...row.after],
    because: row.because,
    changedBy: row.changed_by,
    changedAt: row.changed_at.toISOString(),
    correlationId: row.correlation_id,
  };
}

/** Where the matrix goes on; undefined when the text is none of ours. */
function parsePlace(text: string | undefined): { measure: string; locationId: string } | undefined {
  if (text === undefined) return { measure: "", locationId: "" };
  const match = /^([a-z-]{1,40})~([A-Za-z0-9._-]{0,64})$/.exec(text);
  return match === null ? undefined : { measure: match[1] ?? "", locationId: match[2] ?? "" };
}

/** The matrix of owners, as the gateway asks for it. Who may move stock is changed only where the ledger has judged nothing by it. */
export function ownershipPort({ governance, ledger, integration, clock }: Parts): OwnershipPort {
  return {
    async page({ after: cursor, limit, at = clock.now(), ...filter }) {
      const after = parsePlace(cursor);
      if (after === undefined) return "bad-cursor";
      const rows = await governance.ownershipPage({ ...filter, at, after, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        rows: rows.map(toOwner),
        next: last === undefined ? undefined : `${last.measure}~${last.location_id}`,
      };
    },
    async changes({ after, limit, ...filter }) {
      const before = numberCursor(after) ?? Number.MAX_SAFE_INTEGER;
      if (before === "bad-cursor") return before;
      const rows = await governance.ownershipChanges({ ...filter, before, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        rows: rows.map(toChange),
        next: last === undefined ? undefined : String(last.change_number),
      };
    },
    async setOwner(request) {
      const account = accountOfSource(request.source ?? "");
      if (account !== undefined && (await integration.accounts.get(account)) === undefined)
        return { is: "unknown-account", accountId: account };
      const witness = request.measure === "physical-stock" ? ledger.ownershipWitness : undefined;
      return outcomeOf(await governance.setOwner(toOwnerChange(request), witness));
    },
  };
}

function toOwnerChange({ caller, from, to, locationId: place, ...request }: OwnerRequestOf) {
  return {
    ...request,
    locationId: place ?? "",
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    changedBy: caller.clientId,
    correlationId: caller.correlationId,
  };
}

function outcomeOf(answer: OwnerAnswer): Awaited<ReturnType<OwnershipPort["setOwner"]>> {
  switch (answer.is) {
    case "set":
      return { is: "set", answer: { already: false, change: toChange(answer.change) } };
    case "unchanged":
      return { is: "set", answer: { already: true } };
    case "unknown-location":
      return { is: "unknown-location" };
    case "judged-already":
      return { is: "judged-already", message: judgedText(answer.statement) };
    default:
      return answer satisfies never;
  }
}

type Judged = Extract<OwnerAnswer, { is: "judged-already" }>["statement"];

function judgedText(statement: Judged): string {
  if (statement === undefined)
    return "More statements about that time were taken than can be looked at again. Choose a later moment.";
  const { source, locationId: place, effectiveAt, factNumber } = statement;
  return (
    `${source} stated what happened at ${place} at ${effectiveAt} (fact ${factNumber}), and it was judged by the owner of then. ` +
    "Choose a moment after the last such statement."
  );
}
