import { RESERVATION_LINES_MAX } from "@crossdock/canonical";

/** A token bucket: so many requests a second in the long run, so many at once after a pause. */
export type Quota = { readonly perSecond: number; readonly burst: number };

/** What an installation may set. Whatever is left out has its default. */
export type GatewayLimits = {
  /** The largest body, in bytes. A batch of 5,000 statements is about 2 MB. */
  readonly bodyBytesMax: number;
  /** Requests being worked on at once; the next is told to come again. More would only make all of them slow. */
  readonly requestsInFlightMax: number;
  /** Bytes of bodies being received at once. Without it, the two limits above would allow gigabytes. */
  readonly bodyBytesInFlightMax: number;
  /** Each client's quota. The default only stops a client that has gone wild. */
  readonly clientQuota: Quota;
  /** The quota of each network address for requests without an API key: signed web hooks, and keys not seen lately. */
  readonly addressQuota: Quota;
  /** How long a request may take to arrive whole, in milliseconds; of a file, how long each part that counts as progress may. */
  readonly requestTimeoutMs: number;
};

export const DEFAULT_LIMITS: GatewayLimits = Object.freeze({
  bodyBytesMax: 4 * 1024 * 1024,
  requestsInFlightMax: 2_000,
  bodyBytesInFlightMax: 256 * 1024 * 1024,
  clientQuota: Object.freeze({ perSecond: 50_000, burst: 100_000 }),
  addressQuota: Object.freeze({ perSecond: 2_000, burst: 10_000 }),
  requestTimeoutMs: 30_000,
});

/** Statements of one batch of facts: one transaction's worth, the same as a warehouse may send at once. */
export const STATEMENTS_MAX = 5_000;
/** Decisions in one request: what a person has looked through, and each is a transaction of its own. */
export const DECISIONS_MAX = 500;
/** Pages of a snapshot in one upload: twenty thousand rows, which fit into the largest body. */
export const SNAPSHOT_PAGES_PER_REQUEST_MAX = 20;
/** Decisions about unknown names in one request: as many as a page of them has. */
export const UNRESOLVED_DECISIONS_MAX = 1_000;
/** The largest file of master data, in bytes: half a million lines. */
export const MASTER_FILE_BYTES_MAX = 32 * 1024 * 1024;
/** Bytes of a file of stock as it is sent: it is written to the disk as it comes. */
export const STOCK_FILE_BYTES_MAX = 1024 ** 3;
/** Bytes of a file that have to come within each time limit: slower than any line, and too much for whoever only holds connections. */
export const FILE_PROGRESS_BYTES_MIN = 16 * 1024;
/** How long a file may take to arrive in the end, in milliseconds: the largest, at 600 kbit/s. */
export const FILE_ARRIVAL_MS_MAX = 4 * 60 * 60 * 1_000;
/** Files that may be arriving at once: a night's, of every warehouse. Each takes room on the disk. */
export const FILES_ARRIVING_MAX = 20;
/** How often it is looked for connections whose requests have not even begun, in milliseconds. */
export const CONNECTIONS_LOOK_MS = 5_000;
/** Lines of a file that an answer lists. */
export const IMPORT_RESULTS_MAX = 1_000;
/** Requests for reservations, and steps of them, in one call: two batches of admission. */
export const BULK_REQUESTS_MAX = 1_000;
/** Lines that the requests of such a call may have together, so that it holds its locks for no longer than other batches. */
export const BULK_LINES_MAX = 5_000;
/** Lines of one batch that a solver is asked about: beyond it it finds little in the time that a caller waits. */
export const SOURCING_LINES_MAX = 1_000;
/** Items of one availability question: one page of a shop, one order. */
export const AVAILABILITY_ITEMS_MAX = RESERVATION_LINES_MAX;
/** The longest staleness that a caller may allow: a day. Who allows more does not ask for freshness. */
export const STALENESS_SECONDS_MAX = 86_400;
/** Items and locations of one query of availability: a catalogue page by every warehouse, ten thousand figures. */
export const QUERY_ITEMS_MAX = 100;
export const QUERY_LOCATIONS_MAX = 100;
/** Streams of one key, and of all keys in one process: half of the requests that may be worked on at once. */
export const STREAMS_PER_KEY_MAX = 20;
export const STREAMS_MAX = 1_000;
/** How long a stream is silent at most, in milliseconds: shorter than proxies wait. A revoked key is noticed as soon. */
export const STREAM_HEARTBEAT_MS = 10_000;
/** How long a reader may take nothing before it counts as gone, in milliseconds. */
export const STREAM_STUCK_MS = 60_000;
/** Of how long streams lasted, in seconds: from one that breaks at once to a day. */
export const STREAM_SECONDS_BUCKETS = Object.freeze([1, 10, 60, 300, 1_800, 3_600, 14_400, 86_400]);
/** When a reader whose stream was cut shall come again, in milliseconds. */
export const STREAM_RETRY_MS = 2_000;
/** Rows of a page, asked for and given unasked. */
export const PAGE_ROWS_MAX = 1_000;
export const PAGE_ROWS_DEFAULT = 100;
/** Types of facts that one reading of the log may name: more than there are. */
export const EVENT_TYPES_MAX = 100;
/** Longest cursor that any part gives out. */
export const CURSOR_LENGTH_MAX = 200;
/** Longest that `Prefer: wait` is honoured: below the time-out of every proxy we know. */
export const WAIT_SECONDS_MAX = 10;
/** Longest correlation id that is taken over from outside. */
export const CORRELATION_ID_LENGTH_MAX = 100;
/** Longest idempotency key. */
export const IDEMPOTENCY_KEY_LENGTH_MAX = 200;
/** How long the first answer to a keyed request is kept, in milliseconds. */
export const KEYED_ANSWER_KEPT_MS = 24 * 60 * 60 * 1_000;
/** After this a keyed request without an answer counts as lost with its process, and may be run again, in milliseconds. */
export const KEYED_CLAIM_MS = 60_000;
/** How long a verified API key is believed without looking again, in milliseconds: a revocation takes at most this long. */
export const KEY_BELIEVED_MS = 5_000;
/** From this age on, a key in use is looked up again beside the requests that use it, in milliseconds. */
export const KEY_REFRESHED_AFTER_MS = 2_000;
/** Keys and clients remembered at once, so that callers cannot fill the memory. */
export const KEYS_REMEMBERED_MAX = 10_000;
export const CLIENTS_REMEMBERED_MAX = 50_000;
/** Faults listed in one problem. More do not help whoever mends the first. */
export const FAULTS_MAX = 20;
/** Longest URL parameter; ids are at most 64 characters. */
export const PARAMETER_LENGTH_MAX = 200;
/** How long an idle connection is kept, in milliseconds: longer than the usual 60 s of the load balancer in front. */
export const KEEP_ALIVE_MS = 65_000;
/** When to come again after an overload, in seconds. */
export const RETRY_AFTER_SECONDS = 1;
/** How long the readiness checks may take altogether, in milliseconds, and how long their answer is reused. */
export const READINESS_TIMEOUT_MS = 2_000;
export const READINESS_REUSED_MS = 1_000;

/** Facts in one answer of the export: about half a megabyte. More is for the command, which streams. */
export const EXPORT_FACTS_MAX = 1_000;
