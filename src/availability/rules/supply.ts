import type { DueKind, RuleKind, RuleOf } from "@crossdock/canonical";
import { type SupplyPolicy, USUAL_POLICIES } from "../dated/weigh.ts";

/** A rule with its key. */
type Entry<Kind extends RuleKind> = { readonly key: string; readonly rule: RuleOf<Kind> };

/** Days ahead that are looked at, and hours that are shown one by one, where neither the question nor a rule says otherwise. */
const USUAL_HORIZON = { days: 180, nearHours: 48 } as const;

/** What the rules say of what is to come. */
export type SupplyTerms = {
  /** How far something of a kind and vendor is believed, and the keys of the rules that say so. */
  policyOf(
    kind: DueKind,
    vendor: string | undefined,
  ): { readonly policy: SupplyPolicy; readonly by: readonly string[] };
  readonly horizon: { readonly days: number; readonly nearHours: number };
};

type About = { readonly supply?: DueKind; readonly vendor?: string };

const keyOf = ({ supply = "", vendor = "" }: { supply?: string; vendor?: string }): string =>
  `${supply} ${vendor}`;

/** The narrowest rule: of the kind and the vendor, of the vendor, of the kind, of everything. */
function narrowest<Found>(rules: ReadonlyMap<string, Found>, kind: DueKind, vendor: string | undefined) {
  if (rules.size === 0) return undefined;
  const scopes: readonly About[] =
    vendor === undefined
      ? [{ supply: kind }, {}]
      : [{ supply: kind, vendor }, { vendor }, { supply: kind }, {}];
  for (const scope of scopes) {
    const found = rules.get(keyOf(scope));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A step as a rule writes it, such as `7:0`: from so many days on so many thousandths are left. */
export function readStep(step: string): { readonly fromDays: number; readonly permille: number } {
  const [days = 0, permille = 0] = step.split(":").map(Number);
  return { fromDays: days, permille };
}

/** Lays the rules about what is to come out. */
export function compileSupply(given: {
  readonly confidences: readonly Entry<"supply-confidence">[];
  readonly decays: readonly Entry<"supply-decay">[];
  readonly horizons: readonly Entry<"supply-horizon">[];
}): SupplyTerms {
  const [confidences, decays] = [byScope(given.confidences), byScope(given.decays)];
  const [horizon] = given.horizons;
  return {
    policyOf(kind, vendor) {
      const usual = USUAL_POLICIES[kind];
      const confidence = narrowest(confidences, kind, vendor);
      const decay = narrowest(decays, kind, vendor);
      return {
        policy: {
          confidencePermille: confidence?.rule.permille ?? usual.confidencePermille,
          overdueWaitHours: decay?.rule.waitHours ?? usual.overdueWaitHours,
          decay: decay === undefined ? usual.decay : decay.rule.steps.map(readStep),
        },
        by: [confidence, decay].flatMap((entry) => (entry === undefined ? [] : [entry.key])),
      };
    },
    horizon: horizon === undefined ? USUAL_HORIZON : horizon.rule,
  };
}

function byScope<Kind extends "supply-confidence" | "supply-decay">(
  rules: readonly Entry<Kind>[],
): ReadonlyMap<string, Entry<Kind>> {
  return new Map(rules.map((entry) => [keyOf(entry.rule), entry]));
}

/** What is wrong with the steps of a decay. */
export function decayFaults({ steps }: RuleOf<"supply-decay">): readonly string[] {
  const read = steps.map(readStep);
  const isRising = read.every((step, place) => step.fromDays > (read[place - 1]?.fromDays ?? -1));
  const isFalling = read.every((step, place) => step.permille <= (read[place - 1]?.permille ?? 1_000));
  return [
    ...(isRising ? [] : ["The days of its steps do not rise; write them as in 0:500 7:0."]),
    ...(isFalling ? [] : ["More would count the later it is; let the thousandths of its steps fall."]),
  ];
}
