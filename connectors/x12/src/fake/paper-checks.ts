import type { FakeOrder, FakeOrderLine } from "./order-book.ts";
import type { PaperSegment, PaperSet } from "./paper.ts";

/**
 * What a retailer looks at in its supplier's papers. Each check gives a sentence for everything that it would charge the
 * supplier for, and writes what the paper says into the order.
 */

/** What the checks ask of the retailer. */
export type PaperDesk = {
  findOrder(orderNumber: string): FakeOrder | undefined;
  isForgotten(orderNumber: string): boolean;
  /** Remembers the number of a carton; false when another carton had it. */
  takeCarton(sscc: string, shipment: string): boolean;
  /** Remembers the number of a shipment; false when another 856 had it. */
  takeShipment(shipment: string): boolean;
  setAvailable(name: string, quantity: number): void;
};

const segmentsOf = (set: PaperSet, id: string): readonly PaperSegment[] =>
  set.segments.filter(([found]) => found === id);
const of = (segment: PaperSegment | undefined, position: number): string => segment?.[position] ?? "";

function checkCount(set: PaperSet, counted: string): readonly string[] {
  const [ctt] = segmentsOf(set, "CTT");
  const found = segmentsOf(set, counted).length;
  return Number(of(ctt, 1)) === found ? [] : [`CTT01 is ${of(ctt, 1)}, and there are ${found} ${counted}`];
}

/** 855: every line answered once, its quantities adding up, its names as they were ordered. */
export function checkAcknowledgement(set: PaperSet, desk: PaperDesk): readonly string[] {
  const [bak] = segmentsOf(set, "BAK");
  const orderNumber = of(bak, 3);
  const order = desk.findOrder(orderNumber);
  if (order === undefined)
    return desk.isForgotten(orderNumber) ? [] : [`BAK03: no order has the number ${orderNumber}`];
  const problems = [...checkCount(set, "PO1")];
  const answered = new Set<string>();
  for (const { po1, acks } of answeredLines(set)) {
    const line = order.lines.find(({ number }) => number === of(po1, 1));
    if (line === undefined) problems.push(`${orderNumber} has no line ${of(po1, 1)}`);
    else {
      if (answered.has(line.number)) problems.push(`${orderNumber}, line ${line.number} is answered twice`);
      answered.add(line.number);
      problems.push(
        ...checkLine(line, po1, acks).map((text) => `${orderNumber}, line ${line.number}: ${text}`),
      );
      line.promised = promisedIn(acks);
    }
  }
  const silent = order.lines.filter(({ number }) => !answered.has(number));
  if (silent.length > 0) problems.push(`${orderNumber}: ${silent.length} lines are not answered`);
  if (order.verdict !== undefined) problems.push(`${orderNumber} is acknowledged a second time`);
  order.verdict = of(bak, 2);
  return [...problems, ...checkVerdict(order)];
}

type AnsweredLine = { readonly po1: PaperSegment; readonly acks: readonly PaperSegment[] };

function answeredLines(set: PaperSet): readonly AnsweredLine[] {
  const lines: { po1: PaperSegment; acks: PaperSegment[] }[] = [];
  for (const segment of set.segments) {
    if (segment[0] === "PO1") lines.push({ po1: segment, acks: [] });
    if (segment[0] === "ACK") lines.at(-1)?.acks.push(segment);
  }
  return lines;
}

function promisedIn(acks: readonly PaperSegment[]): number {
  const kept = acks.filter((ack) => ["IA", "IQ"].includes(of(ack, 1)));
  return kept.reduce((total, ack) => total + Number(of(ack, 2)), 0);
}

function checkLine(line: FakeOrderLine, po1: PaperSegment, acks: readonly PaperSegment[]): readonly string[] {
  const problems: string[] = [];
  const told = acks.reduce((total, ack) => total + Number(of(ack, 2)), 0);
  if (Number(of(po1, 2)) !== line.quantity)
    problems.push(`PO102 is ${of(po1, 2)}, and ${line.quantity} were ordered`);
  if (told !== line.quantity) problems.push(`the ACKs add up to ${told}, and ${line.quantity} were ordered`);
  const units = [of(po1, 3), ...acks.map((ack) => of(ack, 3))];
  if (units.some((unit) => unit !== line.unit))
    problems.push(`it is answered in ${units.join(", ")}, not ${line.unit}`);
  const unknown = acks
    .map((ack) => of(ack, 1))
    .filter((status) => !["IA", "IQ", "IB", "IR"].includes(status));
  if (unknown.length > 0) problems.push(`ACK01 is ${unknown.join(", ")}`);
  return [...problems, ...checkNames(line, po1.slice(6))];
}

function checkNames(line: FakeOrderLine, names: readonly string[]): readonly string[] {
  const isSame = line.names.every((name, index) => names[index] === name);
  return isSame ? [] : [`it is called ${names.join(" ")}, and was ordered as ${line.names.join(" ")}`];
}

/** BAK02 says the same as the lines do. */
function checkVerdict({ orderNumber, verdict, lines }: FakeOrder): readonly string[] {
  const isWhole = lines.every((line) => line.promised === line.quantity);
  const isNothing = lines.every((line) => line.promised === 0);
  const fits = isWhole ? ["AD", "AT"] : isNothing ? ["RD", "RJ", "AC"] : ["AC"];
  return verdict !== undefined && fits.includes(verdict)
    ? []
    : [`${orderNumber}: BAK02 is ${verdict}, and the lines say ${fits.join(" or ")}`];
}

/** 856: the tree hangs together, cartons scan, and nothing is shipped that was not ordered. */
export function checkShipNotice(set: PaperSet, desk: PaperDesk): readonly string[] {
  const [bsn] = segmentsOf(set, "BSN");
  const shipment = of(bsn, 2);
  const problems = [...checkCount(set, "HL"), ...checkTree(set)];
  if (!desk.takeShipment(shipment)) problems.push(`BSN02: the shipment ${shipment} was announced before`);
  for (const man of segmentsOf(set, "MAN")) problems.push(...checkMark(man, shipment, desk));
  const [prf] = segmentsOf(set, "PRF");
  const orderNumber = of(prf, 1);
  const order = desk.findOrder(orderNumber);
  if (order === undefined) {
    return desk.isForgotten(orderNumber)
      ? problems
      : [...problems, `PRF01: no order has the number ${orderNumber}`];
  }
  order.shipments.push(shipment);
  let lin: PaperSegment | undefined;
  for (const segment of set.segments) {
    if (segment[0] === "LIN") lin = segment;
    if (segment[0] === "SN1") problems.push(...checkShipped(segment, lin, order));
  }
  return problems;
}

/** Levels are numbered in order, and each names one before it of the kind above its own. */
function checkTree(set: PaperSet): readonly string[] {
  const above: Readonly<Record<string, readonly string[]>> = { S: [""], O: ["S"], P: ["O"], I: ["P", "O"] };
  const kinds = new Map<string, string>([["", ""]]);
  return segmentsOf(set, "HL").flatMap(([, number = "", parent = "", kind = ""], index) => {
    const problems: string[] = [];
    if (number !== String(index + 1)) problems.push(`HL01 is ${number}, and ${index + 1} comes next`);
    const parentKind = kinds.get(parent);
    if (parentKind === undefined || above[kind]?.includes(parentKind) !== true) {
      problems.push(`HL ${number} (${kind}) hangs under ${parent} (${parentKind})`);
    }
    kinds.set(number, kind);
    return problems;
  });
}

/** The 18 digits of a carton's label. Their sum, each second one from the first counted three times, ends in zero. */
function checkMark(man: PaperSegment, shipment: string, desk: PaperDesk): readonly string[] {
  const sscc = of(man, 2);
  if (of(man, 1) !== "GM" || !/^\d{18}$/.test(sscc)) return [`MAN ${of(man, 1)} ${sscc} is no SSCC`];
  const total = [...sscc].reduce((so, digit, index) => so + Number(digit) * (index % 2 === 0 ? 3 : 1), 0);
  if (total % 10 !== 0) return [`the SSCC ${sscc} does not scan: its check digit is wrong`];
  return desk.takeCarton(sscc, shipment) ? [] : [`the SSCC ${sscc} is on two cartons`];
}

function checkShipped(sn1: PaperSegment, lin: PaperSegment | undefined, order: FakeOrder): readonly string[] {
  const line = order.lines.find(({ number }) => number === of(lin, 1));
  if (line === undefined) return [`${order.orderNumber} has no line ${of(lin, 1)}, and it is shipped`];
  const at = `${order.orderNumber}, line ${line.number}:`;
  line.shipped += Number(of(sn1, 2));
  const problems = checkNames(line, lin?.slice(2) ?? []).map((text) => `${at} ${text}`);
  const most = line.promised ?? line.quantity;
  if (line.shipped > most) problems.push(`${at} ${line.shipped} are shipped, and ${most} were agreed`);
  if (of(sn1, 3) !== line.unit) problems.push(`${at} it is shipped in ${of(sn1, 3)}, not ${line.unit}`);
  return problems;
}

/** 846: every item named, no quantity below nothing. What it says is kept by the first name of each item. */
export function checkAdvice(set: PaperSet, desk: PaperDesk): readonly string[] {
  const problems = [...checkCount(set, "LIN")];
  let name: string | undefined;
  for (const segment of set.segments) {
    if (segment[0] === "LIN") {
      name = of(segment, 3) === "" ? undefined : `${of(segment, 2)}:${of(segment, 3)}`;
      if (name === undefined) problems.push(`LIN ${of(segment, 1)} names no item`);
    }
    if (segment[0] !== "QTY") continue;
    const quantity = Number(of(segment, 2));
    if (of(segment, 1) !== "33" || !(quantity >= 0))
      problems.push(`QTY ${of(segment, 1)} of ${name} is ${of(segment, 2)}`);
    else if (name !== undefined) desk.setAvailable(name, quantity);
  }
  return problems;
}
