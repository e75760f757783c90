import { type Dictionary, elements } from "./elements.ts";
import { type ScanPlan, scanPlan } from "./scan-plan.ts";
import type { CompositeSpec, ElementUse, SyntaxRule } from "./uses.ts";

export type SegmentSpec = {
  readonly id: string;
  readonly dictionary: Dictionary;
  /** Index 0 is the first element. */
  readonly uses: readonly ElementUse[];
  readonly rules: readonly SyntaxRule[];
  readonly plan: ScanPlan;
};

/** `count` times a kind of product identifier with its identifier. */
const products = (count: number) => "235 234 ".repeat(count).trim();

/** The rule that elements from `first` on come in pairs. */
function pairs(first: number, count: number): string {
  const two = (position: number) => String(position).padStart(2, "0");
  return Array.from({ length: count }, (_, n) => `P${two(first + 2 * n)}${two(first + 2 * n + 1)}`).join(" ");
}

/**
 * Data element numbers in order, "!" mandatory; after the slash the rules. Segments of our sets that we neither read
 * nor send (CB1, LH1, PAL …) are not here: their place is checked, their elements are not.
 */
const segments004010: Readonly<Record<string, string>> = {
  ACK: `668! 380 355 374 373 326 ${products(10)} 559 822 1271 / P0203 C0405 ${pairs(7, 10)}`,
  ADV: "559! 1000! 740 741 729 1000 739",
  AK1: "479! 28!",
  AK2: "143! 329!",
  AK3: "721! 719! 447 720",
  AK4: "C030! 725 723! 724",
  AK5: "717! 718 718 718 718 718",
  AK9: "715! 97! 123! 2! 716 716 716 716 716",
  AMT: "522! 782! 478",
  BAK: "353! 587! 324! 373! 328 326 367 127 373 640",
  BEG: "353! 92! 324! 328 373! 367 587 1019 1166 1232 786 640",
  BIA: "353! 755! 127! 373! 337 306",
  BSN: "353! 396! 373! 337! 1005 640 641 / C0706",
  CLD: "622! 382! 103 357 355 / P0405",
  CN1: "466! 782 332 127 338 799",
  CSH: "563 306 610 508 373 559 560 566 954 1004",
  CTB: "688! 352 673 380 522 610",
  CTP: "687 236 212 380 C001 648 649 782 639 499 289 / P0405 C0607 C0902 C1002 C1103",
  CTT: "354! 347 81 355 183 355 352 / P0304 P0506",
  CUR: "98! 100! 280 98 100 669 374 373 337 374 373 337 374 373 337 374 373 337 374 373 337 / C0807 C0907",
  DIS: "653! 654! 655! 656! 657 657",
  DTM: "374! 373 337 623 1250 1251 / R020305 C0403 P0506",
  DTP: "374! 1250! 1251!",
  FA1: "559! 1300 248",
  FA2: "1195! 1196!",
  FOB: "146! 309 352 334 335 309 352 54 352 / C0302 C0405 C0706 C0806",
  G53: "875!",
  G61: "366! 93! 365 364 443 / P0304",
  HL: "628! 628 735! 736",
  INC: "336! C001! 380! 380! 782 522",
  IT3: "382 355 368 383 371",
  IT8: `563 306 610 508 373 559 566 ${products(10)} / ${pairs(8, 10)}`,
  ITD: "336 333 338 370 351 446 386 362 388 389 342 352 765 107 954 / L03040513 L08040513 L091011",
  LDT: "345! 380! 344! 373",
  LE: "447!",
  LIN: `350 235! 234! ${products(14)} / ${pairs(4, 14)}`,
  LM: "559! 822",
  LQ: "1270 1271 / C0102",
  LS: "447!",
  MAN: "88! 87! 87 88 87 87 / P0405 C0605",
  MEA: "737 738 739 C001 740 741 935 936 752 1373 / R03050608 L07030506 E0803",
  MSG: "933! 934 1470",
  MTX: "363 1551 1551 934 1470",
  N1: "98! 93 66 67 706 98 / R0203 P0304",
  N2: "93! 93",
  N3: "166! 166",
  N4: "19 156 116 26 309 310 / C0605",
  N9: "128! 127 369 373 337 623 C040 / R0203 C0605",
  NX2: "1106! 166! 1096 1106 166",
  PAM: "673 380 C001 522 782 344 374 373 337 374 373 337 1004 954 1073",
  PCT: "1004! 954!",
  PER: "366! 93 365 364 365 364 365 364 443 / P0304 P0506 P0708",
  PID: "349! 750 559 751 352 752 822 1073 819 / C0403 R0405 C0703 C0804 C0905",
  PKG: "349 753 559 754 352 400",
  PO1: `350 380 355 212 639 ${products(10)} / C0302 C0504 ${pairs(6, 10)}`,
  PO3: "371! 373 236 212 639 380! 355! 352",
  PO4: "356 357 355 103 187 384 355 385 355 82 189 65 355 810 752 350 350 1470 / P0203 C0506 P0607 P0809",
  PRF: "324! 328 327 373 350 367 92",
  PWK: "755! 756 757 98 66 67 352 C002 1525 / P0506",
  QTY: "673! 380 C001 61 / R0204 E0204",
  R4: "115! 309 310 114 26 174 113 156 / P0203",
  REF: "128! 127 352 C040 / R0203",
  SAC:
    "248! 1300 559 1301 610 378 332 118 355 380 380 331 127 770 352 819 / " +
    "R0203 P0304 P0607 P0910 C1110 L130204 C1413 C1615",
  SCH: "380! 355! 98 93 374! 373! 337 374 373 337 326 350 / C0403 C0908 C1008",
  SDQ: `355! 66 67! 380! ${"67 380 ".repeat(9)}310 / ${pairs(5, 9)}`,
  SI: `559! 1000! 234! ${"1000 234 ".repeat(9).trim()} / ${pairs(4, 9)}`,
  SLN: `350! 350 662! 380 C001 212 639 662 ${products(10)} / P0405 C0706 C0806 ${pairs(9, 10)}`,
  SN1: "350 382! 355! 646 330 355 728 668 / P0506",
  SPI: "786! 128 127 790 791 792 353 755 786 559 822 554 1322 1401 1005",
  TA1: "I12! I08! I09! I17! I18!",
  TAX: "325 309 310 309 310 309 310 309 310 309 310 441 1179",
  TC2: "23! 22!",
  TD1: "103 80 23 22 79 187 81 355 183 355 / C0102 C0304 C0607 P0708 P0910",
  TD3: "40 206 207 187 81 355 102 407 225 24 / C0203",
  TD4: "152 208 209 352 1073",
  TD5: "133 66 67 91 387 368 309 310 731 732 733 284 284 284 26 / R0204050612 C0203 C0708 C1011 C1312 C1413 C1512",
  TXI: "963! 782 954 955 956 441 662 828 325 350 / R020306 P0405 C0803",
  UIT: "C001 212 639",
  V1: "597 182 26 55 140 249 854 897 91",
  YNQ: "1321 1073! 1250 1251 933 933 933 1270 1271 1271",
};

const changedIn005010: Readonly<Record<string, string>> = {
  AK1: "479! 28! 480",
  AK2: "143! 329! 1705",
  CTB: "688! 352 673 380 522 610 C001",
  MEA: "737 738 739 C001 740 741 935 936 752 1373 1270 1271 / R03050608 L07030506 E0803",
  MTX: "363 1551 1551 934 1470 819",
  N4: "19 156 116 26 309 310 1715 / C0605",
  PWK: "755! 756 757 98 66 67 352 C002 1525 1270 1271 / P0506",
  YNQ: "1321 1073! 1250 1251 933 933 933 1270 1271 933",
};

/** The components of the composites, in the notation of the segments. */
const composites004010: Readonly<Record<string, string>> = {
  C001: `355! 1018 649 ${"355 1018 649 ".repeat(4).trim()}`,
  C002: "704! 704 704 704 704",
  C030: "722! 1528",
  C040: "128! 127! 128 127 128 127 / P0304 P0506",
};

const compositesChangedIn005010: Readonly<Record<string, string>> = { C030: "722! 1528 1686" };

function readUse(text: string, dictionary: Dictionary): ElementUse {
  const mandatory = text.endsWith("!");
  const number = mandatory ? text.slice(0, -1) : text;
  const spec = elements[dictionary].get(number);
  if (spec === undefined) throw new Error(`segment table: no element ${number}`);
  return { spec, mandatory, composite: readComposite(number, dictionary) };
}

function readComposite(number: string, dictionary: Dictionary): CompositeSpec | undefined {
  const changed = dictionary === "005010" ? compositesChangedIn005010[number] : undefined;
  const text = changed ?? composites004010[number];
  return text === undefined ? undefined : readUses(text, dictionary);
}

/** Reads what stands before and after the slash. */
function readUses(text: string, dictionary: Dictionary): CompositeSpec {
  const [used = "", ruled = ""] = text.split(" / ");
  return {
    uses: used.split(" ").map((use) => readUse(use, dictionary)),
    rules: ruled === "" ? [] : ruled.split(" ").map(readRule),
  };
}

function readRule(text: string): SyntaxRule {
  const kind = (["P", "R", "E", "C", "L"] as const).find((letter) => text.startsWith(letter));
  const positions = (text.slice(1).match(/\d\d/g) ?? []).map(Number);
  if (kind === undefined || positions.length < 2) throw new Error(`segment table: cannot read rule ${text}`);
  return { kind, positions };
}

function readSegment(id: string, text: string, dictionary: Dictionary): SegmentSpec {
  const { uses, rules } = readUses(text, dictionary);
  return { id, dictionary, uses, rules, plan: scanPlan(uses, rules) };
}

function readSegments(dictionary: Dictionary): ReadonlyMap<string, SegmentSpec> {
  const texts = dictionary === "005010" ? { ...segments004010, ...changedIn005010 } : segments004010;
  return new Map(Object.entries(texts).map(([id, text]) => [id, readSegment(id, text, dictionary)]));
}

export const segments: Readonly<Record<Dictionary, ReadonlyMap<string, SegmentSpec>>> = {
  "004010": readSegments("004010"),
  "005010": readSegments("005010"),
};
