/** A change of a JSON document at some place. `place` is taken modulo the number of places, so every number fits. */
export type JsonEdit = {
  readonly place: number;
  readonly change: "replace" | "remove" | "repeat" | "add";
  readonly value: unknown;
};

/** A change of bytes. `place` is taken modulo the length. */
export type ByteEdit = {
  readonly place: number;
  readonly change: "flip" | "insert" | "remove" | "truncate" | "repeat";
  readonly byte: number;
};

/** Places of one document that mutations choose from; more make the search slower, not better. */
const PLACES_MAX = 2_000;

/** The JSON value of bytes, or undefined when they are none. */
export function jsonOf(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

/** The value with the edits made, one after the other. The given value stays as it is. */
export function editJson(value: unknown, edits: readonly JsonEdit[]): unknown {
  const root = { value: structuredClone(value) };
  for (const edit of edits) {
    const places = placesOf(root);
    const place = places[edit.place % places.length];
    // Its own copy of the value: a later edit may change it, and the next document is given the same edit.
    if (place !== undefined) editPlace(place, { ...edit, value: structuredClone(edit.value) });
  }
  return root.value;
}

type Place = { readonly holder: object; readonly key: string };

function placesOf(root: object): Place[] {
  const places: Place[] = [];
  const open: object[] = [root];
  for (const holder of open) {
    for (const [key, member] of Object.entries(holder)) {
      if (places.length >= PLACES_MAX) return places;
      places.push({ holder, key });
      if (typeof member === "object" && member !== null) open.push(member);
    }
  }
  return places;
}

function editPlace({ holder, key }: Place, { change, value }: JsonEdit): void {
  const member: unknown = Reflect.get(holder, key);
  switch (change) {
    case "replace":
      Reflect.set(holder, key, value);
      return;
    case "remove":
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else Reflect.deleteProperty(holder, key);
      return;
    case "repeat":
      if (Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(member));
      else Reflect.set(holder, `${key}2`, structuredClone(member));
      return;
    case "add":
      if (typeof member === "object" && member !== null) Reflect.set(member, "surprise", value);
      else Reflect.set(holder, key, [member, value]);
      return;
    default:
      change satisfies never;
  }
}

/** The bytes with the edits made, one after the other. The given bytes stay as they are. */
export function editBytes(bytes: Uint8Array, edits: readonly ByteEdit[]): Uint8Array {
  return edits.reduce(editOnce, bytes);
}

function editOnce(bytes: Uint8Array, { place, change, byte }: ByteEdit): Uint8Array {
  const at = bytes.length === 0 ? 0 : place % bytes.length;
  const before = bytes.subarray(0, at);
  const here = bytes.subarray(at, at + 1);
  const after = bytes.subarray(at + 1);
  switch (change) {
    case "flip":
      return joinBytes([before, here.map((old) => old ^ (byte || 1)), after]);
    case "insert":
      return joinBytes([before, Uint8Array.of(byte), here, after]);
    case "remove":
      return joinBytes([before, after]);
    case "truncate":
      return before;
    case "repeat":
      return joinBytes([before, bytes.subarray(at, at + 1 + byte), bytes.subarray(at)]);
    default:
      return change satisfies never;
  }
}

/** The bytes of all chunks, in order. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(chunks));
}

/** The bytes as a view into a larger buffer, as the ones are that come out of a socket. The copy shares nothing. */
export function embeddedCopy(bytes: Uint8Array): Uint8Array {
  const room = new Uint8Array(bytes.length + 8);
  room.set(bytes, 3);
  return room.subarray(3, 3 + bytes.length);
}
