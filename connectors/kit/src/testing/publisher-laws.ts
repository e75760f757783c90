import type { ConnectorIo } from "../lent-io.ts";
import type { PublicationAnswer, PublicationOutcome, Publisher } from "../publisher.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { loopbackIo } from "./loopback-io.ts";
import { patienceMs } from "./outlet-laws.ts";
import type { ConformanceSubject, Law, VendorFake } from "./subject.ts";

type Attempt = { readonly answer: PublicationAnswer } | { readonly threw: string };

/** All calls of one publication fail in the same way: with no confirmation possible, none may be claimed. */
const CALLS_FAILED = 10;

async function publishOnce(
  publisher: Publisher,
  subject: ConformanceSubject,
  fake: VendorFake,
  fault?: Fault,
): Promise<Attempt> {
  const io: ConnectorIo = loopbackIo({ timeoutMs: patienceMs(fault) });
  const rows = (subject.publications ?? []).slice(0, publisher.rowsPerCall);
  try {
    return { answer: await publisher.publish(rows, io, fake.account()) };
  } catch (error) {
    return { threw: String(error) };
  }
}

/** Every row has exactly one outcome, and nothing else has one. */
function coverageProblem(
  outcomes: readonly PublicationOutcome[],
  { publications = [] }: ConformanceSubject,
  publisher: Publisher,
): string | undefined {
  const asked = publications.slice(0, publisher.rowsPerCall).map(({ itemId }) => itemId);
  const answered = outcomes.map(({ itemId }) => itemId);
  return JSON.stringify([...asked].sort()) === JSON.stringify([...answered].sort())
    ? undefined
    : `of the rows ${asked.join(", ")} it answered ${answered.join(", ") || "none"}`;
}

/** Starts a fake, publishes the samples to it while its calls fail in this way, and says what is wrong with the answer. */
async function publicationProblem(
  publisher: Publisher,
  subject: ConformanceSubject,
  fault?: Fault,
): Promise<string | undefined> {
  const fake = await subject.fake?.();
  if (fake === undefined) return undefined;
  try {
    if (fault !== undefined) fake.failNext(...Array<Fault>(CALLS_FAILED).fill(fault));
    const attempt = await publishOnce(publisher, subject, fake, fault);
    if ("threw" in attempt) return `it threw ${attempt.threw}`;
    const { outcomes } = attempt.answer;
    const final = outcomes.find(({ result }) => result !== "retry");
    if (fault !== undefined && final !== undefined) {
      return `it calls ${final.itemId} ${final.result}, and every call had failed`;
    }
    return coverageProblem(outcomes, subject, publisher);
  } finally {
    await fake.close();
  }
}

function law(name: string, why: string, faults: readonly (Fault | undefined)[]): Law {
  return {
    name,
    why,
    async check(subject) {
      const { publisher } = subject.connector;
      if (publisher === undefined || subject.fake === undefined) return [];
      if ((subject.publications ?? []).length === 0) return ["there is no sample of a row to publish"];
      const tried = faults.map(async (fault) => {
        const problem = await publicationProblem(publisher, subject, fault);
        return problem === undefined ? [] : [`with ${fault?.kind ?? "a healthy channel"} ${problem}`];
      });
      return (await Promise.all(tried)).flat();
    },
  };
}

/** Publishes the samples to a healthy fake, reads them back, and says what the channel shows otherwise than it was told. */
async function readingBackProblem(
  publisher: Publisher,
  subject: ConformanceSubject,
): Promise<string | undefined> {
  const fake = await subject.fake?.();
  if (fake === undefined) return undefined;
  try {
    const attempt = await publishOnce(publisher, subject, fake);
    // That it threw, or left a row out, is the breach of another law.
    const outcomes = "threw" in attempt ? [] : attempt.answer.outcomes;
    const told = new Map(
      outcomes.flatMap((outcome) =>
        outcome.result === "published" ? [[outcome.itemId, outcome.quantity] as const] : [],
      ),
    );
    const rows = (subject.publications ?? []).filter(({ itemId }) => told.has(itemId));
    const listings = rows.map(({ listing }) => listing);
    const seen = await publisher.observe?.(listings, loopbackIo({ timeoutMs: patienceMs() }), fake.account());
    const shows = new Map(seen?.map((observed) => [observed.listing, observed.shows]));
    const other = rows.find(({ itemId, listing }) => shows.get(listing) !== told.get(itemId));
    if (other === undefined) return undefined;
    const { itemId, listing } = other;
    return `${listing} was told ${told.get(itemId)}, and is seen to show ${shows.get(listing) ?? "nothing"}`;
  } catch (error) {
    return `reading back threw ${String(error)}`;
  } finally {
    await fake.close();
  }
}

const toldIsShown: Law = {
  name: "what a channel was told can be read back",
  why: "what the channel shows is compared with what it was told, and a reader that sees something else finds drift everywhere",
  async check(subject) {
    const { publisher } = subject.connector;
    if (publisher?.observe === undefined) return [];
    const problem = await readingBackProblem(publisher, subject);
    return problem === undefined ? [] : [problem];
  },
};

/** The laws of telling a channel its availability. */
export const PUBLISHER_LAWS: readonly Law[] = [
  law(
    "a healthy channel has an outcome for every row",
    "a row without an outcome stays dirty for ever, and one that was never asked changes a stranger's number",
    [undefined],
  ),
  law(
    "trouble at the channel is an outcome of every row, to be tried again",
    "a number whose sending has an unknown end must be sent again; called published or refused, it would stay wrong",
    Object.values(FAULTS),
  ),
  toldIsShown,
];
