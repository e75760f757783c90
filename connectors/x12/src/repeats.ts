import { createHash, type Hash } from "node:crypto";
import { interchangeStatus } from "./acknowledge.ts";
import { show } from "./delimiters.ts";
import { fault } from "./faults.ts";
import type { Interchange } from "./interchange.ts";
import type { Token } from "./tokenizer.ts";

/** TA105: duplicate interchange control number. */
const duplicateControlNumber = "025";

/**
 * Tells an interchange that was sent again from another one that was given the same control number. Both have the sender,
 * receiver and ISA13 of one before them. The first is harmless. The second is *suspect*: one of the two has the wrong number,
 * and only people can say which; it is kept, and answered when they have decided. An interchange that is rejected has not used
 * its number up: its sender may mend it and send it again under the same one.
 */
export class Repeats {
  readonly #digests: string[] = [];
  #hash: Hash | undefined;
  /** A run of segments that lie one behind the other in one text: they are hashed together, which costs a tenth. */
  #text = "";
  #from = 0;
  #to = 0;

  /** Takes the tokens of a file in order. What stands around an interchange is not its content, and neither are gaps in it. */
  accept(token: Token): void {
    if (token.kind === "gap") {
      this.#flush();
      return;
    }
    const begins = token.id === "ISA";
    if (begins) this.#begin();
    if (token.source !== this.#text) {
      this.#flush();
      this.#text = token.source;
      this.#from = begins ? token.from : token.start;
    }
    this.#to = token.end;
  }

  /** The interchanges of the file, those that are suspect with a fault that says so. Call once, at its end. */
  judge(interchanges: readonly Interchange[]): readonly Interchange[] {
    this.#begin();
    const digests = this.#digests.values();
    const seen = new Map<string, string | undefined>();
    return interchanges.map((interchange) => {
      if (!interchange.addressed) return interchange;
      const digest = digests.next().value;
      if (interchangeStatus(interchange) === "R") return interchange;
      const key = JSON.stringify([5, 6, 7, 8, 13].map((position) => interchange.header[position]));
      const first = seen.get(key) ?? digest;
      seen.set(key, first);
      return first === digest ? interchange : suspect(interchange);
    });
  }

  #begin(): void {
    this.#flush();
    if (this.#hash !== undefined) this.#digests.push(this.#hash.digest("base64"));
    this.#hash = createHash("sha256");
  }

  #flush(): void {
    if (this.#text !== "") this.#hash?.update(this.#text.slice(this.#from, this.#to), "latin1");
    this.#text = "";
  }
}

function suspect(interchange: Interchange): Interchange {
  const at = { segment: "ISA", position: interchange.position, offset: interchange.offset };
  const message = `ISA13: control number ${show(interchange.header[13] ?? "")} came before from this sender, with other content`;
  const found = fault("interchange", duplicateControlNumber, at, { element: 13, message });
  return { ...interchange, faults: [...interchange.faults, found] };
}

export function isSuspect(interchange: Interchange): boolean {
  return interchange.faults.some(
    (found) => found.code === duplicateControlNumber && found.level === "interchange",
  );
}
