/** A value as JSON: as text, and as bytes where they were wanted. */
export type Written = { readonly text: string; bytes(): Buffer };

/** Writes values out as JSON, each object once for as long as somebody else remembers it. What it is given must not change any more. */
export function onceWritten<Value extends object>(
  write: (value: Value) => string,
): (value: Value) => Written {
  const written = new WeakMap<Value, Written>();
  return (value) => {
    const known = written.get(value);
    if (known !== undefined) return known;
    const made = writtenAs(write(value));
    written.set(value, made);
    return made;
  };
}

/** Text as it was written. */
export function writtenAs(text: string): Written {
  let bytes: Buffer | undefined;
  return {
    text,
    bytes() {
      bytes ??= Buffer.from(text);
      return bytes;
    },
  };
}

/** Parts up to which an answer is sent as text: in one piece with its head, where bytes would be a second piece. */
const TEXT_PARTS_MAX = 8;

type Joining = { readonly head: string; readonly between: string; readonly tail: string };

/** What was written, one after the other with something between. Bytes are copied, which many parts are sooner than encoded anew. */
export function joined(parts: readonly Written[], { head, between, tail }: Joining): string | Buffer {
  if (parts.length <= TEXT_PARTS_MAX) return `${head}${parts.map(({ text }) => text).join(between)}${tail}`;
  const [first, gap, last] = [Buffer.from(head), Buffer.from(between), Buffer.from(tail)];
  const gaps = (parts.length - 1) * gap.length;
  const length = parts.reduce((sum, part) => sum + part.bytes().length, first.length + gaps + last.length);
  const answer = Buffer.allocUnsafe(length);
  let at = first.copy(answer);
  for (const [index, part] of parts.entries()) {
    if (index > 0) at += gap.copy(answer, at);
    at += part.bytes().copy(answer, at);
  }
  last.copy(answer, at);
  return answer;
}
