import { setTimeout } from "node:timers/promises";

/** Attempts of one file before it is given up. */
const ATTEMPTS_MAX = 9;
const ANSWER_MS_MAX = 10_000;
/** Files that wait; the oldest are lost when nobody takes them for long. */
const WAITING_MAX = 10_000;
/** The wait doubles with each attempt, up to this. */
const RETRY_DELAY_MS_MAX = 30_000;

/** Where files are posted. */
export type MailTarget = { readonly url: string; readonly headers?: Readonly<Record<string, string>> };

type CourierOptions = {
  readonly retryDelayMs: number;
  /** Told of a file that was refused or given up, and why. */
  readonly lost: (reason: string) => void;
};

/** Keeps outgoing files in order: until they are taken, or posts them one after the other where there is an address. */
export class Courier {
  readonly #waiting: Uint8Array[] = [];
  readonly #options: CourierOptions;
  readonly #stop = new AbortController();
  #target: MailTarget | undefined;
  #running: Promise<void> | undefined;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  add(file: Uint8Array): void {
    this.#waiting.push(file);
    if (this.#waiting.length > WAITING_MAX) {
      this.#waiting.shift();
      this.#options.lost(`nobody took ${WAITING_MAX} files, and the oldest is thrown away`);
    }
    this.#start();
  }

  /** Hands out what waits; it will not be posted. */
  take(): readonly Uint8Array[] {
    return this.#waiting.splice(0);
  }

  postTo(target: MailTarget): void {
    this.#target = target;
    this.#start();
  }

  /** Resolves when everything is posted or given up. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.settled();
  }

  #start(): void {
    if (this.#target === undefined || this.#running !== undefined || this.#stop.signal.aborted) return;
    this.#running = this.#postAll().finally(() => {
      this.#running = undefined;
      // A file may have been added after the last look.
      if (this.#waiting.length > 0) this.#start();
    });
  }

  async #postAll(): Promise<void> {
    while (this.#target !== undefined && !this.#stop.signal.aborted) {
      const file = this.#waiting.shift();
      if (file === undefined) return;
      await this.#post(file, this.#target);
    }
  }

  async #post(file: Uint8Array, target: MailTarget): Promise<void> {
    let told = "";
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const status = await this.#attempt(file, target);
      if (this.#stop.signal.aborted || (status !== undefined && status >= 200 && status < 300)) return;
      told = status === undefined ? "no answer" : `an answer of ${status}`;
      const isFinal =
        status !== undefined && status >= 400 && status < 500 && ![408, 425, 429].includes(status);
      if (isFinal) break;
      const delayMs = Math.min(this.#options.retryDelayMs * 2 ** attempt, RETRY_DELAY_MS_MAX);
      await setTimeout(delayMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
    this.#options.lost(`a file of ${file.length} bytes could not be posted: ${told}`);
  }

  async #attempt(file: Uint8Array, { url, headers }: MailTarget): Promise<number | undefined> {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/edi-x12", ...headers },
        body: new Uint8Array(file),
        redirect: "manual",
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return undefined; // Nobody answered; the file is posted again like one that was refused for now.
    }
  }
}
