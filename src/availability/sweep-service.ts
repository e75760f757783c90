import { type LifeDeps, sweepExpired } from "./life-service.ts";
import { type RuleClockDeps, tellOfTerms } from "./rules/clock-service.ts";

/** Does what time has brought: nothing that anybody decides by depends on when. Gives how many holds had run out. */
export async function sweepAll(deps: LifeDeps & RuleClockDeps): Promise<number> {
  const swept = await sweepExpired(deps);
  await tellOfTerms(deps);
  return swept;
}
