/** Interchanges for the tests, put together as plain text so that they owe nothing to the writer they test. */

export type Draft = {
  readonly separators?: { element?: string; component?: string; terminator?: string };
  readonly version?: string;
  readonly isa?: Readonly<Record<number, string>>;
  readonly groups?: readonly DraftGroup[];
  readonly iea?: readonly [count: string, control: string];
};

export type DraftGroup = {
  readonly functionalId?: string;
  readonly control?: string;
  readonly version?: string;
  readonly sets?: readonly DraftSet[];
  readonly ge?: readonly [count: string, control: string];
};

export type DraftSet = {
  readonly id?: string;
  readonly control?: string;
  readonly segments?: readonly string[];
  readonly se?: readonly [count: string, control: string];
};

/** A short 850 that is in order, from BEG to CTT. */
export const orderSegments: readonly string[] = [
  "BEG*00*SA*PO-1001**20260112",
  "REF*DP*0042",
  "DTM*010*20260119",
  "N1*ST*CORNER STORE*92*0012",
  "N3*1 MAIN STREET",
  "N4*DALLAS*TX*75201*US",
  "PO1*1*12*EA*4.5*PE*UP*012345678905*VN*SKU-1",
  "PID*F****BLUE CUP",
  "PO1*2*6*CA*27**UP*012345678912",
  "CTT*2",
];

const header = "00*          *00*          *ZZ*RETAILER       *ZZ*DISTRIBUTOR    *260112*0930*U*";

/** The segments of an interchange, without terminators, with "*" between elements and ">" between components. */
export function draftSegments(draft: Draft = {}): string[] {
  const { version = "00401", groups = [{}] } = draft;
  const fields = ["ISA", ...header.split("*").slice(0, 10), "U", version, "000000001", "0", "P", ">"];
  if (version >= "00402") fields[11] = "^";
  for (const [position, value] of Object.entries(draft.isa ?? {})) fields[Number(position)] = value;
  const [count, control] = draft.iea ?? [String(groups.length), "000000001"];
  const inside = groups.flatMap((group, index) => groupSegments(group, index + 1));
  return [fields.join("*"), ...inside, `IEA*${count}*${control}`];
}

function groupSegments(group: DraftGroup, number: number): string[] {
  const { functionalId = "PO", version = "004010", sets = [{}] } = group;
  const control = group.control ?? String(number);
  const [count, closing] = group.ge ?? [String(sets.length), control];
  return [
    `GS*${functionalId}*RETAILER*DISTRIBUTOR*20260112*0930*${control}*X*${version}`,
    ...sets.flatMap((set, index) => setSegments(set, index + 1)),
    `GE*${count}*${closing}`,
  ];
}

function setSegments(set: DraftSet, number: number): string[] {
  const { id = "850", segments = orderSegments } = set;
  const control = set.control ?? String(number).padStart(4, "0");
  const [count, closing] = set.se ?? [String(segments.length + 2), control];
  return [`ST*${id}*${control}`, ...segments, `SE*${count}*${closing}`];
}

/** The text of an interchange. Values must not hold the separators that are asked for. */
export function draftText(draft: Draft = {}): string {
  const { element = "*", component = ">", terminator = "~" } = draft.separators ?? {};
  return draftSegments(draft)
    .map((segment) => segment.replaceAll("*", element).replaceAll(">", component) + terminator)
    .join("");
}

export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

export function draftBytes(draft: Draft = {}): Uint8Array {
  return bytesOf(draftText(draft));
}
