/** How deep a place is told; nothing that is read lies deeper. */
const PLACE_DEPTH_MAX = 8;

/** Where the walk is in one object or list: the name or index of the member at hand, and the names seen so far. */
type Frame = { readonly names: Set<string> | undefined; at: string | number; isNameNext: boolean };

/**
 * The places in a JSON text at which an object has a name for the second time, each as the steps that lead to it.
 *
 * `JSON.parse` keeps the last of them without a word, and another parser the first: a quantity that depends on who reads it is
 * none (RFC 8259, section 4). The text must be JSON: it is walked once, without recursion, and not checked.
 */
export function* repeatedNames(text: string): Generator<readonly (string | number)[]> {
  const frames: Frame[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const frame = frames.at(-1);
    switch (text[index]) {
      case "{":
        frames.push({ names: new Set(), at: "", isNameNext: true });
        break;
      case "[":
        frames.push({ names: undefined, at: 0, isNameNext: false });
        break;
      case "}":
      case "]":
        frames.pop();
        break;
      case ",":
        if (frame?.names !== undefined) frame.isNameNext = true;
        else if (typeof frame?.at === "number") frame.at += 1;
        break;
      case '"': {
        const end = endOfText(text, index);
        if (frame?.names !== undefined && frame.isNameNext) {
          const name = nameOf(text.slice(index, end + 1));
          frame.at = name;
          frame.isNameNext = false;
          if (frame.names.size === frame.names.add(name).size)
            yield frames.slice(0, PLACE_DEPTH_MAX).map(({ at }) => at);
        }
        index = end;
        break;
      }
      default:
    }
  }
}

/** The place of the quote that ends a text: the first that has an even number of backslashes before it. */
function endOfText(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let before = end - 1;
    while (text[before] === "\\") before -= 1;
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** A name as it is meant: `"\u0061"` is `a`. */
function nameOf(quoted: string): string {
  return quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
}
