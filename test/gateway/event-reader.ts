/** Reads server-sent events as a client does. */

export type ReadEvent = { readonly event: string; readonly id: string | undefined; readonly data: string };

export type EventReader = {
  readonly status: number;
  /** The next event with data. Undefined when the stream has ended. */
  next(): Promise<ReadEvent | undefined>;
  /** The last id that came, with or without data. */
  lastId(): string | undefined;
  /** Cuts the connection. */
  cut(): void;
};

/** Opens a stream. */
export async function openEvents(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<EventReader> {
  const cutting = new AbortController();
  const response = await fetch(url, { headers, signal: cutting.signal });
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let [text, lastId]: [string, string | undefined] = ["", undefined];

  async function block(): Promise<string | undefined> {
    while (!text.includes("\n\n")) {
      const got = await reader?.read();
      if (got?.value === undefined) return undefined;
      text += decoder.decode(got.value, { stream: true });
    }
    const end = text.indexOf("\n\n");
    const whole = text.slice(0, end);
    text = text.slice(end).replace(/^\n+/, "");
    return whole;
  }

  return {
    status: response.status,
    async next() {
      for (let whole = await block(); whole !== undefined; whole = await block()) {
        const fields = whole.split("\n").map((line) => line.split(/: ?(.*)/s, 2));
        const field = (name: string) => fields.find(([found]) => found === name)?.[1];
        lastId = field("id") ?? lastId;
        const data = field("data");
        if (data !== undefined) return { event: field("event") ?? "message", id: field("id"), data };
      }
      return undefined;
    },
    lastId: () => lastId,
    cut() {
      // Aborting alone does nothing once the request has been collected as garbage.
      reader?.cancel().catch(() => undefined);
      cutting.abort();
    },
  };
}
