/**
 * X12 data element 355 (unit of measure) to UN/ECE Recommendation 20 and, for packages, Recommendation 21 with its `X`.
 * No two codes share a unit, so that what a partner orders in is what its papers say again.
 */
export const UNITS_DEFAULT: Readonly<Record<string, string>> = {
  EA: "EA",
  CA: "XCS",
  CT: "XCT",
  BX: "XBX",
  PK: "XPK",
  PL: "XPX",
  BG: "XBG",
  BD: "XBE",
  RL: "XRO",
  PC: "H87",
  UN: "C62",
  DZ: "DZN",
  PR: "PR",
  ST: "SET",
  LB: "LBR",
  OZ: "ONZ",
  KG: "KGM",
  GR: "GRM",
  GA: "GLL",
  LT: "LTR",
  FT: "FOT",
  IN: "INH",
  YD: "YRD",
  MR: "MTR",
  SF: "FTK",
};

/** Our units by the partner's codes, and back. */
export type UnitTable = {
  readonly toOurs: ReadonlyMap<string, string>;
  readonly toPartner: ReadonlyMap<string, string>;
};

/**
 * The default table with an account's own entries before it. Where several codes mean one unit, the account's first one is
 * the one we write.
 */
export function unitTable(own: Readonly<Record<string, string>>): UnitTable {
  const entries = [
    ...Object.entries(own),
    ...Object.entries(UNITS_DEFAULT).filter(([code]) => !Object.hasOwn(own, code)),
  ];
  const toPartner = new Map<string, string>();
  for (const [code, unit] of entries) if (!toPartner.has(unit)) toPartner.set(unit, code);
  return { toOurs: new Map(entries), toPartner };
}
