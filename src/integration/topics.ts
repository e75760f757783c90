/** Topic on which processes are woken when messages were stored. */
export const MESSAGES_TOPIC = "messages";
/** Topic on which those are woken who wait for a message to be mapped. */
export const MAPPED_TOPIC = "messages-mapped";
/** Topic on which processes are woken when master data was saved. */
export const REFERENCES_TOPIC = "references";
/** Topic on which processes are woken when documents were queued. */
export const DOCUMENTS_TOPIC = "documents";
/** Topic on which nobody signals: it is how the forgetting of fingerprints waits and is stopped. */
export const FORGETTING_TOPIC = "forgetting";
/** The same for asking sources for what is missing. */
export const BACKFILL_TOPIC = "backfill";
