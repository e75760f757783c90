/**
 * The connector of a warehouse that speaks plain JSON over HTTP: batches of events in, releases out.
 *
 * Terms: an *event* is one thing that happened in the warehouse, a *batch* is what it posts of them, a *snapshot* is what it has at
 * a moment, posted in *pages* to the same address, a *release* is an order that it shall pick and ship. The schemas here are the interface; a warehouse's own system is written against them.
 *
 * Invariants: every event becomes one record, and a bad one spoils only itself. Items and warehouses are named as the
 * warehouse names them. The same release posted twice is one order. Messages are signed in both directions with HMAC-SHA256
 * over `<timestamp>.<body>`.
 *
 * A warehouse with a `url` is asked for events that are missing from its numbers: `GET <url>/events?warehouse=&first=&last=`,
 * signed over `<timestamp>.<query>`.
 *
 * It deliberately looks nothing up, keeps nothing, and does not judge how old a signature is: the product has the clock, and
 * takes what was signed within five minutes. A warehouse that sends a batch again signs it again.
 */
import type { Connector, Outlet } from "@crossdock/connector-kit";
import { backfillEvents } from "./backfill.ts";
import { wmsIntake } from "./intake.ts";
import { deliverRelease } from "./io.ts";
import { renderRelease } from "./release.ts";
import { WmsSettings } from "./settings.ts";
import { PREVIOUS_SIGNING_SECRET, SIGNING_SECRET } from "./signing.ts";

export { wmsBackfillSchema } from "./backfill.ts";
export {
  EVENTS_PER_MESSAGE_MAX,
  WAREHOUSE_LENGTH_MAX,
  type WmsEvent,
  type WmsEventOf,
  type WmsEventType,
  type WmsSnapshot,
  wmsBatchSchema,
  wmsEventSchemas,
  wmsSnapshotSchema,
} from "./event-schema.ts";
export { PART_KIND } from "./intake.ts";
export { RELEASE_LINES_MAX, type WmsRelease, wmsReleaseSchema } from "./release.ts";
export { REASON_LENGTH_MAX, RETRY_AFTER_MS_MAX } from "./retry-after.ts";
export { WmsSettings } from "./settings.ts";
export {
  DELIVERY_ID_HEADER,
  PREVIOUS_SIGNING_SECRET,
  SIGNATURE_HEADER,
  SIGNING_SECRET,
  signatureHeaders,
  TIMESTAMP_HEADER,
  wmsSignature,
} from "./signing.ts";
export { UNIT_DEFAULT } from "./statement.ts";

const outlet: Outlet = {
  documents: ["warehouse-release"],
  render: (document, context, account) =>
    document.kind === "warehouse-release"
      ? renderRelease(document, context, account)
      : { refused: `A warehouse is told releases, and a document of kind ${document.kind} is none.` },
  deliver: (rendered, _document, io, account) => deliverRelease(rendered, io, account),
};

/** The warehouse connector: statements about stock in, releases out. It publishes nothing, because it sells nothing. */
export const wmsConnector: Connector = {
  manifest: {
    name: "wms",
    title: "Warehouse over JSON and HTTP",
    version: "0.1.0",
    speaks: "Crossdock warehouse events 1",
    settings: WmsSettings,
    ordering: "sequence",
    secrets: {
      [SIGNING_SECRET]:
        "The secret that the warehouse signs its batches with, and that we sign releases with.",
      [PREVIOUS_SIGNING_SECRET]:
        "Only while the setting `rotation` is on: the secret before, which is still taken for what comes in.",
    },
  },
  intake: { ...wmsIntake, backfill: backfillEvents },
  outlet,
};
