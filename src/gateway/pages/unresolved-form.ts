import { checker, MessageId, problemsText } from "@crossdock/canonical";
import type { LotConclusion } from "../lot-views.ts";
import { type Suggestion, UnresolvedDecision, type UnresolvedView } from "../unresolved-views.ts";
import { type FormFields, typed } from "./form.ts";

const readDecision = checker(UnresolvedDecision);

/** A suggestion that is taken, as the value of a field. */
export function markOf(row: UnresolvedView, { target, factor, lot }: Suggestion): string {
  const { accountId, kind, waitsFor } = row;
  const thing = { decide: "alias", target: { scheme: "id", value: target ?? "" } };
  const part = lot === undefined ? thing : { decide: "lot", lot };
  const what = factor === undefined ? part : { decide: "unit", factor };
  return Buffer.from(JSON.stringify({ ...what, accountId, kind, waitsFor })).toString("base64url");
}

/** What a form decides about what a source said. */
export type ProposalDecision = {
  readonly decide: "accept" | "reject";
  readonly record: { readonly messageId: MessageId; readonly record: number };
  readonly because: string;
};

const readMessageId = checker(MessageId);

/** Reads the decision about what a source said; undefined when the form is about something else. */
export function proposalIn(fields: FormFields): ProposalDecision | undefined {
  const decide = typed(fields, "decide");
  const [messageId, record] = [readMessageId(typed(fields, "messageId")), typed(fields, "record")];
  if ((decide !== "accept" && decide !== "reject") || !messageId.ok || !/^\d{1,9}$/.test(record))
    return undefined;
  const because = typed(fields, "because") || "dropped";
  return { decide, record: { messageId: messageId.value, record: Number(record) }, because };
}

/** What a form decides about a lot of which two days are said. */
export type LotDecision = { readonly disagreementNumber: string } & LotConclusion;

/** Reads the decision about a lot; undefined when the form is about something else. */
export function lotDecisionIn(fields: FormFields): LotDecision | undefined {
  const disagreementNumber = typed(fields, "lotDisagreement");
  const [take, because] = [typed(fields, "decide"), typed(fields, "because")];
  if (!/^\d{1,15}$/.test(disagreementNumber) || (take !== "ours" && take !== "theirs")) return undefined;
  return { disagreementNumber, take, because: because === "" ? "no reason given" : because.slice(0, 500) };
}

/** What a form of the page decides. `wrong`: what has to be typed otherwise. */
export type FormDecision = UnresolvedDecision | { readonly wrong: string };

/** Finds what a person calls an item or a place; undefined when nothing is called so. */
export type FindNamed = (kind: string, text: string) => Promise<string | undefined>;

/** Reads the decisions of a form: marked suggestions, or the one decision of a form with its fields. */
export async function decisionsIn(fields: FormFields, find: FindNamed): Promise<readonly FormDecision[]> {
  const marks = fields.get("mark");
  if (marks !== undefined) return marks.map(readMark);
  return [await decisionOf(fields, find)];
}

function readMark(mark: string): FormDecision {
  try {
    return checked(JSON.parse(Buffer.from(mark, "base64url").toString("utf8")));
  } catch {
    return { wrong: "This page is an old one. Look at the list again." };
  }
}

function checked(value: unknown): FormDecision {
  const read = readDecision(value);
  return read.ok ? read.value : { wrong: `Not taken: ${problemsText(read.problems)}` };
}

async function decisionOf(fields: FormFields, find: FindNamed): Promise<FormDecision> {
  const kind = typed(fields, "kind");
  const given: Record<string, unknown> = {};
  for (const name of fields.keys()) {
    const text = typed(fields, name);
    if (text !== "") given[name] = name === "onward" ? text === "true" : text;
  }
  if (given.decide !== "alias") return checked(given);
  const target = typed(fields, "target");
  const id = await find(kind, target);
  if (id === undefined) return { wrong: `Nothing of the kind ${kind} has the name ${target}.` };
  return checked({ ...given, target: { scheme: "id", value: id } });
}
