import type { UnitCode } from "./quantity.ts";

/**
 * The codes that distributors meet, with their names: UN/ECE Recommendation 20 (units of measure), and Recommendation 21 (packages) with
 * the `X` before them that Recommendation 20 prescribes. Both lists are far longer; a code of the right form that is not here is taken.
 */
export const UNIT_NAMES: Readonly<Record<UnitCode, string>> = Object.freeze({
  EA: "each",
  C62: "one (unit)",
  H87: "piece",
  PR: "pair",
  SET: "set",
  KT: "kit",
  DZN: "dozen",
  GRO: "gross",
  CEN: "hundred",
  MIL: "thousand",
  NMP: "number of packs",
  PK: "pack",
  RO: "roll",
  ST: "sheet",
  MGM: "milligram",
  GRM: "gram",
  KGM: "kilogram",
  TNE: "tonne (metric ton)",
  LBR: "pound",
  ONZ: "ounce",
  MLT: "millilitre",
  CLT: "centilitre",
  LTR: "litre",
  HLT: "hectolitre",
  MTQ: "cubic metre",
  FTQ: "cubic foot",
  GLL: "gallon (US)",
  QTL: "liquid quart (US)",
  PTL: "liquid pint (US)",
  OZA: "fluid ounce (US)",
  MMT: "millimetre",
  CMT: "centimetre",
  MTR: "metre",
  KMT: "kilometre",
  INH: "inch",
  FOT: "foot",
  YRD: "yard",
  CMK: "square centimetre",
  MTK: "square metre",
  FTK: "square foot",
  YDK: "square yard",
  HUR: "hour",
  DAY: "day",
  XBA: "barrel",
  XBE: "bundle",
  XBG: "bag",
  XBI: "bin",
  XBJ: "bucket",
  XBO: "bottle, non-protected, cylindrical",
  XBX: "box",
  XCA: "can, rectangular",
  XCN: "container, not otherwise specified as transport equipment",
  XCR: "crate",
  XCS: "case",
  XCT: "carton",
  XCX: "can, cylindrical",
  XDR: "drum",
  XEN: "envelope",
  XJR: "jar",
  XPA: "packet",
  XPC: "parcel",
  XPF: "pen",
  XPK: "package",
  XPX: "pallet",
  XRL: "reel",
  XRO: "roll",
  XSA: "sack",
  XSL: "slipsheet",
  XTB: "tub",
  XTN: "tin",
  XTU: "tube",
  XTY: "tray",
});

/** What systems write for units, and the code that is meant. */
const MISTAKEN: Readonly<Record<string, UnitCode>> = Object.freeze({
  BAG: "XBG",
  BOX: "XBX",
  BX: "XBX",
  CA: "XCS",
  CASE: "XCS",
  CS: "XCS",
  CT: "XCT",
  CTN: "XCT",
  DOZ: "DZN",
  DZ: "DZN",
  EACH: "EA",
  FT: "FOT",
  G: "GRM",
  GAL: "GLL",
  GR: "GRM",
  IN: "INH",
  KG: "KGM",
  L: "LTR",
  LB: "LBR",
  LBS: "LBR",
  LT: "LTR",
  M: "MTR",
  ML: "MLT",
  OZ: "ONZ",
  PAL: "XPX",
  PALLET: "XPX",
  PC: "H87",
  PCE: "H87",
  PCS: "H87",
  PL: "XPX",
  PLT: "XPX",
  STK: "H87",
  T: "TNE",
});

/** The code that is meant by what many systems write for it (`CS` is `XCS`, a case); undefined where nobody knows. */
export function unitMeant(code: string): UnitCode | undefined {
  return MISTAKEN[code.trim().toUpperCase()];
}

// Recommendation 20 has codes of two and three letters and digits; a package is an X and two of them.
const UNIT_FORM = /^[A-Z0-9]{2,3}$/;

/** What is wrong with a unit code, as a sentence that says what to write; undefined when nothing is. */
export function unitProblem(code: string): string | undefined {
  if (Object.hasOwn(UNIT_NAMES, code)) return undefined;
  const meant = unitMeant(code);
  if (meant !== undefined) return `${code} is no UN/ECE code; ${UNIT_NAMES[meant]} is ${meant}`;
  if (UNIT_FORM.test(code)) return undefined;
  return `${code} is no UN/ECE code: Recommendation 20 has two or three of A-Z 0-9 (EA, KGM), packages have an X before them (XCS)`;
}
