/** One answer as a load generator sees it. `body` is only there until the next bytes are fed. */
export type Answer = { readonly status: number; readonly body: Buffer };

/**
 * Puts answers together from the pieces in which they arrive. It understands what an HTTP/1.1 server sends to a keep-alive client
 * that asks one thing at a time: a status line, fields with Content-Length, a body. Anything else is thrown: a measurement
 * of something half understood is worth nothing.
 */
export type AnswerParser = {
  /** Takes bytes; gives the answer when it is whole. */
  feed(bytes: Buffer): Answer | undefined;
};

const endOfHead = Buffer.from("\r\n\r\n");
const lengthField = /\r\ncontent-length: *(\d+)\r\n/i;
const statusLine = /^HTTP\/1\.1 (\d{3}) /;
const none = Buffer.alloc(0);

/** Makes a parser for one connection. */
export function createAnswerParser(): AnswerParser {
  let kept: Buffer = none;

  return {
    feed(bytes) {
      // Nearly always an answer comes in one piece; only then is nothing copied.
      const all = kept.length === 0 ? bytes : Buffer.concat([kept, bytes]);
      const headEnd = all.indexOf(endOfHead);
      if (headEnd < 0) {
        kept = Buffer.from(all);
        return undefined;
      }
      const head = all.toString("latin1", 0, headEnd + 2);
      const status = statusLine.exec(head)?.[1];
      const length = lengthField.exec(head)?.[1];
      if (status === undefined || length === undefined) throw new Error(`cannot read the answer ${head}`);
      const bodyStart = headEnd + endOfHead.length;
      const end = bodyStart + Number(length);
      if (all.length < end) {
        kept = Buffer.from(all);
        return undefined;
      }
      if (all.length > end) throw new Error("more came than was asked for");
      kept = none;
      return { status: Number(status), body: all.subarray(bodyStart, end) };
    },
  };
}
