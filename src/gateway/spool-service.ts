import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RequestFault } from "./fault-of.ts";

/** What came in, to be read several times. */
export type Spooled = {
  open(): AsyncIterable<Uint8Array>;
  /** Gives its room on the disk back. */
  close(): Promise<void>;
};

/**
 * Writes a body to the disk as it comes, so that it costs no memory however long it is. The file has no name by the time that the first
 * byte is in it: whatever becomes of the process, nothing is left behind.
 */
export async function spool(body: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), "crossdock-upload-"));
  const file = await open(join(folder, "body"), "wx+", 0o600);
  await rm(folder, { recursive: true });
  try {
    let bytes = 0;
    for await (const piece of arriving(body)) {
      bytes += piece.byteLength;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      await file.write(piece);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    open: () => file.createReadStream({ start: 0, autoClose: false }),
    close: () => file.close(),
  };
}

/** A body that breaks off is the sender's fault, or the line's. */
async function* arriving(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    const detail = "The connection ended before the file did. Nothing of it was taken.";
    throw new RequestFault({ code: "malformed-request", detail }, { cause: error });
  }
}

function tooLarge(bytesMax: number): RequestFault {
  const detail = `The file is larger than ${bytesMax} bytes. Send it gzipped, or location by location.`;
  return new RequestFault({ code: "body-too-large", detail, more: { limitBytes: bytesMax } });
}
