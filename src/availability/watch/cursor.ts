import { hash } from "node:crypto";
import type { ChannelId } from "@crossdock/canonical";
import { type LogPosition, parsePosition, positionText } from "../../backbone/index.ts";

/** What a watcher watches, as a short text: a cursor of another is of no use to it, because it was told other items. */
export function fingerprintOf(channelId: ChannelId, itemIds: readonly string[]): string {
  return hash("sha256", JSON.stringify([channelId, itemIds.toSorted()]), "hex").slice(0, 16);
}

/** The place of a watcher, as the opaque text that outsiders keep. */
export function cursorText(position: LogPosition, fingerprint: string): string {
  return `${positionText(position)}.${fingerprint}`;
}

/** The position in a cursor; undefined where it is none, or that of one who watches something else. */
export function positionIn(cursor: string, fingerprint: string): LogPosition | undefined {
  const end = cursor.lastIndexOf(".");
  return cursor.slice(end + 1) === fingerprint ? parsePosition(cursor.slice(0, end)) : undefined;
}
