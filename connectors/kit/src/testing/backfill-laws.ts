import { isDeepStrictEqual } from "node:util";
import type { Backfill, BackfillAnswer, BackfillRequest } from "../backfill.ts";
import type { Intake } from "../intake.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { loopbackIo } from "./loopback-io.ts";
import { patienceMs } from "./outlet-laws.ts";
import type { ConformanceSubject, Law, VendorFake } from "./subject.ts";

type Asked = BackfillAnswer | { readonly is: "threw"; readonly reason: string };

/** A connector's way to ask, with a fake to ask and what to ask it for. */
type Desk = {
  readonly intake: Intake;
  readonly fake: VendorFake;
  readonly request: BackfillRequest;
  ask(fault?: Fault): Promise<Asked>;
};

function law(name: string, why: string, check: (desk: Desk) => Promise<readonly string[]>): Law {
  return {
    name,
    why,
    async check({ connector: { intake }, backfills = [], fake: start }: ConformanceSubject) {
      const backfill = intake?.backfill;
      if (intake === undefined || backfill === undefined) return [];
      if (start === undefined || backfills.length === 0) {
        return ["it can be asked for missing numbers, and no fake and no numbers are given to try it with"];
      }
      const problems: string[] = [];
      for (const request of backfills) {
        const fake = await start();
        try {
          const ask = (fault?: Fault) => asked(backfill, fake, { request, fault });
          const found = await check({ intake, fake, request, ask });
          problems.push(...found.map((text) => `numbers ${request.first} to ${request.last}: ${text}`));
        } finally {
          await fake.close();
        }
      }
      return problems;
    },
  };
}

async function asked(
  backfill: Backfill,
  fake: VendorFake,
  { request, fault }: { readonly request: BackfillRequest; readonly fault: Fault | undefined },
): Promise<Asked> {
  if (fault !== undefined) fake.failNext(fault);
  try {
    return await backfill(request, loopbackIo({ timeoutMs: patienceMs(fault) }), fake.account());
  } catch (error) {
    return { is: "threw", reason: String(error) };
  }
}

/** The numbers that an answer accounts for: told by a record of its parts, or never used. */
function numbersOf(answer: Asked, { intake, fake, request }: Desk): ReadonlySet<number> {
  const numbers = new Set<number>();
  if (answer.is !== "answered") return numbers;
  for (const part of answer.parts) {
    for (const record of intake.map(part, {}, fake.account()).records) {
      const sequence = record.is === "stock" ? record.statement.sequence : undefined;
      if (sequence?.stream === request.stream) numbers.add(sequence.number);
    }
  }
  for (const { first, last } of answer.never) {
    for (let number = Math.max(first, request.first); number <= Math.min(last, request.last); number += 1) {
      numbers.add(number);
    }
  }
  return numbers;
}

const healthyGives = law(
  "a healthy source gives the numbers that are asked for, or says that they never were",
  "a gap that is asked for again and again and never closes hides the next one",
  async (desk) => {
    const answer = await desk.ask();
    if (answer.is !== "answered")
      return [`a healthy fake was asked, and the answer is ${answer.is}: ${answer.reason}`];
    const numbers = numbersOf(answer, desk);
    const { first, last } = desk.request;
    const missing = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
      (number) => !numbers.has(number),
    );
    return missing.length === 0 ? [] : [`${missing.slice(0, 10).join(", ")} are still missing`];
  },
);

const askingTwice = law(
  "asking twice gives the same parts under the same keys",
  "an answer that was lost is asked for again, and must be recognised as what it is",
  async ({ ask }) => {
    const [first, again] = [await ask(), await ask()];
    return isDeepStrictEqual(first, again) ? [] : ["two answers to the same question differ"];
  },
);

const faultsAreAnswers = law(
  "a source that fails is asked again later, and never throws",
  "the worker asks for every account's gaps, and one broken source must not end it",
  async (desk) => {
    const problems: string[] = [];
    for (const fault of Object.values(FAULTS)) {
      const answer = await desk.ask(fault);
      if (answer.is !== "retry") problems.push(`after ${fault.kind} the answer is ${answer.is}`);
      else if (answer.reason.trim() === "") problems.push(`after ${fault.kind} nothing says why`);
    }
    return problems;
  },
);

/** What asking a source for missing numbers must keep to. */
export const BACKFILL_LAWS: readonly Law[] = [healthyGives, askingTwice, faultsAreAnswers];
