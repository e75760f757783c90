import { html, page } from "../html.ts";
import type { RawMessage } from "../services.ts";
import type { MessageStatus } from "../views.ts";
import { moment } from "./words.ts";

/** As much of a message as a page shows. The whole of it is to be had by the API. */
const SHOWN_BYTES_MAX = 64 * 1024;

/** The page of one raw message: what came, byte for byte, and what became of it. */
export function messagePage(status: MessageStatus, raw: RawMessage | undefined): string {
  const { applied, duplicates, ignored, parked, records } = status;
  const problem = status.problem === undefined ? html`` : html`<p class="wrong">${status.problem}</p>`;
  return page(
    `Message ${status.messageId}`,
    html`<h1>Message <code>${status.messageId}</code></h1>
<p>${status.kind} from <strong>${status.accountId}</strong>, received ${moment(status.receivedAt)}, delivered ${String(status.deliveries)} times, ${status.state}.</p>
<p>${String(records)} records = ${String(applied)} applied + ${String(duplicates)} duplicates + ${String(ignored)} ignored + ${String(parked)} parked</p>
${problem}
<h2>As it came</h2>
${raw === undefined ? html`<p>The bytes are not here any more.</p>` : html`<pre>${shown(raw.body)}</pre>`}
<p class="soft">The exact bytes: <code>GET /system/v1/messages/${status.messageId}/content</code></p>`,
  );
}

function shown(body: Uint8Array): string {
  const part = body.subarray(0, SHOWN_BYTES_MAX);
  const text = new TextDecoder("utf-8").decode(part);
  return body.length > part.length ? `${text}\n… ${body.length - part.length} more bytes` : text;
}
