/** How much is being worked on, and whether there is room for more. */
export type Load = {
  /** Takes a request in; false when there is no room. */
  admit(bodyBytes: number): boolean;
  /** Gives its room back. */
  release(bodyBytes: number): void;
  /** From now on nothing is taken in. */
  stop(): void;
  readonly stopping: boolean;
  readonly requests: number;
};

/** Counts requests and the bytes of their bodies against two limits. */
export function createLoad(limits: {
  readonly requestsInFlightMax: number;
  readonly bodyBytesInFlightMax: number;
}): Load {
  let requests = 0;
  let bytes = 0;
  let stopping = false;
  return {
    admit(bodyBytes) {
      const hasRoom =
        requests < limits.requestsInFlightMax &&
        // A lone request always has room: how large it may be is another limit's business.
        (bytes === 0 || bytes + bodyBytes <= limits.bodyBytesInFlightMax);
      if (!hasRoom) return false;
      requests += 1;
      bytes += bodyBytes;
      return true;
    },
    release(bodyBytes) {
      requests -= 1;
      bytes -= bodyBytes;
    },
    stop() {
      stopping = true;
    },
    get stopping() {
      return stopping;
    },
    get requests() {
      return requests;
    },
  };
}
