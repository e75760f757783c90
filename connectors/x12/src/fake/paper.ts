/**
 * X12 as a retailer with an old program reads and writes it: by fixed positions, with nothing shared with the connector, so
 * that the two cannot make the same mistake.
 */

export type Separators = {
  readonly element: string;
  readonly component: string;
  readonly segment: string;
  readonly repetition: string;
};

export type Address = { readonly qualifier: string; readonly id: string; readonly groupId: string };

/** The elements of a segment, its id first. */
export type PaperSegment = readonly string[];

export type PaperSet = {
  readonly id: string;
  readonly number: string;
  readonly segments: readonly PaperSegment[];
};

export type PaperGroup = {
  readonly functionalId: string;
  readonly number: string;
  readonly sets: readonly PaperSet[];
};

export type PaperInterchange = {
  readonly from: string;
  readonly to: string;
  readonly number: string;
  readonly usage: string;
  readonly answers: readonly PaperSegment[];
  readonly groups: readonly PaperGroup[];
  /** What is wrong with its frames. */
  readonly problems: readonly string[];
  readonly text: string;
};

const ISA_LENGTH = 106;

/** Reads a file of interchanges. Bytes that are none give one problem and nothing else. */
export function readPapers(bytes: Uint8Array): {
  readonly interchanges: readonly PaperInterchange[];
  readonly problems: readonly string[];
} {
  const interchanges: PaperInterchange[] = [];
  let rest = Buffer.from(bytes).toString("latin1");
  while (rest.trim() !== "") {
    rest = rest.trimStart();
    if (!rest.startsWith("ISA") || rest.length < ISA_LENGTH) {
      return {
        interchanges,
        problems: [`there is no ISA where one should be: ${JSON.stringify(rest.slice(0, 20))}`],
      };
    }
    const [element, segment] = [rest.charAt(3), rest.charAt(ISA_LENGTH - 1)];
    const closing = new RegExp(
      `${literal(segment)}\\s*IEA${literal(element)}[^${literal(segment)}]*${literal(segment)}`,
    );
    const end = closing.exec(rest);
    if (end === null) return { interchanges, problems: ["an interchange has no IEA"] };
    const length = end.index + end[0].length;
    interchanges.push(readInterchange(rest.slice(0, length), element, segment));
    rest = rest.slice(length);
  }
  return { interchanges, problems: [] };
}

function literal(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
}

function readInterchange(text: string, element: string, terminator: string): PaperInterchange {
  const segments = text
    .split(terminator)
    .map((segment) => segment.trim())
    .filter((segment) => segment !== "")
    .map((segment) => segment.split(element));
  const [isa = [], ...others] = segments;
  const problems: string[] = [];
  if (isa.length !== 17) problems.push(`the ISA has ${isa.length - 1} elements`);
  const field = (position: number) => (isa[position] ?? "").trim();
  const trailer = others.pop() ?? [];
  const answers = others.filter(([id]) => id === "TA1");
  const groups = readGroups(
    others.filter(([id]) => id !== "TA1"),
    problems,
  );
  if (trailer[2] !== field(13)) problems.push(`IEA02 is ${trailer[2]}, and ISA13 is ${field(13)}`);
  if (Number(trailer[1]) !== groups.length)
    problems.push(`IEA01 is ${trailer[1]}, and there are ${groups.length} groups`);
  return {
    from: `${field(5)}/${field(6)}`,
    to: `${field(7)}/${field(8)}`,
    number: field(13),
    usage: field(15),
    answers,
    groups,
    problems,
    text,
  };
}

type OpenSet = { readonly id: string; readonly number: string; readonly segments: PaperSegment[] };
type OpenGroup = { readonly functionalId: string; readonly number: string; readonly sets: OpenSet[] };

function readGroups(segments: readonly PaperSegment[], problems: string[]): readonly PaperGroup[] {
  const groups: OpenGroup[] = [];
  let set: OpenSet | undefined;
  for (const segment of segments) {
    const [id, first = "", second = ""] = segment;
    const group = groups.at(-1);
    switch (id) {
      case "GS":
        groups.push({ functionalId: first, number: segment[6] ?? "", sets: [] });
        break;
      case "ST":
        set = { id: first, number: second, segments: [] };
        group?.sets.push(set);
        break;
      case "SE":
        problems.push(...trailerProblems("SE", segment, set && [set.segments.length + 2, set.number]));
        set = undefined;
        break;
      case "GE":
        problems.push(...trailerProblems("GE", segment, group && [group.sets.length, group.number]));
        break;
      default:
        if (set === undefined) problems.push(`${id} stands outside a set`);
        else set.segments.push(segment);
    }
  }
  return groups;
}

function trailerProblems(
  id: string,
  [, count = "", number = ""]: PaperSegment,
  expected: readonly [count: number, number: string] | undefined,
): readonly string[] {
  if (expected === undefined) return [`${id} closes nothing`];
  return [
    ...(Number(count) === expected[0] ? [] : [`${id}01 is ${count}, and there are ${expected[0]}`]),
    ...(number === expected[1] ? [] : [`${id}02 is ${number}, and it was opened as ${expected[1]}`]),
  ];
}

/** What a written interchange is made of. */
export type Sheet = {
  readonly from: Address;
  readonly to: Address;
  readonly separators: Separators;
  readonly lineBreak: string;
  readonly version: "004010" | "005010";
  readonly usage: string;
  readonly number: number;
  readonly functionalId: string;
  readonly at: Date;
  /** Each set with its id, without ST and SE. */
  readonly sets: readonly { readonly id: string; readonly segments: readonly PaperSegment[] }[];
};

/** Writes an interchange of one group. Values must not hold separators: the retailer's data does not. */
export function writePaper(sheet: Sheet): string {
  const { from, to, separators, version, usage, number, functionalId, at, sets } = sheet;
  const stamp = at.toISOString().replaceAll(/[-:T]/g, "");
  const [day, time] = [stamp.slice(0, 8), stamp.slice(8, 12)];
  const later = version === "005010";
  const control = String(number).padStart(9, "0");
  const isa = [
    ...["ISA", "00", " ".repeat(10), "00", " ".repeat(10)],
    ...[from.qualifier, from.id.padEnd(15), to.qualifier, to.id.padEnd(15)],
    ...[day.slice(2), time, later ? separators.repetition : "U", later ? "00501" : "00401"],
    ...[control, "0", usage, separators.component],
  ];
  const segments = [
    isa,
    ["GS", functionalId, from.groupId, to.groupId, day, time, String(number), "X", version],
    ...sets.flatMap(({ id, segments: inside }, index) => {
      const setNumber = String(index + 1).padStart(4, "0");
      return [["ST", id, setNumber], ...inside, ["SE", String(inside.length + 2), setNumber]];
    }),
    ["GE", String(sets.length), String(number)],
    ["IEA", "1", control],
  ];
  const end = separators.segment + sheet.lineBreak;
  return segments.map((segment) => segment.join(separators.element) + end).join("");
}
