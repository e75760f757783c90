import { isDeepStrictEqual } from "node:util";
import type { OutboundDocument } from "@crossdock/canonical";
import type { Delivery, Outlet, Rendered, RenderRefusal } from "../outlet.ts";
import { FAULTS, type Fault, type FaultKind } from "./faults.ts";
import { loopbackIo } from "./loopback-io.ts";
import {
  type ConformanceSubject,
  type DocumentSample,
  type Law,
  RENDER_CONTEXT,
  type VendorFake,
} from "./subject.ts";

/**
 * How long a delivery waits for a fake that will not answer and does not say so either, and for one that will: a busy machine
 * is not a broken law.
 */
const SILENCE_MS = 250;
const PATIENCE_MS = 30_000;

/** The time that a call is given when it fails in this way. */
export function patienceMs(fault?: Fault): number {
  return fault?.kind.startsWith("timeout") ? SILENCE_MS : PATIENCE_MS;
}

/** A connector's outlet together with what it is proved with. */
type Tested = { readonly outlet: Outlet; readonly subject: ConformanceSubject };

function law(
  name: string,
  why: string,
  check: (tested: Tested) => readonly string[] | Promise<readonly string[]>,
): Law {
  return {
    name,
    why,
    async check(subject) {
      const { outlet } = subject.connector;
      return outlet === undefined ? [] : check({ outlet, subject });
    },
  };
}

function render(
  { outlet, subject }: Tested,
  document: OutboundDocument,
  sample?: DocumentSample,
): Rendered | RenderRefusal {
  const { documentId, now, controlNumber } = sample?.context ?? RENDER_CONTEXT;
  return outlet.render(document, { documentId, now: new Date(now), controlNumber }, subject.account());
}

/** What is wrong with the form of a rendering, whatever it says. */
function formProblem(rendered: Rendered | RenderRefusal): string | undefined {
  if ("refused" in rendered) {
    return rendered.refused.trim() === "" ? "it is refused without saying what to mend" : undefined;
  }
  if (rendered.body.length === 0) return "it is rendered to no bytes";
  if (rendered.contentType.trim() === "" || rendered.name.trim() === "") {
    return "it is rendered without a content type or a name";
  }
  return undefined;
}

/** Runs a check that may meet an exception of the connector, and gives that as its problem. */
function guarded(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    return `render threw ${String(error)}`;
  }
}

const everyKindProved = law(
  "every kind of document that is declared has a sample",
  "a kind that was never rendered is a promise to the operator that nobody has tried",
  ({ outlet, subject }) => {
    const proved = new Set((subject.documents ?? []).map(({ document }) => document.kind));
    return outlet.documents
      .filter((kind) => !proved.has(kind) && !(kind === "reply" && subject.connector.intake !== undefined))
      .map((kind) => `there is no sample of a document of kind ${kind}`);
  },
);

const renderingHolds = law(
  "a document gives bytes, or a refusal with a text",
  "a document that is neither sent nor explained waits for ever",
  async (tested) => {
    const { subject } = tested;
    const ofSamples = (subject.documents ?? []).flatMap((sample) => {
      const problem = guarded(() => {
        const rendered = render(tested, sample.document, sample);
        const outcome = "refused" in rendered ? "refused" : "rendered";
        const text = "refused" in rendered ? `: ${rendered.refused}` : "";
        if (outcome !== (sample.expect ?? "rendered")) return `it is ${outcome}${text}`;
        return formProblem(rendered);
      });
      return problem === undefined ? [] : [`document "${sample.name}": ${problem}`];
    });
    const { exploreDocuments } = await import("./exploration.ts");
    const explored = exploreDocuments(subject, (document) =>
      guarded(() => formProblem(render(tested, document))),
    );
    return [...ofSamples, ...explored];
  },
);

const renderingPure = law(
  "rendering is pure",
  "after a crash a document is rendered again, and the partner must see the same bytes under the same number",
  (tested) =>
    (tested.subject.documents ?? []).flatMap((sample) => {
      const given = structuredClone(sample.document);
      const problem = guarded(() => {
        const first = render(tested, given, sample);
        const again = render(tested, structuredClone(sample.document), sample);
        if (!isDeepStrictEqual(given, sample.document))
          return "render changed the document that it was given";
        return isDeepStrictEqual(first, again) ? undefined : "the same document was rendered in two ways";
      });
      return problem === undefined ? [] : [`document "${sample.name}": ${problem}`];
    }),
);

const repliesRender = law(
  "a reply that the intake asks for can be rendered",
  "the partner waits for its acknowledgement, and nobody reads a reply before it goes out",
  async (tested) => {
    const { outlet, subject } = tested;
    const { intake } = subject.connector;
    if (intake === undefined) return [];
    const replyProblem = (replyTo: string, content: unknown): string | undefined => {
      if (!outlet.documents.includes("reply"))
        return "the intake asks for a reply, but the outlet renders none";
      const stored: unknown = JSON.parse(JSON.stringify(content));
      return guarded(() => formProblem(render(tested, { kind: "reply", replyTo, content: stored })));
    };
    const { exploreMessages } = await import("./exploration.ts");
    return exploreMessages(subject, (message) => {
      try {
        const parts = intake.split(message, subject.account());
        const replies = parts
          .map((part) => ({ part, mapping: intake.map(part, message.headers, subject.account()) }))
          .filter(({ mapping }) => mapping.reply !== undefined)
          .map(({ part, mapping }) => replyProblem(part.key, mapping.reply));
        return replies.find((problem) => problem !== undefined);
      } catch {
        // That the intake throws is the breach of another law.
        return;
      }
    });
  },
);

/** A document that the healthy fake is expected to take, rendered. */
type Sendable = { readonly sample: DocumentSample; readonly rendered: Rendered };

function sendables(tested: Tested): readonly Sendable[] {
  return (tested.subject.documents ?? []).flatMap((sample) => {
    if (sample.expect === "refused") return [];
    try {
      const rendered = render(tested, sample.document, sample);
      return "refused" in rendered ? [] : [{ sample, rendered }];
    } catch {
      return [];
    }
  });
}

type Attempt = Delivery | { readonly threw: string };
type DeliverTo = (fake: VendorFake) => Promise<Attempt>;

/** Starts a fake for every document that can be sent, tries something on it, and collects the problems. */
async function onEveryDocument(
  tested: Tested,
  attempt: (fake: VendorFake, deliver: DeliverTo) => Promise<string | undefined>,
  timeoutMs = patienceMs(),
): Promise<readonly string[]> {
  const { outlet, subject } = tested;
  if (outlet.deliver === undefined || subject.fake === undefined) return [];
  const problems: string[] = [];
  for (const { sample, rendered } of sendables(tested)) {
    const fake = await subject.fake();
    try {
      const problem = await attempt(fake, (to) => {
        return deliverOnce({ outlet, sample, rendered, timeoutMs }, to);
      });
      if (problem !== undefined) problems.push(`document "${sample.name}": ${problem}`);
    } finally {
      await fake.close();
    }
  }
  return problems;
}

type Sending = Sendable & { readonly outlet: Outlet; readonly timeoutMs: number };

async function deliverOnce(
  { outlet, rendered, sample, timeoutMs }: Sending,
  fake: VendorFake,
): Promise<Attempt> {
  try {
    const delivery = await outlet.deliver?.(
      rendered,
      sample.document,
      loopbackIo({ timeoutMs }),
      fake.account(),
    );
    return delivery ?? { threw: "there is no deliver" };
  } catch (error) {
    return { threw: String(error) };
  }
}

function toldOf(attempt: Attempt): string {
  if ("threw" in attempt) return `an exception: ${attempt.threw}`;
  return attempt.delivered ? "delivered" : attempt.outcome;
}

const healthyDelivers = law(
  "a healthy partner receives the document",
  "everything said about failures is worth nothing if success does not work",
  (tested) =>
    onEveryDocument(tested, async (fake, deliver) => {
      const told = toldOf(await deliver(fake));
      return ["delivered", "fetch"].includes(told) ? undefined : `delivering to a healthy fake gave ${told}`;
    }),
);

const deliveredOnce = law(
  "a document that is delivered twice has one effect",
  "a process that dies after sending sends again, and the warehouse must not ship twice",
  async (tested) => {
    const histories: readonly (readonly Fault[])[] = [[], [FAULTS["error-after-effect"]]];
    const problems = histories.map((faults) =>
      onEveryDocument(tested, async (fake, deliver) => {
        if (fake.effects === undefined) return;
        const before = fake.effects();
        fake.failNext(...faults);
        const first = toldOf(await deliver(fake));
        const second = toldOf(await deliver(fake));
        const effects = fake.effects() - before;
        if (first === "fetch" || effects === 1) return;
        return `two deliveries (${first}, then ${second}) had ${effects} effects`;
      }),
    );
    return (await Promise.all(problems)).flat();
  },
);

/** What a delivery may say after each kind of trouble. A fetching account always says `fetch`. */
const TROUBLE: Readonly<Record<FaultKind, readonly string[]>> = {
  "too-many-requests": ["retry"],
  "error-before-effect": ["retry", "unknown"],
  "error-after-effect": ["retry", "unknown"],
  "timeout-before-effect": ["retry", "unknown"],
  "timeout-after-effect": ["retry", "unknown"],
  "reset-before-effect": ["retry", "unknown"],
  "reset-after-effect": ["retry", "unknown"],
  // A connector that needs nothing from the body may well call this delivered.
  "garbled-after-effect": ["delivered", "retry", "unknown"],
};

/** All calls of one delivery fail in the same way, however many it makes. */
const CALLS_FAILED = 10;

const troubleIsAState = law(
  "trouble on the way is a state and not an exception",
  "the sender decides what to do next from the outcome; an exception, or a failure called final, loses the document",
  async (tested) => {
    const problems = Object.values(FAULTS).map((fault) => {
      const attempt = async (fake: VendorFake, deliver: DeliverTo) => {
        fake.failNext(...Array<Fault>(CALLS_FAILED).fill(fault));
        const told = toldOf(await deliver(fake));
        const allowed = TROUBLE[fault.kind];
        if (told === "fetch" || allowed.includes(told)) return undefined;
        return `after ${fault.kind} it gave ${told}, not ${allowed.join(" or ")}`;
      };
      return onEveryDocument(tested, attempt, patienceMs(fault));
    });
    return (await Promise.all(problems)).flat();
  },
);

const unreachableIsAState = law(
  "a partner that is not there is tried again",
  "a restart on the other side must not end a document",
  (tested) =>
    onEveryDocument(tested, async (fake, deliver) => {
      await fake.close();
      const told = toldOf(await deliver(fake));
      return ["retry", "unknown", "fetch"].includes(told)
        ? undefined
        : `with nobody listening it gave ${told}`;
    }),
);

const RETRY_AFTER_SECONDS = 7;

const waitIsHonoured = law(
  "a partner that names a wait is given it",
  "coming back earlier than asked costs the rest of the budget, and at some vendors the account",
  (tested) =>
    onEveryDocument(tested, async (fake, deliver) => {
      fake.failNext({ kind: "too-many-requests", retryAfterSeconds: RETRY_AFTER_SECONDS });
      const attempt = await deliver(fake);
      if (toldOf(attempt) !== "retry" || !("afterMs" in attempt)) {
        return toldOf(attempt) === "fetch" ? undefined : "Retry-After was not passed on as afterMs";
      }
      const { afterMs = 0 } = attempt;
      return afterMs >= RETRY_AFTER_SECONDS * 1_000 ? undefined : `asked to wait 7 s, it waits ${afterMs} ms`;
    }),
);

/** The laws of everything that goes out. */
export const OUTLET_LAWS: readonly Law[] = [
  everyKindProved,
  renderingHolds,
  renderingPure,
  repliesRender,
  healthyDelivers,
  deliveredOnce,
  troubleIsAState,
  unreachableIsAState,
  waitIsHonoured,
];
