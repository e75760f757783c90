import { EnvelopeReader } from "./envelope.ts";
import type { Fault } from "./faults.ts";
import type { Interchange } from "./interchange.ts";
import { setDefinition } from "./schema/sets.ts";
import { type Token, tokenize } from "./tokenizer.ts";
import { SetValidator } from "./validate.ts";

/** A file read whole: its tokens, what they make up, and the faults that lie outside every interchange. */
export type Reading = {
  readonly tokens: readonly Token[];
  readonly interchanges: readonly Interchange[];
  readonly faults: readonly Fault[];
};

/** Reads and checks a file with every segment kept, for those who map its sets to something else. */
export function readInterchanges(bytes: Uint8Array): Reading {
  const tokens = tokenize(bytes);
  const reader = new EnvelopeReader({ checkerFor, keepSegments: true });
  for (const token of tokens) reader.accept(token);
  reader.end();
  return { tokens, interchanges: reader.interchanges, faults: reader.faults };
}

/** The validator for a set, or undefined when we have no definition of it in that version. */
export function checkerFor(setId: string, version: string): SetValidator | undefined {
  const definition = setDefinition(setId, version);
  return definition === undefined ? undefined : new SetValidator(definition);
}

/** The bytes the tokens were cut from. */
export function serialise(tokens: readonly Token[]): Uint8Array {
  return Buffer.from(
    tokens.map((token) => (token.kind === "gap" ? token.raw : token.rebuilt)).join(""),
    "latin1",
  );
}
