/** Where a text stops being JSON. `line` and `column` count from 1, `offset` from 0, all in UTF-16 units. */
export type SyntaxFault = {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  readonly expected: string;
};

type Want = "value" | "value or ]" | "name or }" | "name" | ":" | ", or ]" | ", or }" | "end";

const space = /[ \t\n\r]*/y;
const string = /"(?:[\x20\x21\x23-\x5b\x5d-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar =
  /"(?:[\x20\x21\x23-\x5b\x5d-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

const expectations: Readonly<Record<Want, string>> = {
  value: "a value",
  "value or ]": "a value or ]",
  "name or }": "a name in double quotes or }",
  name: "a name in double quotes",
  ":": "a colon",
  ", or ]": "a comma or ]",
  ", or }": "a comma or }",
  end: "nothing more",
};

/**
 * Finds the first place where a text is not JSON (RFC 8259); undefined when it is. Engines word the place differently, and
 * for short texts not at all. Meant for texts that a parser has refused: it is slower than one.
 */
export function findSyntaxFault(text: string): SyntaxFault | undefined {
  const open: ("[" | "{")[] = [];
  let at = 0;
  let want: Want = "value";

  while (true) {
    at = skip(space, text, at);
    if (want === "end" && at === text.length) return undefined;
    const step = nextStep(text, at, want);
    if (step === undefined) return faultAt(text, at, expectations[want]);
    at = step.to;
    if (step.opens !== undefined) open.push(step.opens);
    if (step.closes) open.pop();
    want = step.want ?? after(open.at(-1));
  }
}

type Step = {
  readonly to: number;
  /** Absent: a value has just ended, so what is wanted depends on what it stands in. */
  readonly want?: Want;
  readonly opens?: "[" | "{";
  readonly closes?: boolean;
};

function after(container: "[" | "{" | undefined): Want {
  if (container === undefined) return "end";
  return container === "[" ? ", or ]" : ", or }";
}

function nextStep(text: string, at: number, want: Want): Step | undefined {
  const character = text[at];
  const closes = (mark: string) => (character === mark ? { to: at + 1, closes: true } : undefined);
  switch (want) {
    case "value or ]":
      return closes("]") ?? valueStep(text, at);
    case "value":
      return valueStep(text, at);
    case "name or }":
      return closes("}") ?? nameStep(text, at);
    case "name":
      return nameStep(text, at);
    case ":":
      return character === ":" ? { to: at + 1, want: "value" } : undefined;
    case ", or ]":
      return closes("]") ?? (character === "," ? { to: at + 1, want: "value" } : undefined);
    case ", or }":
      return closes("}") ?? (character === "," ? { to: at + 1, want: "name" } : undefined);
    case "end":
      return undefined;
    default:
      return want satisfies never;
  }
}

function valueStep(text: string, at: number): Step | undefined {
  if (text[at] === "[") return { to: at + 1, want: "value or ]", opens: "[" };
  if (text[at] === "{") return { to: at + 1, want: "name or }", opens: "{" };
  const to = skip(scalar, text, at);
  return to === at ? undefined : { to };
}

function nameStep(text: string, at: number): Step | undefined {
  const to = skip(string, text, at);
  return to === at ? undefined : { to, want: ":" };
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}

function faultAt(text: string, offset: number, expected: string): SyntaxFault {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { offset, line, column: offset - before.lastIndexOf("\n"), expected };
}
