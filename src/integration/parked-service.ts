import type { AccountId } from "@crossdock/canonical";
import { type ParkedAnswer, type ParkedId, type ParkedRecord, toParkedRecord } from "./parked.ts";
import { selectParked, selectParkedPage } from "./parked-store.ts";
import { dropParked, type ResumeDeps, retryParked } from "./resume-service.ts";

/** Which part of the list of open records. `after` is the last one that was seen. */
export type ParkedPage = {
  readonly accountIds?: readonly AccountId[] | undefined;
  readonly reason?: string | undefined;
  readonly state?: "waiting" | "parked" | undefined;
  readonly after?: (ParkedId & { readonly parkedAt: Date }) | undefined;
  readonly limit: number;
};

/** Records that could not become a fact. */
export type ParkedRecords = {
  /** Open records, those that were parked first before the others. */
  parkedPage(page: ParkedPage): Promise<readonly ParkedRecord[]>;
  parkedRecord(id: ParkedId): Promise<ParkedRecord | undefined>;
  /** Tries a record again. It may be parked again; the answer says why. Undefined when there is no such record. */
  retry(id: ParkedId): Promise<ParkedAnswer | undefined>;
  /** Decides that nothing is to be made of a record. It keeps its place and the reason given. */
  drop(id: ParkedId & { readonly because: string }): Promise<ParkedAnswer | undefined>;
};

/** Opens the parked records. */
export function createParkedRecords(deps: ResumeDeps): ParkedRecords {
  return {
    async parkedPage(page) {
      return (await selectParkedPage(deps.database, page)).map(toParkedRecord);
    },
    async parkedRecord(id) {
      const row = await selectParked(deps.database, id.messageId, id.record);
      return row === undefined ? undefined : toParkedRecord(row);
    },
    retry: (id) => retryParked(deps, id),
    drop: (id) => dropParked(deps, id),
  };
}
