import type { IncomingMessage, ServerResponse } from "node:http";
import { FILE_PROGRESS_BYTES_MIN, FILES_ARRIVING_MAX } from "./limits.ts";

/** Does something once after so many milliseconds; gives the way to call it off. */
export type After = (ms: number, run: () => void) => () => void;

/** By the process's own timers. */
export const afterMs: After = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Requests while they arrive. */
export type Arrivals = {
  /** Watches a request until its last byte is there: it has one time limit for all of it. */
  watch(request: IncomingMessage, response: ServerResponse): void;
  /** What comes is a file: until it is answered it may take as long as it keeps coming. False when too many are coming already. */
  takeFile(request: IncomingMessage, response: ServerResponse): boolean;
};

/**
 * Makes the watch. Node's own limit is one for all requests, and a file of hundreds of megabytes over a slow line needs hours where a
 * client that holds connections open must be cut off after seconds. Whatever route a request takes is watched, also what is refused
 * before its body is read.
 */
export function createArrivals(options: {
  readonly after: After;
  /** Time for a whole request; and for each part of a file that counts as progress. */
  readonly limitMs: number;
  /** Answers one that did not arrive, and closes its connection. */
  readonly onLate: (request: IncomingMessage, response: ServerResponse) => void;
}): Arrivals {
  const { after, limitMs, onLate } = options;
  const files = new Set<IncomingMessage>();

  return {
    watch(request, response) {
      if (!hasBody(request)) return;
      // Counted by the socket, so that nothing is done for each piece.
      let bytesCome = request.socket.bytesRead;
      const look = () => {
        if (request.complete || request.socket.destroyed) return;
        const bytes = request.socket.bytesRead - bytesCome;
        if (!files.has(request) || bytes < FILE_PROGRESS_BYTES_MIN) {
          onLate(request, response);
          return;
        }
        bytesCome += bytes;
        callOff = after(limitMs, look);
      };
      let callOff = after(limitMs, look);
      request.once("close", () => callOff());
    },
    takeFile(request, response) {
      if (files.size >= FILES_ARRIVING_MAX) return false;
      files.add(request);
      response.once("close", () => files.delete(request));
      return true;
    },
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers["content-length"];
  return headers["transfer-encoding"] !== undefined || (length !== undefined && length !== "0");
}
