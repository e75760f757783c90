import { createHash, createHmac } from "node:crypto";
import type { SeededRandom } from "@crossdock/connector-kit/testing";

/** Attempts of one webhook, as the vendor's: after them it is lost. */
const ATTEMPTS_MAX = 9;
/** A receiver has this long to answer, as with the vendor. */
const ANSWER_MS_MAX = 5_000;
/** Webhooks that wait to be sent; the oldest are lost when a receiver is away for long. */
const WAITING_MAX = 10_000;
/** Webhooks ahead of which a reordered one may be sent. */
const REORDER_WINDOW = 5;

/** Chances, between 0 and 1, of what happens to a webhook on its way. */
export type WebhookFaults = { readonly duplicate: number; readonly reorder: number };

/** Where webhooks go. */
export type WebhookTarget = {
  readonly url: string;
  /** Headers that the receiver wants and Shopify would not send. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Topics that were subscribed to. Absent: all that there are. */
  readonly topics?: readonly string[];
};

/** A webhook as it was signed, with what became of it. */
export type SentWebhook = {
  readonly topic: string;
  readonly eventId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  attempts: number;
  /** Status of the last answer; undefined before the first, and when there was none. */
  status: number | undefined;
};

type WebhookOptions = {
  readonly shopDomain: string;
  readonly clientSecret: string;
  readonly apiVersion: string;
  readonly target: WebhookTarget | undefined;
  readonly random: SeededRandom;
  readonly faults: WebhookFaults;
  readonly now: () => Date;
  /** Wait before the second attempt; it doubles with each. */
  readonly retryDelayMs: number;
  readonly kept: number;
  /** Makes event ids that differ from those of other runs. */
  readonly idSeed: string;
};

/** Signs webhooks and sends them one after the other, with the duplicates and the disorder that the vendor warns of. */
export class WebhookSender {
  target: WebhookTarget | undefined;
  /** The latest webhooks, oldest first. */
  readonly sent: SentWebhook[] = [];
  readonly #options: WebhookOptions;
  readonly #waiting: SentWebhook[] = [];
  readonly #delayed = new Set<NodeJS.Timeout>();
  readonly #stop = new AbortController();
  #idle: PromiseWithResolvers<void> | undefined;
  #sending = false;
  #events = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.target = options.target;
  }

  /** Queues a webhook; with the chance of a duplicate it is queued twice, under the same event id. */
  emit(topic: string, body: Uint8Array): void {
    this.#events += 1;
    const eventId = this.#id(`event ${this.#events}`);
    this.#enqueue(this.#sign(topic, eventId, body, "first"));
    if (this.#options.random.chance(this.#options.faults.duplicate)) {
      this.#enqueue(this.#sign(topic, eventId, body, "second"));
    }
  }

  /** Waits until everything is delivered or given up. */
  settled(): Promise<void> {
    if (!this.#isBusy()) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  close(): void {
    this.#stop.abort();
    for (const timer of this.#delayed) clearTimeout(timer);
    this.#delayed.clear();
    this.#waiting.length = 0;
    this.#wake();
  }

  #id(text: string): string {
    const hex = createHash("sha256").update(`${this.#options.idSeed} ${text}`).digest("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
      "-",
    );
  }

  #sign(topic: string, eventId: string, body: Uint8Array, copy: string): SentWebhook {
    const { shopDomain, clientSecret, apiVersion, now } = this.#options;
    const headers = {
      "content-type": "application/json",
      "user-agent": "Shopify-Captain-Hook",
      "x-shopify-api-version": apiVersion,
      "x-shopify-event-id": eventId,
      "x-shopify-hmac-sha256": createHmac("sha256", clientSecret).update(body).digest("base64"),
      "x-shopify-shop-domain": shopDomain,
      "x-shopify-topic": topic,
      "x-shopify-triggered-at": now().toISOString(),
      "x-shopify-webhook-id": this.#id(`${eventId} ${copy}`),
    };
    return { topic, eventId, headers, body, attempts: 0, status: undefined };
  }

  #enqueue(webhook: SentWebhook): void {
    this.sent.push(webhook);
    if (this.sent.length > this.#options.kept) this.sent.shift();
    if (this.target === undefined || !isSubscribed(this.target, webhook.topic)) return;
    this.#waiting.push(webhook);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    this.#start();
  }

  #start(): void {
    if (this.#sending) return;
    this.#sending = true;
    const done = () => {
      this.#sending = false;
      if (this.#waiting.length > 0 && !this.#stop.signal.aborted) this.#start();
      else this.#wake();
    };
    this.#sendAll().then(done, done);
  }

  async #sendAll(): Promise<void> {
    // One turn later, so that what is emitted together can overtake.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const { random, faults } = this.#options;
      const last = Math.min(REORDER_WINDOW, this.#waiting.length) - 1;
      const [webhook] = this.#waiting.splice(random.chance(faults.reorder) ? random.integer(0, last) : 0, 1);
      if (webhook !== undefined) await this.#send(webhook);
    }
  }

  async #send(webhook: SentWebhook): Promise<void> {
    const { target } = this;
    if (target === undefined) return;
    webhook.attempts += 1;
    webhook.status = await this.#post(target, webhook);
    const isAccepted = webhook.status !== undefined && webhook.status >= 200 && webhook.status < 300;
    if (isAccepted || webhook.attempts >= ATTEMPTS_MAX || this.#stop.signal.aborted) return;
    const timer = setTimeout(
      () => {
        this.#delayed.delete(timer);
        this.#waiting.push(webhook);
        this.#start();
      },
      this.#options.retryDelayMs * 2 ** (webhook.attempts - 1),
    );
    this.#delayed.add(timer);
  }

  async #post(target: WebhookTarget, { headers, body }: SentWebhook): Promise<number | undefined> {
    try {
      const response = await fetch(target.url, {
        method: "POST",
        headers: { ...headers, ...target.headers },
        body,
        redirect: "manual",
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return undefined; // Nobody answered; the webhook is tried again like any that was refused.
    }
  }

  #isBusy(): boolean {
    return this.#sending || this.#waiting.length > 0 || this.#delayed.size > 0;
  }

  #wake(): void {
    if (this.#isBusy() && !this.#stop.signal.aborted) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}

function isSubscribed({ topics }: WebhookTarget, topic: string): boolean {
  return topics === undefined || topics.includes(topic);
}
