/** A kind of problem: what it means and what the caller should do. */
export type ProblemKind = {
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
  readonly action: string;
};

const kind = (status: number, title: string, meaning: string, action: string): ProblemKind =>
  Object.freeze({ status, title, meaning, action });

/** Every kind of problem that this server answers with. Codes are stable; the pages under /problems come from here. */
export const PROBLEM_KINDS = Object.freeze({
  "invalid-request": kind(
    400,
    "The request does not have the right form",
    "A part of the request breaks the schema of this operation; `errors` lists where and how.",
    "Correct what `errors` lists. The schema is in /openapi.json.",
  ),
  "malformed-json": kind(
    400,
    "The body is not JSON",
    "The body stops being JSON at the place that `detail` names.",
    "Send the body as JSON (RFC 8259), encoded as UTF-8.",
  ),
  "malformed-request": kind(
    400,
    "The request is not proper HTTP",
    "The URL, a header field or the length of the body is broken.",
    "Check the client or the proxy that made the request.",
  ),
  "unreadable-file": kind(
    400,
    "The file cannot be read",
    "The file is not CSV or XLSX, is damaged, or its headings are not those of its kind; `detail` says which.",
    "Correct the file. `GET /system/v1/master-data/templates/{kind}` gives one with the right headings.",
  ),
  "unreadable-stock-file": kind(
    400,
    "The file of stock cannot be read",
    "The file is not CSV or NDJSON, is damaged, or its columns are not those of a file of stock; `detail` says which.",
    "Correct the file, or say in `columns` which column is what. Nothing was taken.",
  ),
  "faulty-stock-file": kind(
    422,
    "Lines of the file of stock are wrong",
    "Some lines cannot be taken. A snapshot without them would say that there is nothing where they counted.",
    "Correct the lines in `faults`, which has the first of them, and send the whole file again.",
  ),
  "unreadable-supply-file": kind(
    400,
    "The file of supply cannot be read",
    "The file is not CSV or XLSX, is damaged, or its headings are not those of a file of supply; `detail` says which.",
    "Correct the file. `GET /system/v1/supply/files/template` gives one with the right headings. Nothing was taken.",
  ),
  "faulty-supply-file": kind(
    422,
    "Lines of the file of supply are wrong",
    "Some lines cannot be taken, so none was.",
    "Correct the lines in `faults`, which has the first of them, and send the whole file again.",
  ),
  "invalid-cursor": kind(
    400,
    "The cursor is not one of ours",
    "The parameter `after` is not a cursor that this operation has given out.",
    "Take `next` from the page before, unchanged; leave `after` out to start at the beginning.",
  ),
  "moment-archived": kind(
    410,
    "That past lies in an archive",
    "Transfers of that time have left the database for an archive, so what there was then is not known here.",
    "Ask about a later moment, or have an operator put the archive back: `crossdock archive --restore`.",
  ),
  "facts-archived": kind(
    410,
    "Those facts lie in an archive",
    "Facts that were asked for have left the database for an archive; `detail` says which. Only their hashes are here.",
    "Check the archive's own `events.ndjson.gz` with `verify-log.mjs`, or have an operator put it back: `crossdock archive --restore`.",
  ),
  "cursor-beyond-end": kind(
    409,
    "The cursor lies beyond the end of the log",
    "The log is shorter than it was when the cursor was given out, or the cursor is another log's: nothing would ever come after it.",
    "Find out which: where the log was restored from a backup, take in again from `end`, or from the beginning, what you have beyond it; else ask the server that gave the cursor out.",
  ),
  "not-signed-yet": kind(
    409,
    "The fact is not under a signed checkpoint yet",
    "The log is sealed within seconds and signed within a minute; until then there is nothing to prove a fact against.",
    "Ask again in a minute, or have a checkpoint signed now: POST /system/v1/audit/checkpoint.",
  ),
  "idempotency-key-malformed": kind(
    400,
    "The Idempotency-Key cannot be read",
    "The field is neither a quoted string nor a bare key, or is longer than 200 characters.",
    'Send for example Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324".',
  ),
  unauthenticated: kind(
    401,
    "An API key is needed",
    "The request carries no API key.",
    "Send Authorization: Bearer cd_….",
  ),
  "invalid-api-key": kind(
    401,
    "The API key is not valid",
    "The key is unknown, mistyped, expired or revoked.",
    "Check that the whole key was copied; else ask whoever runs the server for a new one.",
  ),
  "message-not-genuine": kind(
    401,
    "The message is not what it claims to be",
    "The message has neither the signature that its account asks for nor an API key.",
    "Compare the signing secret on both sides, or send an API key with the scope messages:write.",
  ),
  "missing-scope": kind(
    403,
    "The API key may not do this",
    "The key is valid, but lacks the scope that `missingScope` names.",
    "Use a key that has the scope, or have one issued.",
  ),
  "own-draft": kind(
    403,
    "Nobody approves their own draft",
    "Whoever has written a part of a draft cannot approve it: it takes two people to change what channels may sell.",
    "Have somebody else approve it, with a key of their own.",
  ),
  "foreign-page": kind(
    403,
    "The form is not one of ours",
    "A browser sent the form from a page of another site, or did not say from which; such a request may not have been meant.",
    "Open the page here and send its form. Programs use the operations in /openapi.json instead.",
  ),
  "account-not-granted": kind(
    403,
    "The API key may not act for this account",
    "The key is limited to certain accounts, and this is not one of them.",
    "Use the key of this account.",
  ),
  "unknown-route": kind(
    404,
    "There is nothing at this address",
    "No operation has this path.",
    "Compare the path with those in /openapi.json.",
  ),
  "unknown-account": kind(
    404,
    "There is no such account",
    "No account has this id, or it is switched off.",
    "Check the id, or have the account set up.",
  ),
  "not-found": kind(
    404,
    "There is no such thing",
    "Nothing has the id in the path.",
    "Check the id; ids are compared letter by letter.",
  ),
  "method-not-allowed": kind(
    405,
    "This address does not take this method",
    "The path exists, with the methods that the Allow field lists.",
    "Use one of them.",
  ),
  "request-timeout": kind(
    408,
    "The request did not arrive in time",
    "The whole request has to arrive within the server's time limit; a file, for as long as it keeps coming.",
    "Send it again; send large bodies in parts.",
  ),
  "message-not-troubled": kind(
    409,
    "The message needs no decision",
    "Only a message that is `suspect` or `dead` can be dismissed; this one counts, or is about to.",
    "Read the message; drop its parked records one by one if it is they that are not wanted.",
  ),
  "numbers-not-missing": kind(
    409,
    "The numbers are not all missing",
    "Only numbers that lie in gaps can be said never to have been used: one of these has come, or lies beyond what has.",
    "See which are missing: GET /system/v1/accounts/{account}/intake.",
  ),
  "document-not-refused": kind(
    409,
    "The document needs no decision",
    "Only a document that is `refused` can be dismissed; this one has left, or is on its way.",
    "Tell the partner what is wrong with it; what was sent cannot be taken back here.",
  ),
  "dead-letter-taken": kind(
    409,
    "The dead letter needs no decision",
    "Only a dead letter that is `open` can be dismissed; its reader has taken this one meanwhile.",
    "Nothing; what it did stands on the log.",
  ),
  "judged-already": kind(
    409,
    "Statements about that time were judged already",
    "Another owner at that time would have made a claim of a statement that moved stock, or the other way round. Nothing was changed.",
    "Choose a moment after the statement that `detail` names. What came before can be corrected by a count.",
  ),
  "draft-state": kind(
    409,
    "The draft cannot take this step",
    "A draft is checked, then approved by another person, then activated; each change of it begins this anew.",
    "Read the draft to see how far it has come: GET /process/v1/rules/drafts/{draftId}.",
  ),
  "draft-overtaken": kind(
    409,
    "The rules were changed since the draft was checked",
    "Somebody else changed rules that the draft changes; `keys` names them. Nothing was put into force.",
    "Look at what the draft changes now, check it, and have it approved again.",
  ),
  "insufficient-stock": kind(
    409,
    "There is not enough stock",
    "Nothing was reserved; `rejections` says for each line why, and by how much it was short.",
    "Ask for less, for another location, or with the policy `partial`.",
  ),
  "item-identity-refused": kind(
    409,
    "The items cannot become one, or two",
    "Nothing was changed; `refusals` says what stands against it, place by place and with the numbers.",
    "End or ship what is promised, receive what is in transit, or make the two items agree. With `preview` nothing is changed.",
  ),
  "reservation-expired": kind(
    409,
    "The reservation has expired",
    "Its time ran out, and the stock may be promised to someone else.",
    "Reserve again.",
  ),
  "reservation-wrong-state": kind(
    409,
    "The reservation cannot take this step",
    "It is past the state in which this step is possible.",
    "Read the reservation to see its state.",
  ),
  "reservation-change-not-possible": kind(
    409,
    "The reservation cannot be changed like this",
    "What was asked for is more than the reservation has, or somewhere its channel does not sell from; `detail` says what there is.",
    "Ask for less than the reservation has, or for a location of its channel.",
  ),
  "plan-out-of-date": kind(
    409,
    "The plan is not as it was proposed any more",
    "Stock or rules have changed since the proposal, or the plan takes something else than was asked for. Nothing of it was taken.",
    "Ask for another proposal, and take that.",
  ),
  "backorder-not-changeable": kind(
    409,
    "The backorder cannot be changed like this",
    "It waits no longer, or what was asked for is more than waits; `detail` says which.",
    "Read the backorder to see how it stands. For more units, ask for them anew.",
  ),
  "split-limit": kind(
    409,
    "There is enough, but not from so few locations",
    "All that was asked for is there, but it would have to come from more locations than `maxSplits` or `ship-complete` allows.",
    "Allow more splits, ask for less, or ask with the policy `all-or-nothing` or `partial`.",
  ),
  "hold-limit": kind(
    409,
    "The limit of what may be held is reached",
    "Holds keep stock from everybody else, so how many, how much and how long each client may hold is limited; `detail` says how much that is.",
    "Allocate or release holds, ask for less, or have an operator raise the limit.",
  ),
  "order-number-taken": kind(
    409,
    "The order number is taken",
    "This account has an order of that number with other content.",
    "Send a new order number, or read the order that `orderId` names.",
  ),
  "idempotency-key-in-flight": kind(
    409,
    "The first request is still being worked on",
    "Another request with this Idempotency-Key has not been answered yet.",
    "Send the same request again after Retry-After.",
  ),
  "body-too-large": kind(
    413,
    "The body is too large",
    "The body is larger than the limit that `limit` names.",
    "Send it in parts, or have the limit raised.",
  ),
  "unsupported-media-type": kind(
    415,
    "The body is of a wrong type",
    "This operation takes the media types that `detail` names.",
    "Set Content-Type to what the body is.",
  ),
  "unsupported-encoding": kind(
    415,
    "The body is compressed",
    "This server takes bodies as they are, so that their size is known and signatures hold.",
    "Send the body without Content-Encoding.",
  ),
  "idempotency-key-reused": kind(
    422,
    "The Idempotency-Key belongs to another request",
    "The key was used before with another payload or path.",
    "Use a new key for a new request.",
  ),
  "rules-faulty": kind(
    422,
    "The rules cannot hold as they would be",
    "Each of `errors` names a rule, or a line of the file, with what is wrong and what to do; `faultCount` says how many there are.",
    "Correct them in the draft, and check it again.",
  ),
  "unresolvable-lines": kind(
    422,
    "Lines name what we do not know",
    "Nothing was reserved; `rejections` names the items, locations and units that are unknown.",
    "Correct the references, or have them set up; asking again does not help before that.",
  ),
  "unknown-channel": kind(
    422,
    "There is no such channel",
    "No channel has this id.",
    "Check the id, or have the channel set up.",
  ),
  "message-refused": kind(
    422,
    "The message cannot be taken",
    "The account's connector finds nothing in these bytes that it could store.",
    "Check that the message goes to the right account.",
  ),
  "order-refused": kind(
    422,
    "The order cannot be taken",
    "The order has the right form, but says something that cannot be; `errors` lists what.",
    "Correct what `errors` lists.",
  ),
  "source-too-old": kind(
    503,
    "What is known of a source is too old",
    "A source of the answer was not heard of within `maxStaleness`, or what it said has yet to be taken in. Nothing was done.",
    "Look whether the messages of `source` come in and are taken in, allow more, or ask without `maxStaleness`.",
  ),
  "rate-limited": kind(
    429,
    "Too many requests",
    "The client has used up its quota; RateLimit-Policy says what it is. A call that carries many lines costs as many as it carries.",
    "Wait for the seconds in Retry-After.",
  ),
  "too-many-streams": kind(
    429,
    "Too many streams",
    "The API key has as many streams of changes open as it may have.",
    "Close one that is not needed, or name more items in one stream; a stream that was cut is free within a minute.",
  ),
  "headers-too-large": kind(
    431,
    "The header fields are too large",
    "The request line and the header fields together are larger than the server reads.",
    "Send fewer or shorter header fields.",
  ),
  "internal-error": kind(
    500,
    "Something is broken here",
    "The server met a fault of its own. It has been logged under the correlation id.",
    "Report the correlation id. A request with an Idempotency-Key may be sent again.",
  ),
  overloaded: kind(
    503,
    "Too much to do at the moment",
    "The server works on as many requests as it may at once.",
    "Send the same request again after Retry-After.",
  ),
  stopping: kind(
    503,
    "The server is stopping",
    "The server finishes what it has begun and takes nothing new.",
    "Send the same request again; another or the next server takes it.",
  ),
  "temporarily-unavailable": kind(
    503,
    "Not possible at the moment",
    "Something that the server needs does not answer, the database most likely.",
    "Send the same request again after Retry-After, with the same Idempotency-Key.",
  ),
  "unreadable-barcode": kind(
    422,
    "The barcode cannot be read",
    "The text begins as a barcode with GS1 application identifiers does, and is none; `detail` says where it goes wrong.",
    "Scan it again. A scanner that leaves out the separator (FNC1) has to be set to send it.",
  ),
  "too-many-what-ifs": kind(
    409,
    "Too many wait to be played",
    "The past is played again one run at a time, and ten wait already.",
    "Look at those that are there, cancel what is not needed, and ask again.",
  ),
  "outcome-unknown": kind(
    503,
    "It may or may not have happened",
    "The connection to the database broke at the very moment of keeping the result.",
    "Send the same request again with the same Idempotency-Key: it is done once, and answered once.",
  ),
} satisfies Record<string, ProblemKind>);

export type ProblemCode = keyof typeof PROBLEM_KINDS;
