import type { Dictionary } from "./elements.ts";

/** A segment, or a loop, at its place in a set. A loop is known by the segment that opens it. */
export type Node = {
  readonly id: string;
  readonly mandatory: boolean;
  /** How often it may occur here; Infinity when there is no limit. */
  readonly max: number;
  /** The rest of the loop, when this segment opens one. */
  readonly body: Level | undefined;
};

/** The nodes of one loop, or of the whole set, in the order they may occur. */
export type Level = {
  readonly nodes: readonly Node[];
  /** Where in `nodes` an id stands; more than one place is possible. */
  readonly places: ReadonlyMap<string, readonly number[]>;
};

export type SetDefinition = {
  readonly id: string;
  /** GS01 of the groups it travels in. */
  readonly functionalId: string;
  readonly dictionary: Dictionary;
  readonly root: Level;
  /** Every segment id that occurs anywhere in the set. */
  readonly ids: ReadonlySet<string>;
};

/*
 * How to read the definitions: a segment once, `:3` at most three times, `:*` any number, `!` mandatory;
 * `( … )` a loop, whose first segment opens it and carries the loop's own limit; `@5` only in 005010, `@4` only
 * in 004010. ST and SE belong to the envelope.
 */

const freight = "TD1:2 TD5:12 TD3:12 TD4:5";
const address = "N2:2 IN2:*@5 N3:2 N4";

const purchaseOrder850 = `
  BEG! CUR REF:* PER:3 TAX:* FOB:* CTP:* PAM:10 CSH:5 TC2:*
  (SAC:25 CUR)
  ITD:* DIS:20 INC DTM:10 LDT:12@4 LIN:5 SI:* PID:200 MEA:40 PWK:25 PKG:200 TD1:2 TD5:12@4 TD5:*@5 TD3:12 TD4:5
  MAN:10 PCT:* CTB:5 TXI:*
  (LDT:*@5 QTY:* MTX:* REF:*)
  (AMT:* REF:* DTM PCT:* (FA1:* FA2!:*))
  (N9:1000 DTM:* MSG:1000@4 MTX:*@5 PWK:*@5 EFI:*@5)
  (N1:200 N2:2 IN2:*@5 N3:2 N4:* NX2:* REF:12 PER:* SI:* FOB ${freight} PKG:200)
  (LM:* LQ!:*)
  (SPI:* REF:5 DTM:5 MSG:50@4 MTX:*@5
    (N1:20 ${address} REF:20 G61 MSG:50@4 MTX:*@5)
    (CB1:* REF:20 DTM:5 LDT MSG:50@4 MTX:*@5))
  (ADV:* DTM:* MTX:*)
  (PO1!:100000 LIN:* SI:* CUR CN1 PO3:25
    (CTP:* CUR)
    PAM:10 MEA:40
    (PID:1000 MEA:10)
    PWK:25 PO4:* REF:* PER:3
    (SAC:25 CUR CTP)
    IT8 CSH:* ITD:2 DIS:20 INC TAX:* FOB:* SDQ:500 IT3:5 DTM:10 TC2:* TD1 TD5:12 TD3:12 TD4:5 PCT:* MAN:10
    MSG:*@4 MTX:*@5 SPI:* TXI:* CTB:*
    (QTY:* SI:*)
    (SCH:200 ${freight} REF:*)
    (PKG:200 MEA:*)
    (LS (LDT!:* QTY:* MSG@4 MTX:*@5 REF:3 (LM:* LQ!:*)) LE!)
    (N9:1000 DTM:* MEA:40 MSG:1000@4 MTX:*@5 PWK:*@5 EFI:*@5)
    (N1:200 ${address} QTY:* NX2:* REF:12 PER:3 SI:* DTM FOB SCH:200 ${freight} PKG:200
      (LDT:* MAN:10 QTY:5 MSG@4 MTX:*@5 REF:3))
    (SLN:1000 MSG:*@4 MTX:*@5 SI:* PID:1000 PO3:104 MEA:*@5 TC2:* ADV:* DTM:10 CTP:25 PAM:10 PO4 TAX:3
      (N9:* DTM:* MSG:*@4 MTX:*@5)
      (SAC:25 CUR CTP)
      (QTY:* SI:*)
      (N1:10 ${address} NX2:* REF:12 PER:3 SI:*))
    (AMT:* REF@4 REF:*@5 PCT:*)
    (LM:* LQ!:*))
  (CTT AMT)`;

const purchaseOrderAcknowledgement855 = `
  BAK! CUR REF:* PER:3 TAX:* FOB:* CTP:* PAM:10 CSH
  (SAC:25 CUR)
  ITD:5 DIS:20 INC DTM:10 LDT:12 LIN:5 SI:* PID:200 MEA:40 PWK:25 PKG:25 ${freight} MAN:10 TXI:* CTB:*
  (N9:1000 DTM:* MSG:1000@4 MTX:*@5 PWK:*@5 EFI:*@5)
  (N1:200 ${address} NX2:* REF:12 PER:* SI:* FOB ${freight} PKG:25 MSG:*@4 MTX:*@5)
  (ADV:* DTM:* MTX:*)
  (PO1:100000 LIN:* SI:* CUR PO3:25 CTP:* PAM:10 MEA:40
    (PID:1000 MEA:10)
    PWK:25 PO4:* REF:* PER:3
    (SAC:25 CUR)
    IT8 CSH:* ITD:2 DIS:20 INC TAX:* FOB:* SDQ:500 DTM:10 LDT:12 TD1 TD5:12 TD3:12 TD4:5
    (ACK:104 DTM)
    MAN:10 AMT CTB:* TXI:*
    (QTY:* SI:*)
    (PKG:200 MEA:*)
    (SCH:200 ${freight} REF:*)
    (N9:1000 DTM:* MSG:1000@4 MTX:*@5 PWK:*@5 EFI:*@5)
    (N1:200 ${address} NX2:* REF:12 PER:3 SI:* DTM FOB SCH:200 ${freight} QTY:* PKG:25)
    (SLN:1000 MSG:*@4 MTX:*@5 SI:* PID:1000 PO3:25 MEA:*@5 CTP:25 PAM:10 ACK:104
      (SAC:10 CUR)
      DTM:10 PO4 TAX:3 ADV:*
      (QTY:* SI:*)
      (N9:* DTM:* MSG:*@4 MTX:*@5)
      (N1:10 ${address} NX2:* REF:12 PER:3 SI:*)))
  (CTT AMT)`;

const inventoryAdvice846 = `
  BIA! CUR DTM:10 REF:12 PER:3 MEA:20
  (N1:5 N2:2 N3:2 N4 REF:12 PER:3)
  (LM:10 LQ!:100)
  (LIN!:10000 PID:200 MEA:40 PKG:25 DTM:10 CTP:25 CUR SAC:25 REF:* PER:3 SDQ:500 MAN UIT:5 CS DD:* G53 PCT:* LDT:12
    (LM:10 LQ!:100)
    (SLN:1000 PID:200 MEA:40 PKG:25 (MAN:100 MEA:40))
    (QTY:99 UIT:12 MEA:25 LDT:12 DTM:10
      (SCH:25 MEA:25)
      (LM:* LQ!:100)
      (LS (REF!:* DTM:* N1 (LM:10 LQ!:100)) LE!))
    (N1:200 N2:2 N3:2 N4 REF:12 PER:3))
  CTT`;

const shipNotice856 = `
  BSN! DTM:10
  (HL!:200000 LIN SN1 SLN:1000 PRF PO4 PID:200 MEA:40 PWK:25 PKG:25 TD1:20 TD5:12 TD3:12@4 (TD3:12@5 AT9) TD4:5 TSD
    REF:* PER:3
    (LH1:100 LH2:4 LH3:12 LFH:20 LEP:* LH4@4 LH4:4@5 LHT:3 LHR:10 PER:5 LHE)
    (CLD:200 REF:200 DTP)
    MAN:* DTM:10 FOB PAL
    (N1:200 N2:2 N3:2 N4 REF:12 PER:3 FOB)
    SDQ:50 ETD CUR
    (SAC:* CUR)
    GF YNQ:10
    (LM:10 LQ!:100)
    (V1:* R4:* DTM:*))
  CTT`;

const functionalAcknowledgement997 = `
  AK1!
  (AK2:999999 (AK3:999999 AK4:99) AK5!)
  AK9!`;

type Draft = { readonly nodes: Node[] };

/** Reads the notation above. Recursive: "(" opens a level, ")" closes it. */
function readLevel(words: string[], dictionary: Dictionary): Level {
  const draft: Draft = { nodes: [] };
  for (let word = words.shift(); word !== undefined && word !== ")"; word = words.shift()) {
    const opens = word === "(";
    const node = readNode(opens ? (words.shift() ?? "") : word, dictionary);
    const body = opens ? readLevel(words, dictionary) : undefined;
    if (node !== undefined) draft.nodes.push({ ...node, body });
  }
  const places = new Map<string, number[]>();
  for (const [index, node] of draft.nodes.entries())
    places.set(node.id, [...(places.get(node.id) ?? []), index]);
  return { nodes: draft.nodes, places };
}

/** A single node, or undefined when it is not in this version. */
function readNode(word: string, dictionary: Dictionary): Omit<Node, "body"> | undefined {
  const match = /^([A-Z0-9]{2,3})(!?)(?::(\d+|\*))?(?:@([45]))?$/.exec(word);
  if (match === null) throw new Error(`set definition: cannot read "${word}"`);
  const [, id = "", mandatory, max = "1", version] = match;
  if (version !== undefined && !dictionary.startsWith(`00${version}`)) return undefined;
  return { id, mandatory: mandatory === "!", max: max === "*" ? Number.POSITIVE_INFINITY : Number(max) };
}

function idsIn(level: Level): string[] {
  return level.nodes.flatMap((node) => [node.id, ...(node.body === undefined ? [] : idsIn(node.body))]);
}

function define(id: string, functionalId: string, text: string): Readonly<Record<Dictionary, SetDefinition>> {
  const inVersion = (dictionary: Dictionary): SetDefinition => {
    const words = text.replaceAll(/[()]/g, " $& ").trim().split(/\s+/);
    const root = readLevel(words, dictionary);
    return { id, functionalId, dictionary, root, ids: new Set(idsIn(root)) };
  };
  return { "004010": inVersion("004010"), "005010": inVersion("005010") };
}

const definitions = new Map([
  ["846", define("846", "IB", inventoryAdvice846)],
  ["850", define("850", "PO", purchaseOrder850)],
  ["855", define("855", "PR", purchaseOrderAcknowledgement855)],
  ["856", define("856", "SH", shipNotice856)],
  ["997", define("997", "FA", functionalAcknowledgement997)],
]);

/**
 * The definition of a set in the version its group declares (GS08, such as "004010VICS"), or undefined when we
 * have none: another set, or a version before 004010 or after 005xxx. Versions between use the later, wider one.
 */
export function setDefinition(id: string, version: string): SetDefinition | undefined {
  const digits = /^0*(\d{4})/.exec(version)?.[1];
  if (digits === undefined || digits < "4010" || digits > "5999") return undefined;
  return definitions.get(id)?.[digits < "4020" ? "004010" : "005010"];
}

/** GS01 that a set of ours travels under, or undefined for other sets. */
export function functionalIdOf(setId: string): string | undefined {
  return definitions.get(setId)?.["004010"].functionalId;
}
